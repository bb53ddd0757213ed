"""Samples of several labels dealt into parts that have nearly the same share of each label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def deal(
    labels: NDArray[np.integer],
    groups: NDArray[np.int64] | None,
    shares: Sequence[float],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """The part of each sample; the shares of every label are as equal as rows and groups allow.

    Iterative stratification: the label that is left in the fewest samples is dealt first,
    each of its samples to the part that lacks it most, for a rare label cannot be made
    good later. Samples alike in all labels are dealt in bulk.

    Args:
        labels: 0 and 1, `(samples, labels)`.
        groups: Number of each sample's group, from 0, `(samples,)`; a group is never divided.
        shares: Share of the samples that each part shall get; they add up to 1.
        rng: Decides between equals.

    Returns:
        Numbers of parts, `(samples,)`.

    References:
        Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data,
        ECML PKDD 2011, algorithm 1.

    Example:
        >>> labels = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0], [0, 0]])
        >>> part = deal(labels, None, [0.5, 0.5], np.random.default_rng(0))
        >>> [labels[part == k].sum(axis=0).tolist() for k in range(2)]
        [[1, 1], [1, 1]]
    """
    counts = np.column_stack([labels, np.ones(len(labels))]).astype(np.float64)
    if groups is not None:
        units = np.zeros((int(groups.max()) + 1, counts.shape[1]))
        np.add.at(units, groups, counts)
        return _deal(units, np.full(len(units), -1), shares, rng)[groups]
    return _deal(counts, _in_bulk(labels, shares, rng), shares, rng)


def _in_bulk(
    labels: NDArray[np.integer], shares: Sequence[float], rng: np.random.Generator
) -> NDArray[np.int64]:
    """The whole part of each part's share of samples that are alike; -1 for what is left over."""
    alike = np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1)
    part = np.full(len(labels), -1, dtype=np.int64)
    order = np.lexsort((rng.random(len(labels)), alike))
    for rows in np.split(order, np.cumsum(np.bincount(alike))[:-1]):
        sizes = np.floor(len(rows) * np.asarray(shares) + 1e-9).astype(np.int64)
        part[rows[: sizes.sum()]] = np.repeat(np.arange(len(shares)), sizes)
    return part


def _deal(
    units: NDArray[np.float64],
    part: NDArray[np.int64],
    shares: Sequence[float],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Deals what has no part; the last column of `units` counts samples, the others labels."""
    wanted = np.outer(shares, units.sum(axis=0))
    for number in range(len(shares)):
        wanted[number] -= units[part == number].sum(axis=0)
    while (part < 0).any():
        free = np.flatnonzero(part < 0)
        left = units[free, :-1].sum(axis=0)
        there = np.flatnonzero(left)
        label = int(there[left[there].argmin()]) if len(there) else units.shape[1] - 1
        holding = free[units[free, label] > 0]
        for unit in holding[np.lexsort((rng.random(len(holding)), -units[holding, label]))]:
            order = np.lexsort((rng.random(len(shares)), -wanted[:, -1], -wanted[:, label]))
            part[unit] = order[0]
            wanted[order[0]] -= units[unit]
    return part
