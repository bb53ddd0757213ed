"""New samples predicted by a study's recommended model, and what is known of how well."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.estimators import FusionClassifier, FusionRegressor
from consilience.functional.calibration import log_probabilities, tempered
from consilience.functional.conformal import class_sets
from consilience.results.conformal import Calibration
from consilience.studies.calibrating import either_way, label_errors, thresholds


@final
@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model says of new samples.

    Attributes:
        rows: By sample: `id`, `prediction`, for classes a probability `p:CLASS` each and,
            if asked for, `set`; for quantities `low` and `high`, if asked for. For several
            labels `prediction:LABEL`, `p:LABEL` and, if asked for, `set:LABEL` each.
        notes: What the coverage does not hold for, a sentence each.
    """

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()


def predict_rows(
    model: FusionClassifier | FusionRegressor,
    samples: MultimodalData,
    known: Calibration | None,
    *,
    level: float | None = None,
    raw: bool = False,
) -> Predictions:
    """Predicts new samples.

    Args:
        model: The fitted model.
        samples: New samples; modalities that are lacking count as absent.
        known: The model's calibration; needed for a level.
        level: Share of new samples whose truth shall be in the set or range.
        raw: Whether probabilities stay as the network gives them.

    Returns:
        A row a sample.
    """
    ids: Sequence[Any] = range(len(samples)) if samples.ids is None else samples.ids.tolist()
    rows: list[dict[str, Any]] = [{"id": i} for i in ids]
    allowed = None if known is None or level is None else thresholds(known, samples, level)
    sizes = None if allowed is None else np.array(allowed.sizes)
    if isinstance(model, FusionClassifier) and model.multilabel_:
        _label(rows, model, samples, None if raw else known, sizes)
    elif isinstance(model, FusionClassifier):
        _classify(rows, model, samples, None if raw else known, sizes)
    else:
        _measure(rows, model, samples, sizes)
    return Predictions(tuple(rows), () if allowed is None else allowed.notes)


def _classify(
    rows: Sequence[dict[str, Any]],
    model: FusionClassifier,
    samples: MultimodalData,
    known: Calibration | None,
    sizes: NDArray[np.float64] | None,
) -> None:
    own = model.predict_proba(samples)
    told = own if known is None else np.exp(tempered(log_probabilities(own), known.temperature))
    sets = None if sizes is None else class_sets(own, sizes)
    for i, row in enumerate(rows):
        row["prediction"] = model.classes_[own[i].argmax()].item()
        if sets is not None:
            row["set"] = model.classes_[sets[i]].tolist()
        row |= {f"p:{c}": float(p) for c, p in zip(model.classes_, told[i], strict=True)}


def _label(
    rows: Sequence[dict[str, Any]],
    model: FusionClassifier,
    samples: MultimodalData,
    known: Calibration | None,
    sizes: NDArray[np.float64] | None,
) -> None:
    own = model.predict_proba(samples)
    told = own
    if known is not None:
        both = tempered(log_probabilities(either_way(own)), known.temperature)
        told = np.exp(both[:, 1]).reshape(own.shape)
    likely = (own > 0.5).astype(np.int64)
    for k, name in enumerate(model.classes_.tolist()):
        for i, row in enumerate(rows):
            row[f"prediction:{name}"] = int(likely[i, k])
            row[f"p:{name}"] = float(told[i, k])
            if sizes is not None:
                errors = label_errors(own[i, [k]], np.array([0, 1]))
                row[f"set:{name}"] = [
                    v for v in (0, 1) if errors[v] <= sizes[i] or v == likely[i, k]
                ]


def _measure(
    rows: Sequence[dict[str, Any]],
    model: FusionRegressor,
    samples: MultimodalData,
    sizes: NDArray[np.float64] | None,
) -> None:
    values = model.predict(samples)
    for i, row in enumerate(rows):
        row["prediction"] = values[i].tolist()
        if sizes is not None:
            row |= {"low": float(values[i] - sizes[i]), "high": float(values[i] + sizes[i])}


def known_without(run: Path, absent: Sequence[str]) -> str:
    """How good a study's model is without some modalities, as far as it was measured.

    Args:
        run: Folder of the study, or of a saved model, of which nothing is known.
        absent: The modalities.

    Returns:
        A clause.
    """
    them = "them" if len(absent) > 1 else "it"
    drops = " ".join(f"--drop {name}" for name in absent)
    unknown = f"how good the model is without {them} was not measured"
    if not (run / "study.json").is_file():
        return unknown
    summary = _json(run / "study.json")
    path = run / "robustness.json"
    # A single modality may be recommended, and then it is a fusion method that was examined.
    if summary["explanation"]["examined"] == summary["verdict"]["best_method"] and path.is_file():
        found = _json(path)
        for pattern in found["patterns"]:
            if set(pattern["absent"]) == set(absent) and None not in pattern["loss"].values():
                score, loss = (_interval(pattern[name]) for name in ("score", "loss"))
                return (
                    f"without {them} the study measured {found['metric']} {score}, "
                    f"{loss} worse than with all"
                )
    return f"{unknown}; consilience robustness {run} {drops} does"


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _interval(measured: dict[str, float]) -> str:
    return "{estimate:.3f} [{low:.3f}, {high:.3f}]".format_map(measured)
