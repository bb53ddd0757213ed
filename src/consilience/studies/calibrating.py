"""Calibrates a study's recommended model by its own out-of-fold predictions."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.schema import Schema
from consilience.data.units import units_of
from consilience.data.wording import counted
from consilience.errors import ConfigurationError, DataError
from consilience.functional.calibration import (
    best_temperature,
    log_loss,
    log_probabilities,
    tempered,
)
from consilience.functional.conformal import class_errors, error_levels, threshold
from consilience.results.conformal import Calibration, Errors, Thresholds

FILE = "calibration.json"


def write_calibration(folder: Path, data: MultimodalData, *, method: str) -> Calibration:
    """Writes `models/best/calibration.json` of a study's folder.

    Each sample was predicted by models that had not seen it, in every repeat. The
    temperature is the likeliest on these predictions. Errors are those of the
    probabilities as predicted, so the temperature, fitted on the same samples, cannot
    flatter them; they are kept by presence pattern, for a model may be less sure of a
    patient without an ECG. Of several labels a sample's error is that of the label it is
    most wrong about, so that all its labels are covered at once. The model that is used
    later saw all samples, a few more than the models looked at here: its errors are as large
    or a little smaller.

    Args:
        folder: It holds `predictions.parquet` and the model in `models/best`.
        data: The study's samples, for their presence and groups.
        method: The recommended method.

    Returns:
        What was written.
    """
    best = folder / "models" / "best"
    schema = Schema.model_validate_json((best / "schema.json").read_text(encoding="utf-8"))
    table = pq.read_table(folder / "predictions.parquet", filters=[("method", "==", method)])
    told = {name: np.asarray(table[name].to_pylist()) for name in table.column_names}
    found = calibrate(told, data, method=method, modalities=schema.names)
    _write(best / FILE, found)
    return found


def calibrate(
    told: Mapping[str, NDArray[Any]],
    data: MultimodalData,
    *,
    method: str,
    modalities: Sequence[str],
) -> Calibration:
    """The calibration of one method.

    Args:
        told: Its out-of-fold predictions, the columns of `predictions.parquet`.
        data: The study's samples.
        method: Its name.
        modalities: The modalities it sees.

    Returns:
        Temperature and errors.
    """
    rows = told["row"]
    classes = [name.removeprefix("p:") for name in told if name.startswith("p:")]
    multilabel = bool(classes) and "target" not in told
    losses: tuple[float | None, float | None] = (None, None)
    temperature = 1.0
    if classes:
        p = np.column_stack([told[f"p:{c}"] for c in classes])
        if multilabel:
            truth = np.column_stack([told[f"target:{c}"] for c in classes])
            errors = label_errors(p, truth).max(axis=1)
            p, y = either_way(p), truth.reshape(-1).astype(np.int64)
        else:
            code = {c: k for k, c in enumerate(classes)}
            y = np.array([code[str(c)] for c in told["target"].tolist()], dtype=np.int64)
            errors = class_errors(p)[np.arange(len(y)), y]
        log_p = log_probabilities(p)
        temperature = best_temperature(log_p, y)
        losses = (log_loss(log_p, y), log_loss(tempered(log_p, temperature), y))
    else:
        errors = np.abs(told["target"] - told["prediction"])
    units = units_of(data)[rows]
    patterns, pattern = patterns_of(data, modalities)
    return Calibration(
        method=method,
        task="multilabel" if multilabel else "classification" if classes else "regression",
        modalities=tuple(modalities),
        temperature=temperature,
        log_loss=losses[0],
        calibrated_log_loss=losses[1],
        grouped=data.groups is not None,
        pooled=_errors(errors, units, rows),
        patterns={
            present: _errors(errors[there], units[there], rows[there])
            for k, present in enumerate(patterns)
            for there in [pattern[rows] == k]
            if there.any()
        },
    )


def either_way(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of labels as those of two classes, a row a sample and label.

    Example:
        >>> either_way(np.array([[0.25, 0.5]])).tolist()
        [[0.75, 0.25], [0.5, 0.5]]
    """
    return np.column_stack([1 - p.reshape(-1), p.reshape(-1)])


