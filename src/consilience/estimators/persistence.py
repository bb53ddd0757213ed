"""Estimators as folders of open formats; reading one never executes code."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load_file, save_file
from torch import nn

from consilience.data.schema import Schema
from consilience.errors import DataError, UnavailableError
from consilience.estimators.base import FusionEstimator
from consilience.estimators.classifier import FusionClassifier
from consilience.estimators.network import Preprocessing
from consilience.estimators.regressor import FusionRegressor

FORMAT = 1
_CLASSES: dict[str, type[FusionEstimator]] = {
    "FusionClassifier": FusionClassifier,
    "FusionRegressor": FusionRegressor,
}


def save(estimator: FusionEstimator, directory: Path, *, overwrite: bool) -> Path:
    """Writes a fitted estimator; see `FusionEstimator.save`.

    Args:
        estimator: Fitted.
        directory: Folder to write.
        overwrite: Whether an existing folder of a saved model is replaced.

    Returns:
        The folder.

    Raises:
        DataError: If the folder exists and may not be replaced.
    """
    if directory.exists() and not (overwrite and (directory / "config.json").exists()):
        raise DataError(
            f"{directory} exists; choose another folder, or pass overwrite=True to replace a saved model"
        )
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        config = _config(estimator)
        (staging / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
        schema = estimator.schema_.model_dump_json(indent=2)
        (staging / "schema.json").write_text(schema, encoding="utf-8")
        tensors = _modules(estimator).state_dict()
        save_file({k: v.contiguous() for k, v in tensors.items()}, staging / "model.safetensors")
        (staging / "README.md").write_text(_card(estimator, config), encoding="utf-8")
        staging.chmod(0o755)
        if directory.exists():
            shutil.rmtree(directory)
        os.replace(staging, directory)  # noqa: PTH105  atomic, also over an empty folder
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return directory


def load(
    directory: str | Path, *, encoders: Mapping[str, nn.Module] | None = None
) -> FusionEstimator:
    """Reads an estimator that `save` wrote.

    Args:
        directory: The folder.
        encoders: The user's own encoder modules, if it was fitted with such.

    Returns:
        The estimator; its predictions equal those before saving bit for bit.

    Raises:
        DataError: If the folder's content is not that of a saved estimator.
        UnavailableError: If there is no such folder.
    """
    folder = Path(directory)
    if not (folder / "config.json").is_file():
        raise UnavailableError(
            f"{folder} holds no saved model: there is no config.json; "
            "pass the folder that estimator.save(...) wrote"
        )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("format") != FORMAT or config.get("class") not in _CLASSES:
        raise DataError(f"{folder / 'config.json'} is not of a model this version can read")
    settings = dict(config["settings"])
    if config["own_encoders"]:
        lacking = sorted(set(config["own_encoders"]) - set(encoders or {}))
        if lacking:
            raise DataError(
                f"the model was fitted with own encoders for {', '.join(lacking)}; "
                "pass them as cs.load(..., encoders={...})"
            )
        settings["encoders"] = encoders
    estimator = _CLASSES[config["class"]](**settings)
    _restore(estimator, config["fitted"])
    text = (folder / "schema.json").read_text(encoding="utf-8")
    estimator.schema_ = Schema.model_validate_json(text)
    estimator.n_features_in_ = len(estimator.schema_.modalities)
    tensors = load_file(folder / "model.safetensors")
    estimator.preprocessing_ = Preprocessing(estimator.schema_)
    prefix = "preprocessing."
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    estimator.preprocessing_.load_state_dict(own)
    estimator.network_ = estimator._build()  # noqa: SLF001  the same house
    _modules(estimator).load_state_dict(tensors)
    estimator.network_.eval()
    return estimator


def _modules(estimator: FusionEstimator) -> nn.Module:
    return nn.ModuleDict(
        {"preprocessing": estimator.preprocessing_, "network": estimator.network_}
    )


def _config(estimator: FusionEstimator) -> dict[str, Any]:
    from consilience import __version__  # noqa: PLC0415  the face imports nothing at its top

    settings = estimator.get_params(deep=False)
    encoders = settings.pop("encoders")
    seed = settings["random_state"]
    settings["random_state"] = int(seed) if isinstance(seed, int | np.integer) else None
    settings["fusion_options"] = dict(settings["fusion_options"] or {})
    return {
        "format": FORMAT,
        "consilience": __version__,
        "class": type(estimator).__name__,
        "settings": settings,
        "own_encoders": [] if isinstance(encoders, str) else sorted(encoders),
        "fitted": _fitted(estimator),
    }


def _fitted(estimator: FusionEstimator) -> dict[str, Any]:
    state: dict[str, Any] = {"outputs": estimator.n_outputs_}
    if isinstance(estimator, FusionClassifier):
        state["classes"] = estimator.classes_.tolist()
        state["classes_dtype"] = estimator.classes_.dtype.str
    if isinstance(estimator, FusionRegressor):
        state["target_mean"] = estimator.target_mean_.tolist()
        state["target_scale"] = estimator.target_scale_.tolist()
        state["one_dimensional"] = estimator.one_dimensional_
    return state


def _restore(estimator: FusionEstimator, state: Mapping[str, Any]) -> None:
    estimator.n_outputs_ = int(state["outputs"])
    if isinstance(estimator, FusionClassifier):
        estimator.classes_ = np.array(state["classes"], dtype=state["classes_dtype"])
    if isinstance(estimator, FusionRegressor):
        estimator.target_mean_ = np.array(state["target_mean"])
        estimator.target_scale_ = np.array(state["target_scale"])
        estimator.one_dimensional_ = bool(state["one_dimensional"])


def _card(estimator: FusionEstimator, config: Mapping[str, Any]) -> str:
    modalities = "\n".join(
        f"- `{m.name}`: {m.describe()}" for m in estimator.schema_.modalities
    )
    classes = config["fitted"].get("classes")
    predicts = f"one of {classes}" if classes else "a quantity"
    return (
        f"# {config['class']} ({estimator.fusion})\n\n"
        f"Predicts {predicts} from {len(estimator.schema_.modalities)} "
        f"modalit{'y' if len(estimator.schema_.modalities) == 1 else 'ies'}:\n\n{modalities}\n\n"
        f"Written by consilience {config['consilience']}. Read it with:\n\n"
        "```python\nimport consilience as cs\n\nmodel = cs.load(\"this folder\")\n```\n"
    )
