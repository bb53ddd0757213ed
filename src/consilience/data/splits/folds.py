"""Folds for cross-validation: stratified, repeated, and never across a group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

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


@final
@dataclass(frozen=True, slots=True)
class Split:
    """One way to divide the samples.

    Attributes:
        repeat: Number of the repeat, from 0.
        fold: Number of the fold within its repeat, from 0.
        train: Rows to fit on, ascending.
        test: Rows to test on, ascending.
    """

    repeat: int
    fold: int
    train: Rows
    test: Rows


def make_splits(
    data: MultimodalData | Values,
    *,
    folds: int = 5,
    repeats: int = 1,
    groups: Values | None = None,
    task: Task | None = None,
    random_state: RandomState = None,
) -> tuple[Split, ...]:
    """Folds for repeated cross-validation.

    Each repeat shuffles anew and tests every sample once. Classes, and the
    quantiles of a quantity, have nearly the same share in every fold, as far as
    the groups allow, and so has each of several labels a sample; targets of
    several quantities are only shuffled.

    Args:
        data: Samples with a target, or the target alone.
        folds: Number of folds.
        repeats: Number of repeats.
        groups: Group of each sample, `(samples,)`; those of `data` if None. A
            group is never divided between training and test.
        task: What the target is; recognised if None.
        random_state: Seed or generator of the shuffles.

    Returns:
        `repeats * folds` splits, by repeat and fold.

    Raises:
        ConfigurationError: If `folds` is below 2 or `repeats` below 1.
        DataError: If the target is missing somewhere, a class has fewer members
            than there are folds, there are fewer groups than folds, or a
            training part would lack a class.
        ShapeError: If `groups` does not fit the target.

    Example:
        >>> splits = make_splits([0, 0, 0, 1, 1, 1], folds=3, random_state=0)
        >>> len(splits), [len(s.test) for s in splits]
        (3, [2, 2, 2])
    """
    target, groups = target_and_groups(data, groups)
    task = task or infer_task(target)
    _check(target, groups, folds, repeats, task)
    seeds = np.random.SeedSequence(seed_of(random_state)).generate_state(repeats)
    labelled = several_labels(target, task)
    strata = strata_of(target, task, folds)
    out: list[Split] = []
    for repeat, seed in enumerate(seeds):
        parts = (
            _labelled_folds(target, groups, folds, int(seed))
            if labelled
            else _folds(strata, groups, folds, int(seed))
        )
        for fold, (train, test) in enumerate(parts):
            _require_classes(target, train, task, groups, f"repeat {repeat}, fold {fold}")
            out.append(Split(repeat, fold, train, test))
    return tuple(out)


def _check(
    target: NDArray[Any], groups: NDArray[Any] | None, folds: int, repeats: int, task: Task
) -> None:
    faults = [f"folds must be at least 2, found {folds}"] if folds < 2 else []
    faults += [f"repeats must be at least 1, found {repeats}"] if repeats < 1 else []
    if faults:
        raise ConfigurationError(faults)
    if len(target) < folds:
        raise DataError(f"{len(target)} samples cannot fill {folds} folds; lower folds")
    if groups is not None and (many := len(np.unique(groups))) < folds:
        raise DataError(
            f"there are {many} groups but {folds} folds; use folds={many}"
            if many > 1
            else f"all samples are of one group ({groups[0]!s}), which cannot be divided"
        )
    if task == "classification" and target.ndim == 1:
        _require_members(target, folds)
        _require_two_groups(target, groups)


def _require_members(target: NDArray[Any], folds: int) -> None:
    classes, counts = _classes(target)
    if len(classes) < 2:
        raise DataError(
            f"the target has one class only ({classes[0]!s}); two are needed to compare"
        )
    rare = [(str(c), int(n)) for c, n in zip(classes, counts, strict=True) if n < folds]
    if rare:
        told = ", ".join(f"class {c!r} has {n} member{'s' * (n > 1)}" for c, n in rare[:5]) + (
            f" and {len(rare) - 5} more" if len(rare) > 5 else ""
        )
        fewest = min(n for _, n in rare)
        fix = f"use folds={fewest}, or " if fewest > 1 else ""
        raise DataError(f"{told}, fewer than the {folds} folds; {fix}merge or drop rare classes")


def _require_two_groups(target: NDArray[Any], groups: NDArray[Any] | None) -> None:
    if groups is None:
        return
    classes, codes = np.unique(_words(target), return_inverse=True)
    names, units = np.unique(groups, return_inverse=True)
    pairs = np.unique(np.stack([codes, units]), axis=1)
    alone = np.flatnonzero(np.bincount(pairs[0]) == 1)
    if alone.size:
        group = names[pairs[1][pairs[0] == alone[0]][0]]
        raise DataError(
            f"class {str(classes[alone[0]])!r} occurs only in group {str(group)!r}, so training "
            "lacks it when that group is tested; merge or drop the class, or add groups"
        )


def _classes(target: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    return np.unique(_words(target), return_counts=True)


def _words(target: NDArray[Any]) -> NDArray[Any]:
    return target.astype(str) if target.dtype == object else target


def _require_classes(
    target: NDArray[Any], train: Rows, task: Task, groups: NDArray[Any] | None, where: str
) -> None:
    if task != "classification" or target.ndim == 2 or groups is None:
        return
    classes, _ = _classes(target)
    there, _ = _classes(target[train])
    lacking = [str(c) for c in np.setdiff1d(classes, there)]
    if lacking:
        raise DataError(
            f"{where}: the training part lacks class {', '.join(map(repr, lacking[:3]))}, because "
            "its groups are all tested; use more folds, another random_state, or drop the class"
        )


def _labelled_folds(
    target: NDArray[Any], groups: NDArray[Any] | None, folds: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    units = None if groups is None else np.unique(groups, return_inverse=True)[1]
    part = deal(target.astype(np.int64), units, [1 / folds] * folds, np.random.default_rng(seed))
    return ((np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(folds))


def _folds(
    strata: NDArray[np.int64], groups: NDArray[Any] | None, folds: int, seed: int
) -> Iterator[tuple[Rows, Rows]]:
    from sklearn import model_selection as ms  # noqa: PLC0415  slow to import

    plain = strata.max() == 0
    if groups is None:
        maker = ms.KFold if plain else ms.StratifiedKFold
    else:
        maker = ms.GroupKFold if plain else ms.StratifiedGroupKFold
    splitter = maker(folds, shuffle=True, random_state=seed)
    return iter(splitter.split(np.zeros(len(strata)), strata, groups))
