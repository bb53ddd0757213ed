"""Writes a fitted estimator as a folder of open formats."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from safetensors.torch import save_file
from torch import Tensor, nn

from consilience.data.schema import Schema
from consilience.errors import DataError

FORMAT = 1


@runtime_checkable
class Saveable(Protocol):
    """What saving needs to know of a fitted estimator.

    Attributes:
        fusion: Name of the fusion method.
        schema_: The modalities it was fitted with.
        preprocessing_: What was learnt before the network.
        network_: The network.
    """

    fusion: str
    schema_: Schema

    @property
    def preprocessing_(self) -> nn.Module:
        """What was learnt before the network."""
        ...

    @property
    def network_(self) -> nn.Module:
        """The network."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  scikit-learn's
        """The settings."""
        ...

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        ...


def save(estimator: Saveable, directory: Path, *, overwrite: bool) -> Path:
    """Writes a fitted estimator; see `FusionEstimator.save`.

    Args:
        estimator: Fitted.
        directory: Folder to write.
        overwrite: Whether an existing folder of a saved model is replaced.

    Returns:
        The folder.
    """
    config = _config(estimator)
    tensors = tensors_of(estimator.preprocessing_, estimator.network_)
    card = _card(estimator, config)
    return write_folder(directory, config, estimator.schema_, tensors, card, overwrite=overwrite)


def write_folder(
    directory: Path,
    config: Mapping[str, Any],
    schema: Schema,
    tensors: Mapping[str, Tensor],
    card: str,
    *,
    overwrite: bool,
) -> Path:
    """Writes the folder of a saved model; it appears when it is whole.

    Args:
        directory: Folder to write.
        config: Plain values for JSON.
        schema: The modalities.
        tensors: By key, see `tensors_of`.
        card: What `README.md` says.
        overwrite: Whether an existing folder of a saved model is replaced.

    Returns:
        The folder.

    Raises:
        DataError: If the folder exists and may not be replaced.
    """
    if directory.exists() and not (overwrite and (directory / "config.json").exists()):
        raise DataError(
            f"{directory} exists; choose another folder, "
            "or pass overwrite=True to replace a saved model"
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        (staging / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
        (staging / "schema.json").write_text(schema.model_dump_json(indent=2), encoding="utf-8")
        save_file(dict(tensors), staging / "model.safetensors")
        (staging / "README.md").write_text(card, encoding="utf-8")
        staging.chmod(0o755)
        if directory.exists():
            shutil.rmtree(directory)
        os.replace(staging, directory)  # noqa: PTH105  atomic, also over an empty folder
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return directory


def tensors_of(preprocessing: nn.Module, network: nn.Module) -> dict[str, Tensor]:
    """The tensors of a model by key.

    Args:
        preprocessing: What was learnt before the network.
        network: The network.

    Returns:
        Under `preprocessing.` and `network.`.
    """
    parts = {"preprocessing": preprocessing, "network": network}
    return {
        f"{prefix}.{key}": value.contiguous()
        for prefix, module in parts.items()
        for key, value in module.state_dict().items()
    }


def _config(estimator: Saveable) -> dict[str, Any]:
    from consilience import __version__  # noqa: PLC0415  the face imports nothing at its top

    settings = estimator.get_params(deep=False)
    encoders = settings.pop("encoders")
    seed = settings["random_state"]
    settings["random_state"] = int(seed) if isinstance(seed, int | np.integer) else None
    settings["fusion_options"] = dict(settings["fusion_options"] or {})
    if settings["balance_options"] is not None:
        settings["balance_options"] = dict(settings["balance_options"])
    return {
        "format": FORMAT,
        "consilience": __version__,
        "class": type(estimator).__name__,
        "settings": settings,
        "own_encoders": [] if isinstance(encoders, str) else sorted(encoders),
        "fitted": estimator.fitted_state(),
    }


def _card(estimator: Saveable, config: Mapping[str, Any]) -> str:
    known = estimator.schema_.modalities
    modalities = "\n".join(f"- `{m.name}`: {m.describe()}" for m in known)
    classes = config["fitted"].get("classes")
    predicts = f"one of {classes}" if classes else "a quantity"
    return (
        f"# {config['class']} ({estimator.fusion})\n\n"
        f"Predicts {predicts} from {len(known)} modalit{'y' if len(known) == 1 else 'ies'}:\n\n"
        f"{modalities}\n\n"
        f"Written by consilience {config['consilience']}. Read it with:\n\n"
        '```python\nimport consilience as cs\n\nmodel = cs.load("this folder")\n```\n'
    )
