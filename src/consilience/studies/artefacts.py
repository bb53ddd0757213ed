"""A study's folder: what is written, in open formats."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.results.audit import AuditReport
from consilience.results.comparison import ComparisonTable, Verdict
from consilience.studies.comparing import Scores
from consilience.studies.explaining import Explanation
from consilience.studies.plan import Plan
from consilience.studies.running import LEAST_SPLITS, Outcome

FORMAT = 1


def write_splits(folder: Path, plan: Plan) -> None:
    """Writes `splits.parquet`: repeat, fold and row of every test sample."""
    tests = [(s.repeat, s.fold, row) for s in plan.splits for row in s.test]
    repeat, fold, row = (pa.array(column, pa.int64()) for column in zip(*tests, strict=True))
    pq.write_table(
        pa.table({"repeat": repeat, "fold": fold, "row": row}), folder / "splits.parquet"
    )


def write_metrics(
    folder: Path, plan: Plan, scores: dict[str, Scores], outcomes: Sequence[Outcome]
) -> None:
    """Writes `metrics.parquet`: every metric of every method on every fold."""
    ran = sorted({o.split for o in outcomes})
    seconds = {(o.method, o.split): o.seconds for o in outcomes}
    rows = [
        {
            "method": method.name,
            "kind": method.kind,
            "repeat": plan.splits[i].repeat,
            "fold": plan.splits[i].fold,
            "metric": name,
            "value": float(score.values[method.name][k]),
            "seconds": seconds[method.name, i],
            "n_test": len(plan.splits[i].test),
        }
        for name, score in scores.items()
        for method in plan.methods
        for k, i in enumerate(ran)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "metrics.parquet")


def write_predictions(
    folder: Path,
    plan: Plan,
    outcomes: Sequence[Outcome],
    target: NDArray[Any],
    classes: Sequence[str] | None,
) -> None:
    """Writes `predictions.parquet`: every test prediction, with probabilities for classes.

    Of several labels there are `target:LABEL`, `prediction:LABEL` and `p:LABEL` each.
    """
    parts: list[pa.Table] = []
    for o in outcomes:
        split = plan.splits[o.split]
        size = len(split.test)
        columns: dict[str, Any] = {
            "row": split.test,
            "repeat": np.full(size, split.repeat),
            "fold": np.full(size, split.fold),
            "method": [o.method] * size,
        }
        if plan.task == "multilabel":
            columns |= _of_labels(classes or (), target[split.test], o)
        elif classes is None or o.probabilities is None:
            columns |= {"target": target[split.test], "prediction": o.prediction}
        else:
            names = np.array(classes, dtype=object)
            columns["target"] = names[target[split.test]].tolist()
            columns["prediction"] = names[o.prediction].tolist()
            columns |= {f"p:{c}": o.probabilities[:, k] for k, c in enumerate(classes)}
        parts.append(pa.table(columns))
    pq.write_table(pa.concat_tables(parts), folder / "predictions.parquet")


def _of_labels(
    names: Sequence[str], target: NDArray[Any], outcome: Outcome
) -> dict[str, NDArray[Any]]:
    parts = {"target": target, "prediction": outcome.prediction, "p": outcome.probabilities}
    return {
        f"{what}:{name}": values[:, k]
        for what, values in parts.items()
        if values is not None
        for k, name in enumerate(names)
    }


def write_explanation(folder: Path, found: Explanation) -> None:
    """Writes `interactions.json`, `robustness.json`, `robustness.parquet` and `learning.json`.

    What could not be measured has no file; `study.json` says why.
    """
    results = {
        "interactions": found.interactions,
        "robustness": found.robustness,
        "learning": found.learning,
    }
    for name, result in results.items():
        if result is not None:
            text = json.dumps(result.to_dict(), indent=2)
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    if found.robustness is not None:
        pq.write_table(found.robustness.to_frame(), folder / "robustness.parquet")


def write_summary(
    folder: Path,
    *,
    source: Mapping[str, Any],
    data: MultimodalData,
    codes: NDArray[Any],
    classes: Sequence[str] | None,
    audit: AuditReport,
    plan: Plan,
    table: ComparisonTable,
    verdict: Verdict,
    scores: dict[str, Scores],
    explanation: Explanation,
    seconds: float,
) -> None:
    """Writes `study.json` and `schema.json`."""
    from consilience import __version__  # noqa: PLC0415  the face imports nothing at its top

    summary = {
        "format": FORMAT,
        "consilience": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "name": str(source.get("data", "")),
        "command": str(source.get("command", "")),
        "source": dict(source),
        "seconds": seconds,
        "data": _data(data, codes, classes, plan),
        "audit": audit.to_dicts(),
        "plan": {
            "metric": plan.metric.name,
            "higher_is_better": plan.metric.higher_is_better,
            "folds": plan.folds,
            "repeats": plan.repeats,
            "complete_folds": len(next(iter(scores.values())).values[plan.methods[0].name]),
            "random_state": plan.random_state,
            "budget_minutes": plan.budget,
            "max_epochs": plan.max_epochs,
            "methods": [m.name for m in plan.methods],
        },
        "table": table.to_dicts(),
        "verdict": asdict(verdict),
        "explanation": {
            "examined": explanation.examined,
            "interactions_lacking": explanation.interactions_lacking,
            "robustness_lacking": explanation.robustness_lacking,
            "learning_lacking": explanation.learning_lacking,
        },
        "other_metrics": {
            metric: {m.name: _estimate(score, m.name) for m in plan.methods}
            for metric, score in scores.items()
            if score.defined >= LEAST_SPLITS
        },
    }
    text = json.dumps(summary, indent=2)
    (folder / "study.json").write_text(text, encoding="utf-8")
    schema = data.schema.model_dump_json(indent=2)
    (folder / "schema.json").write_text(schema, encoding="utf-8")


def _estimate(score: Scores, method: str) -> dict[str, float]:
    e = score.estimate(method)
    return {"estimate": e.mean, "low": e.low, "high": e.high}


def _data(
    data: MultimodalData, codes: NDArray[Any], classes: Sequence[str] | None, plan: Plan
) -> dict[str, Any]:
    present = data.presence.mean(axis=0)
    return {
        "rows": len(data),
        "modalities": [
            {"name": m.name, "kind": m.kind, "description": m.describe(), "present": float(share)}
            for m, share in zip(data.schema.modalities, present, strict=True)
        ],
        "target": {
            "task": plan.task,
            "classes": None if classes is None else list(classes),
            "counts": None if classes is None else _counts(codes),
        },
        "groups": None if data.groups is None else len(np.unique(data.groups.astype(str))),
    }


def _counts(codes: NDArray[Any]) -> list[int]:
    """Samples of each class, or of each label."""
    return (codes.sum(axis=0) if codes.ndim == 2 else np.bincount(codes)).tolist()
