"""Writes a fitted coordinator as a folder of open formats."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import nn

from consilience.data.schema import Schema
from consilience.errors import DataError
from consilience.estimators.saving import FORMAT, tensors_of, write_folder


@runtime_checkable
class Coordinating(Protocol):
    """What saving needs to know of a fitted coordinator.

    Attributes:
        schema_: The modalities it was fitted with.
    """

    schema_: Schema

    @property
    def preprocessing_(self) -> nn.Module:
        """What was learnt before the towers."""
        ...

    @property
    def network_(self) -> nn.Module:
        """The towers."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  scikit-learn's
        """The settings."""
        ...

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        ...


def save_coordinator(model: Coordinating, directory: Path, *, overwrite: bool) -> Path:
    """Writes a fitted coordinator; see `Coordinator.save`.

    Args:
        model: Fitted.
        directory: Folder to write.
        overwrite: Whether an existing folder of a saved model is replaced.

    Returns:
        The folder.

    Raises:
        DataError: If the loss is the user's own module.
    """
    from consilience import __version__  # noqa: PLC0415  the face imports nothing at its top

    settings = model.get_params(deep=False)
    encoders = settings.pop("encoders")
    if not isinstance(settings["loss"], str):
        raise DataError("a coordinator with a loss of your own cannot be saved; name a loss")
    seed = settings["random_state"]
    settings["random_state"] = int(seed) if isinstance(seed, int | np.integer) else None
    config = {
        "format": FORMAT,
        "consilience": __version__,
        "class": "Coordinator",
        "settings": settings,
        "own_encoders": [] if isinstance(encoders, str) else sorted(encoders),
        "fitted": model.fitted_state(),
    }
    tensors = tensors_of(model.preprocessing_, model.network_)
    return write_folder(
        directory, config, model.schema_, tensors, _card(model, config), overwrite=overwrite
    )


def _card(model: Coordinating, config: Mapping[str, Any]) -> str:
    modalities = "\n".join(f"- `{m.name}`: {m.describe()}" for m in model.schema_.modalities)
    doubts = "".join(f"- {warning}\n" for warning in config["fitted"]["warnings"])
    return (
        f"# Coordinator ({config['settings']['loss']})\n\n"
        f"Brings into one space of {config['settings']['dim']} dimensions:\n\n{modalities}\n\n"
        + (f"Beware:\n\n{doubts}\n" if doubts else "")
        + f"Written by consilience {config['consilience']}. Read it with:\n\n"
        '```python\nimport consilience as cs\n\nmodel = cs.load("this folder")\n```\n'
    )
