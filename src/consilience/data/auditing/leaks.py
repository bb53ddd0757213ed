"""Findings about columns that give the target away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.auditing.targets import usable_target
from consilience.data.container import MultimodalData
from consilience.data.schema import ModalitySchema
from consilience.data.target import infer_task
from consilience.results.audit import Finding

NEARLY = 0.99
"""A single column is not expected to be right more often, or to correlate more."""
ENOUGH = 20
"""With fewer samples, a column fits the target by chance."""
LOOK = 20_000
"""Rows that are looked at."""
LEVELS = 50
"""With more different values, a column is a quantity."""


@final
@dataclass(frozen=True, slots=True)
class Fit:
    """How well one column alone tells the target.

    Attributes:
        score: 1 where it tells it wholly, 0 where not at all.
        words: The score in words.
    """

    score: float
    words: str


def leak_findings(data: MultimodalData) -> Iterator[Finding]:
    """Columns of tables from which alone the target can be read.

    Args:
        data: The samples.

    Yields:
        The findings, a column each.
    """
    usable = usable_target(data)
    if usable is None or data.target is None or len(usable[0]) < ENOUGH:
        return
    values, rows = usable
    step = max(1, len(rows) // LOOK)
    values, rows = values[::step], rows[::step]
    classes = infer_task(data.target) == "classification"
    for i, schema in enumerate(data.schema.modalities):
        if schema.kind != "table":
            continue
        there = data.presence[rows, i]
        table = np.asarray(data.modalities[schema.name])[rows[there]]
        yield from _table(schema, table, values[there], classes=classes)


def _table(
    schema: ModalitySchema, table: NDArray[Any], target: NDArray[Any], *, classes: bool
) -> Iterator[Finding]:
    for column, values in zip(schema.columns, table.T, strict=True):
        known = np.isfinite(values)
        if known.sum() < ENOUGH or np.ptp(y := target[known]) == 0:
            continue
        fit = _of_classes(values[known], y) if classes else _of_quantity(values[known], y)
        if fit.score >= NEARLY:
            yield Finding(
                "error" if fit.score == 1 else "warning",
                "target_given_away",
                f"{schema.name}.{column.name}",
                f"column {column.name!r} alone {fit.words}",
                "leave it out if it is known only after, or because of, the target",
            )


def _of_classes(x: NDArray[Any], y: NDArray[Any]) -> Fit:
    """Share of samples whose class a column tells, over what the commonest class gives."""
    classes = np.bincount(y)
    base = classes.max() / len(y)
    if classes[classes > 0].min() < 5:
        return Fit(0.0, "")
    levels, codes = np.unique(x, return_inverse=True)
    if len(levels) <= min(LEVELS, len(y) // 5):
        table = np.zeros((len(levels), len(classes)))
        np.add.at(table, (codes, y), 1)
        right = table.max(axis=1).sum() / len(y)
    else:
        right = _by_threshold(x, y, int((classes > 0).sum()))
    words = f"tells the class of {right:.1%} of samples"
    return Fit(1.0 if right == 1 else float((right - base) / (1 - base)), words)


def _by_threshold(x: NDArray[Any], y: NDArray[Any], classes: int) -> float:
    """Share that cuts of the column's range tell, as many cuts as classes need."""
    order = np.argsort(x, kind="stable")
    runs = np.flatnonzero(np.diff(y[order])) + 1
    if len(runs) == classes - 1 and bool((np.diff(x[order])[runs - 1] > 0).all()):
        return 1.0
    cells = max(1, min(LEVELS, len(y) // ENOUGH))
    table = np.zeros((cells, int(y.max()) + 1))
    np.add.at(table, (np.arange(len(y)) * cells // len(y), y[order]), 1)
    return min(float(table.max(axis=1).sum() / len(y)), 1 - 1 / len(y))


def _of_quantity(x: NDArray[Any], y: NDArray[Any]) -> Fit:
    """The larger of linear and rank correlation, without its sign."""
    if np.ptp(x) == 0:
        return Fit(0.0, "")
    linear = _correlation(x, y)
    ranks = _correlation(_ranks(x), _ranks(y))
    score = max(linear, ranks)
    kind = "correlation" if linear >= ranks - 1e-9 else "rank correlation"
    words = f"tells the target: {kind} {score:.4f}"
    return Fit(1.0 if score > 1 - 1e-12 else score, words)


def _ranks(values: NDArray[Any]) -> NDArray[np.floating]:
    ordered = np.sort(values)
    low = np.searchsorted(ordered, values, side="left")
    return (low + np.searchsorted(ordered, values, side="right")) / 2


def _correlation(x: NDArray[Any], y: NDArray[Any]) -> float:
    a, b = (v.astype(np.float64) / max(np.abs(v).max(), 1e-300) for v in (x, y))
    a, b = a - a.mean(), b - b.mean()
    return abs(float(a @ b / max(np.sqrt((a @ a) * (b @ b)), 1e-300)))
