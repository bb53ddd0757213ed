"""One division into training and validation, such as for early stopping."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.missing import Values
from consilience.data.seeds import RandomState, seed_of
from consilience.data.splits.labels import deal
from consilience.data.splits.strata import several_labels, strata_of, target_and_groups
from consilience.data.target import Task, infer_task
from consilience.errors import ConfigurationError, DataError

Rows = NDArray[np.int64]


def holdout(
    data: MultimodalData | Values,
    *,
    share: float = 0.2,
    groups: Values | None = None,
    task: Task | None = None,
    random_state: RandomState = None,
) -> tuple[Rows, Rows]:
    """One division into training and validation, such as for early stopping.

    Stratified as far as rows and groups allow: where a class has too few members
    or groups, it stays in training rather than fail.

    Args:
        data: Samples with a target, or the target alone.
        share: Share of samples to validate on, above 0 and below 1.
        groups: Group of each sample, `(samples,)`; those of `data` if None.
        task: What the target is; recognised if None.
        random_state: Seed or generator of the shuffle.

    Returns:
        Rows of training and of validation, ascending; neither is empty.

    Raises:
        ConfigurationError: If `share` is not between 0 and 1.
        DataError: If the target is missing somewhere, or fewer than two samples
            or groups are there.

    Example:
        >>> train, validation = holdout([0, 0, 0, 0, 1, 1, 1, 1], share=0.25, random_state=0)
        >>> len(train), len(validation)
        (6, 2)
    """
    if not 0 < share < 1:
        raise ConfigurationError([f"share must lie between 0 and 1, found {share}"])
    target, groups = target_and_groups(data, groups)
    task = task or infer_task(target)
    strata = strata_of(target, task, folds=2)
    rng = np.random.default_rng(seed_of(random_state))
    if groups is None:
        unit = None
        _require_two("sample", len(target))
    else:
        names, unit = np.unique(groups, return_inverse=True)
        _require_two("group", len(names))
    if several_labels(target, task):
        chosen = _choose_labelled(target, unit, share, rng)
    elif unit is None:
        chosen = _choose_rows(strata, share, rng)
    else:
        chosen = _choose_groups(strata, unit, share, rng)[unit]
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _choose_labelled(
    target: NDArray[Any], unit: NDArray[np.int64] | None, share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Samples to validate on; the smallest unit where none or all were chosen."""
    chosen = deal(target.astype(np.int64), unit, [1 - share, share], rng) == 1
    if chosen.any() and not chosen.all():
        return chosen
    units = np.arange(len(target)) if unit is None else unit
    return units == np.bincount(units).argmin()


def _require_two(what: str, found: int) -> None:
    if found < 2:
        raise DataError(
            f"a validation part needs at least two {what}s, found {found}; add {what}s"
        )


def _choose_rows(
    strata: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Rows to validate on: of each stratum its share, but never all of it."""
    counts = np.bincount(strata)
    quota = counts * share
    take = np.floor(quota).astype(int)
    spare = round(share * len(strata)) - take.sum()
    most = np.lexsort((rng.random(len(counts)), take - quota))
    take[most[: max(spare, 0)]] += 1
    take = np.minimum(take, np.maximum(counts - 1, 0))
    if take.sum() == 0:
        take[counts.argmax()] = 1
    order = np.lexsort((rng.random(len(strata)), strata))
    place = np.empty(len(strata), dtype=int)
    place[order] = np.arange(len(strata)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place < take[strata]


def _choose_groups(
    strata: NDArray[np.int64], unit: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Groups to validate on: each is taken if that comes nearer to the share of every stratum."""
    number = unit.max() + 1
    counts = np.zeros((number, strata.max() + 1))
    np.add.at(counts, (unit, strata), 1)
    total = counts.sum(axis=0)
    gap, left = total * share, total.copy()
    chosen = np.zeros(number, dtype=bool)
    for group in np.lexsort((rng.random(number), -counts.sum(axis=1))):
        own = counts[group]
        nearer = (((gap - own) ** 2) / total).sum() < ((gap**2) / total).sum()
        if nearer and (left > own)[own > 0].all():
            chosen[group] = True
            gap, left = gap - own, left - own
    if not chosen.any():
        chosen[_smallest(counts, total)] = True
    return chosen


def _smallest(counts: NDArray[np.floating], total: NDArray[np.floating]) -> int:
    """The smallest group whose loss leaves training with every stratum, if there is one."""
    exhausts = ((counts == total) & (counts > 0)).any(axis=1)
    return int(np.lexsort((counts.sum(axis=1), exhausts))[0])
