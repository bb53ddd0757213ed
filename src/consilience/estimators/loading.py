"""Reads a saved estimator; nothing in the folder is executed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from consilience.data.schema import Schema
from consilience.errors import DataError, MissingFileError
from consilience.estimators.classifier import FusionClassifier
from consilience.estimators.coordination import Coordinator
from consilience.estimators.regressor import FusionRegressor
from consilience.estimators.saving import FORMAT

_CLASSES: dict[str, type[FusionClassifier | FusionRegressor | Coordinator]] = {
    "Coordinator": Coordinator,
    "FusionClassifier": FusionClassifier,
    "FusionRegressor": FusionRegressor,
}


def load_predictor(
    directory: str | Path, *, encoders: Mapping[str, nn.Module] | None = None
) -> FusionClassifier | FusionRegressor:
    """Reads an estimator that predicts.

    Args:
        directory: The folder.
        encoders: The user's own encoder modules, if it was fitted with such.

    Returns:
        The estimator.

    Raises:
        DataError: If the folder holds a coordinator, which embeds and does not predict.
    """
    model = load(directory, encoders=encoders)
    if isinstance(model, Coordinator):
        raise DataError(
            f"{directory} holds a Coordinator, which embeds and does not predict; use "
            "`consilience embed` or `consilience retrieve`"
        )
    return model


def load_coordinator(
    directory: str | Path, *, encoders: Mapping[str, nn.Module] | None = None
) -> Coordinator:
    """Reads a coordinator.

    Args:
        directory: The folder.
        encoders: The user's own encoder modules, if it was fitted with such.

    Returns:
        The coordinator.

    Raises:
        DataError: If the folder holds an estimator that predicts.
    """
    model = load(directory, encoders=encoders)
    if not isinstance(model, Coordinator):
        raise DataError(
            f"{directory} holds a {type(model).__name__}, which predicts and does not embed; use "
            "`consilience predict`"
        )
    return model


def load(directory: str | Path, *, encoders: Mapping[str, nn.Module] | None = None) -> Any:  # noqa: ANN401  the folder says which class it holds
    """Reads an estimator that its `save` wrote.

    Args:
        directory: The folder.
        encoders: The user's own encoder modules, if it was fitted with such.

    Returns:
        The estimator; its predictions equal those before saving bit for bit.

    Raises:
        DataError: If the folder is damaged, or this version cannot read it.
        MissingFileError: If there is no saved estimator in the folder.
    """
    folder = Path(directory)
    config = _config(folder)
    settings = dict(config["settings"])
    lacking = sorted(set(config["own_encoders"]) - set(encoders or {}))
    if lacking:
        raise DataError(
            f"the model was fitted with own encoders for {', '.join(lacking)}; "
            "pass them as cs.load(..., encoders={...})"
        )
    if config["own_encoders"]:
        settings["encoders"] = encoders
    estimator = _CLASSES[config["class"]](**settings)
    try:
        text = (folder / "schema.json").read_text(encoding="utf-8")
        tensors = load_file(folder / "model.safetensors")
        estimator.restore(
            Schema.model_validate_json(text),
            config["fitted"],
            _under("preprocessing.", tensors),
            _under("network.", tensors),
        )
    except (OSError, SafetensorError, ValueError, RuntimeError, KeyError) as error:
        raise DataError(f"the model in {folder} is damaged: {error}") from error
    return estimator


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        raise MissingFileError(
            f"{folder} holds no saved model: there is no config.json; "
            "pass the folder that save(...) wrote, or models/best of a study"
        )
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is damaged: {error}") from error
    if config.get("format") != FORMAT or config.get("class") not in _CLASSES:
        raise DataError(
            f"{path} has format {config.get('format')} and class {config.get('class')!r}; "
            f"this version reads format {FORMAT} of {', '.join(_CLASSES)}"
        )
    return config


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
