"""What a split must respect: the target, its strata, and the groups."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.missing import Values
from consilience.data.rows import per_sample
from consilience.data.target import Task, as_target, holds_labels, require_target

BINS = 5
"""A quantity is stratified by this many quantiles, where there are rows enough."""


def target_and_groups(
    data: MultimodalData | Values, groups: Values | None
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """The target and the groups that a split has to respect.

    Args:
        data: Samples with a target, or the target alone.
        groups: Group of each sample; those of `data` if None.

    Returns:
        The complete target, and the groups or None, `(samples,)` each.

    Raises:
        DataError: If there is no target, or entries are missing.
        ShapeError: If there is not one group a sample.
    """
    if isinstance(data, MultimodalData):
        target = require_target(data.target, "splitting")
        groups = data.groups if groups is None else groups
    else:
        target = require_target(as_target(data, len(np.asarray(data))), "splitting")
    array = per_sample("groups", groups, len(target))
    return target, array.astype(str) if array is not None and array.dtype == object else array


def several_labels(target: NDArray[Any], task: Task) -> bool:
    """Whether a target is of several labels a sample, 0 and 1 each."""
    return target.ndim == 2 and task != "regression" and holds_labels(target)


def strata_of(target: NDArray[Any], task: Task, folds: int) -> NDArray[np.int64]:
    """The stratum of each sample: its class, or the quantile of its quantity.

    Args:
        target: The complete target.
        task: What it is.
        folds: Each stratum of a quantity has at least this many members.

    Returns:
        Codes from 0, `(samples,)`; one for all where the target has several outputs.
    """
    if target.ndim == 2:
        return np.zeros(len(target), dtype=np.int64)
    if task == "classification":
        return np.unique(
            target.astype(str) if target.dtype == object else target, return_inverse=True
        )[1].astype(np.int64)
    bins = max(1, min(BINS, len(target) // folds))
    rank = np.searchsorted(np.sort(target), target)
    strata = (rank * bins // len(target)).astype(np.int64)
    for stratum in range(bins - 1, 0, -1):
        if (strata == stratum).sum() < folds:
            strata[strata == stratum] = stratum - 1
    if (strata == 0).sum() < folds:
        strata[strata == 0] = strata[strata > 0].min(initial=bins) % bins
    return strata
