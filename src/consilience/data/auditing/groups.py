"""Findings about groups that must not be divided."""

from collections.abc import Iterator

import numpy as np

from consilience.data.auditing.identity import Pairs, codes_of, crossing
from consilience.data.container import MultimodalData
from consilience.data.target import infer_task, missing_target
from consilience.data.wording import counted, shown
from consilience.results.audit import Finding

FOLDS = 5
"""Folds of a study that says nothing else."""
LARGE = 0.5
"""A group with a larger share leaves too little beside it."""


def group_findings(data: MultimodalData, splits: Pairs) -> Iterator[Finding]:
    """How many groups there are, how uneven they are, and whether they cross splits.

    Args:
        data: The samples.
        splits: Pairs of rows to train and test on.

    Yields:
        The findings.
    """
    if data.groups is None:
        yield from _repeating(data)
        return
    codes = codes_of(data.groups)
    counts = np.bincount(codes)
    largest = int(counts.argmax())
    name = shown([data.groups[int(np.argmax(codes == largest))]])
    share = counts[largest] / len(data)
    yield Finding(
        "note",
        "groups",
        "groups",
        f"{counted(len(counts), 'group')}; the largest, {name}, has "
        f"{counted(int(counts[largest]), 'sample')} ({share:.1%})",
        "",
    )
    if len(counts) < FOLDS:
        yield Finding(
            "warning",
            "few_groups",
            "groups",
            f"{counted(len(counts), 'group')} cannot fill {FOLDS} folds",
            f"use folds={len(counts)}" if len(counts) > 1 else "add samples of other groups",
        )
    elif share > LARGE:
        yield Finding(
            "warning",
            "large_group",
            "groups",
            f"group {name} has {share:.0%} of samples, so that folds differ much in size",
            "check that groups are what must not be divided",
        )
    across = crossing(codes, splits)
    if across.size:
        first = [data.groups[int(np.argmax(codes == code))] for code in across[:3]]
        yield Finding(
            "error",
            "group_across_splits",
            "groups",
            f"{counted(len(across), 'group')} stand both in training and test: "
            f"{shown(first, len(across))}",
            "split with consilience.data.splits.make_splits, which never divides a group",
        )
    yield from _one_class(data)


def _repeating(data: MultimodalData) -> Iterator[Finding]:
    for name, different in data.repeating.items():
        yield Finding(
            "error",
            "repeated_identifier",
            name,
            f"column {name!r} looks like an identifier and repeats: {different:,} values in "
            f"{counted(len(data), 'sample')}, so that those of one may stand both in training "
            "and test",
            f"keep them together with group={name!r} (--group {name}); or, if samples do not "
            "depend on each other, leave the column out of the data",
        )


def _one_class(data: MultimodalData) -> Iterator[Finding]:
    target = data.target
    if data.groups is None or target is None or target.ndim != 1:
        return
    known = ~missing_target(target)
    if not known.any() or infer_task(target) != "classification":
        return
    groups, classes = codes_of(data.groups[known]), codes_of(target[known])
    if classes.max() == 0:
        return
    pairs = np.unique(np.stack([groups, classes]), axis=1)
    counts = np.bincount(pairs[0])
    single = int((counts == 1).sum())
    if single:
        yield Finding(
            "note",
            "one_class_groups",
            "groups",
            f"{single:,} of {counted(len(counts), 'group')} hold one class only",
            "measures within a group mean nothing there; rely on those over all test samples",
        )