def label_errors(p: NDArray[np.float64], values: NDArray[Any]) -> NDArray[np.float64]:
    """How wrong labels would be: one less the probability of their values.

    Args:
        p: Probabilities of the labels, `(samples, labels)`.
        values: 0 and 1, of the same shape or for all.

    Returns:
        `(samples, labels)`, in [0, 1].
    """
    return np.where(values == 1, 1 - p, p)


def patterns_of(
    data: MultimodalData, modalities: Sequence[str]
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Which of a model's modalities are present.

    Args:
        data: Samples.
        modalities: The modalities, in order; they may be lacking.

    Returns:
        The different patterns, each the names that are present, fullest first, and the
        number of each sample's pattern, `(samples,)`.
    """
    names = [name for name in modalities if name in data.schema.names]
    there = data.presence[:, [data.schema.names.index(name) for name in names]]
    order = np.column_stack([(~there).sum(axis=1), ~there])
    _, first, number = np.unique(order, axis=0, return_index=True, return_inverse=True)
    found = [tuple(n for n, known in zip(names, there[i], strict=True) if known) for i in first]
    return found, number.reshape(-1).astype(np.int64)


def _errors(
    errors: NDArray[np.float64], units: NDArray[np.int64], rows: NDArray[np.int64]
) -> Errors:
    sizes, levels = error_levels(errors, units)
    return Errors(
        samples=len(np.unique(rows)),
        units=len(np.unique(units)),
        sizes=tuple(sizes.tolist()),
        levels=tuple(levels.tolist()),
    )


def _write(path: Path, found: Calibration) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(found.to_dict(), file, indent=1, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_calibration(folder: Path) -> Calibration | None:
    """The calibration beside a saved model.

    Args:
        folder: The model's folder, such as `models/best` of a study.

    Returns:
        It, or None if there is none.

    Raises:
        DataError: If the file is damaged or of a version this one cannot read.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Calibration.from_dict(content)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {error}") from error


def thresholds(known: Calibration, data: MultimodalData, level: float) -> Thresholds:
    """The error to allow for in each new sample, by the modalities it has.

    Args:
        known: The calibration.
        data: The new samples.
        level: Share of samples whose truth shall be within, in (0, 1).

    Returns:
        An error a sample; samples of a pattern with too few errors are allowed that of
        all samples together, and a note says so.

    Raises:
        ConfigurationError: If the level is not in (0, 1), or higher than so few samples
            can promise.
    """
    if not 0 < level < 1:
        raise ConfigurationError([f"the coverage of sets must be in (0, 1), found {level:g}"])
    if level > known.pooled.most + 1e-12:
        raise ConfigurationError(
            [
                f"sets that cover {level:g} need {_needed(level):,} {known.unit}s, the study had "
                f"{known.pooled.units:,}; ask for at most {_floor(known.pooled.most)}"
            ]
        )
    patterns, number = patterns_of(data, known.modalities)
    allowed: list[float] = []
    notes: list[str] = []
    for present, count in zip(patterns, np.bincount(number).tolist(), strict=True):
        own = known.patterns.get(present)
        if own is None or level > own.most + 1e-12:
            notes.append(_note(known, present, count, level))
            own = known.pooled
        allowed.append(threshold(np.array(own.sizes), np.array(own.levels), level))
    if known.grouped:
        notes.append(
            f"samples come in groups: {level:g} is the share covered among the samples of groups "
            f"that the study did not have, on average over groups (it had {known.pooled.units:,})"
        )
    return Thresholds(level, tuple(allowed[k] for k in number), tuple(notes))


def _needed(level: float) -> int:
    return int(np.ceil(level / (1 - level) * (1 - 1e-9)))


def _floor(level: float) -> str:
    return f"{np.floor(level * 1000) / 1000:g}"


def _note(known: Calibration, present: tuple[str, ...], count: int, level: float) -> str:
    own = known.patterns.get(present)
    only = "only " if len(present) < len(known.modalities) else ""
    who = f"{only}{' and '.join(present)}" if present else "no modality"
    lead = f"{counted(count, 'new sample')} with {who}"
    if own is None:
        return (
            f"{lead}: the study had none like that, so nothing is known of their coverage; "
            "they are allowed the error of all samples together"
        )
    return (
        f"{lead}: the study had {counted(own.units, known.unit)} like that, {level:g} needs "
        f"{_needed(level):,}; they are allowed the error of all samples together and may be "
        "covered less"
    )
