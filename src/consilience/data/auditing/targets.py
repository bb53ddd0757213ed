"""Findings about what is to be predicted."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.missing import missing_values
from consilience.data.target import infer_task, missing_target
from consilience.data.wording import counted, shown
from consilience.results.audit import Finding

FEW = 5
"""A class with fewer samples cannot be in every one of five folds."""
DOMINANT = 0.9
"""A larger share of one class makes accuracy a poor measure."""


def target_findings(data: MultimodalData) -> Iterator[Finding]:
    """What is wrong with the target.

    Args:
        data: The samples.

    Yields:
        The findings.
    """
    target = data.target
    if target is None:
        yield Finding(
            "note", "no_target", "target", "there is no target", "pass target= to predict one"
        )
        return
    missing = missing_target(target)
    if missing.any():
        yield Finding(
            "error",
            "missing_target",
            "target",
            f"missing in {int(missing.sum()):,} of {counted(len(target), 'sample')} "
            f"(first: row {int(missing.argmax())})",
            "drop these rows: data[~missing]",
        )
    if missing.all():
        return
    present = target[~missing]
    outputs = [present] if present.ndim == 1 else list(present.T)
    for i, output in enumerate(outputs):
        where = "target" if present.ndim == 1 else f"target {data.target_names[i]!r}"
        if infer_task(present) != "regression":
            yield from _classes(where, output)
        else:
            yield from _quantity(where, output)


def _classes(where: str, target: NDArray[Any]) -> Iterator[Finding]:
    words = target.astype(str) if target.dtype == object else target
    classes, counts = np.unique(words, return_counts=True)
    if len(classes) == 1:
        yield Finding(
            "error",
            "one_class",
            where,
            f"all {counted(len(target), 'sample')} are of class {classes[0].item()!r}",
            "add samples of another class, or choose another target",
        )
        return
    rare = [c for c, n in zip(classes, counts, strict=True) if n < FEW]
    if rare:
        yield Finding(
            "warning",
            "rare_class",
            where,
            f"{counted(len(rare), 'class')} of {len(classes)} with fewer than {FEW} samples: "
            f"{shown(rare)}",
            "merge or drop rare classes, or use fewer folds",
        )
    share = counts.max() / counts.sum()
    if share > DOMINANT:
        yield Finding(
            "warning",
            "imbalance",
            where,
            f"{share:.1%} of samples are of class {classes[counts.argmax()].item()!r}",
            "judge by balanced accuracy or average precision, not accuracy",
        )


def _quantity(where: str, target: NDArray[Any]) -> Iterator[Finding]:
    infinite = ~np.isfinite(target)
    if infinite.any():
        yield Finding(
            "error",
            "infinite_target",
            where,
            f"infinite in {counted(int(infinite.sum()), 'sample')} "
            f"(first: row {int(infinite.argmax())} of those not missing)",
            "drop these rows or cap the values",
        )
    elif np.ptp(target) == 0:
        yield Finding(
            "error",
            "constant_target",
            where,
            f"the target is {target[0]:g} in every sample",
            "choose a target that varies",
        )


def usable_target(data: MultimodalData) -> tuple[NDArray[Any], NDArray[np.intp]] | None:
    """A one-dimensional target where it is known, as numbers or codes.

    Args:
        data: The samples.

    Returns:
        Values and their rows; None if there is no target that varies.
    """
    target = data.target
    if target is None or target.ndim != 1:
        return None
    bad = missing_values(target)
    if target.dtype.kind == "f":
        bad |= np.isinf(target)
    rows = np.flatnonzero(~bad)
    values = target[rows]
    if infer_task(target) == "classification":
        words = values.astype(str) if values.dtype == object else values
        values = np.unique(words, return_inverse=True)[1]
    return (values, rows) if len(values) and np.ptp(values) > 0 else None
