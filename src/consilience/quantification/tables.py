"""The seven informations of count tables, with intervals and nulls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from consilience.functional.pid import pid
from consilience.quantification.correction import (
    Null,
    Replicates,
    beyond_ties,
    extrapolated,
    quantities,
)
from consilience.quantification.folds import Fold
from consilience.quantification.permuting import permuted_target, permuted_within
from consilience.results.quantity import Quantity

TOLERANCE = 1e-6
HALVES = 25
"""Random half-splits for the correction of bias."""
SMOOTH = 100
"""Smooth bootstrap samples at most."""
LEAST_APART = 20
"""Independent samples that a fold must have for a permutation null."""


@final
@dataclass(frozen=True, slots=True)
class Measured:
    """What tables tell.

    Attributes:
        quantities: The seven informations by name.
        gap: Largest certified gap of a solution, in bits.
    """

    quantities: dict[str, Quantity]
    gap: float


def informations(tables: NDArray[Any]) -> tuple[Float64[np.ndarray, "t 7"], float]:
    r"""The seven informations of each table, uncorrected, in bits.

    Args:
        tables: Counts `(t, x1, x2, y)`.

    Returns:
        $R, U_1, U_2, S, I(X_1; Y), I(X_2; Y), I(X_1, X_2; Y)$ a row, and the largest
        certified gap.

    Example:
        >>> xor = np.zeros((1, 2, 2, 2), int)
        >>> xor[0, [0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]] = 25
        >>> informations(xor)[0].round(6).tolist()
        [[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]]
    """
    found = pid(tables / tables.sum((1, 2, 3), keepdims=True), tol=TOLERANCE)
    one, two, both = (np.asarray(i) for i in found.information)
    least = both - np.asarray(found.synergy)
    atoms = (one + two - least, least - two, least - one, both - least)
    return np.stack([*atoms, one, two, both], axis=1), float(np.max(found.gap))


def joint_information(tables: NDArray[Any]) -> Float64[np.ndarray, " t"]:
    r"""$I(X_1, X_2; Y)$ of each table `(t, x1, x2, y)`, in bits."""
    p = tables / tables.sum((1, 2, 3), keepdims=True)
    pairs, classes = p.sum(3), p.sum((1, 2))
    return (
        _entropy(pairs.reshape(len(p), -1)) + _entropy(classes) - _entropy(p.reshape(len(p), -1))
    )


def _entropy(p: NDArray[np.float64]) -> Float64[np.ndarray, " t"]:
    return -(p * np.log2(np.where(p > 0, p, 1.0))).sum(1)


def _independent(tables: NDArray[Any]) -> NDArray[np.float64]:
    first, second = tables.sum(2), tables.sum(1)
    classes = tables.sum((1, 2))
    scale = np.where(classes > 0, classes, 1)[:, None, None, :]
    return first[:, :, None, :] * second[:, None, :, :] / scale


def measure(
    folds: Sequence[Fold], *, n_boot: int, n_null: int, rng: np.random.Generator
) -> Measured:
    """The informations of folds, averaged over them.

    Bias is taken away by half-splits, and the upper ends of redundancy and synergy reach on by
    what these leave where the sources tie, see `beyond_ties`. The null of the synergy permutes
    the second source within the classes, that of all others the target.

    Args:
        folds: Counts of disjoint samples, each coded in its own way.
        n_boot: Bootstrap samples.
        n_null: Permutations; none are made where a fold has fewer than 20 independent samples.
        rng: Generator to draw from.

    Returns:
        The informations.
    """
    if min(int(fold.apart.sum()) for fold in folds) < LEAST_APART:
        n_null = 0
    parts = [_replicate(fold, n_boot, n_null, rng) for fold in folds]
    whole, gaps = np.mean([p for p, _ in parts], axis=0), [gap for _, gap in parts]
    cuts = np.cumsum([1, 1, HALVES, HALVES, n_boot, min(n_boot, SMOOTH), n_null])
    plain, apart, first, second, boots, smooth, null, within = np.split(whole, cuts)
    centre = extrapolated(plain[0], first, second)
    replicates = Replicates(
        plain[0, :7],
        centre[:7],
        first[:, :7],
        second[:, :7],
        boots[:, :7],
        smooth[:, :7],
        sum(fold.freedom for fold in folds),
        beyond_ties(_least(plain[0]) - _least(centre)),
        float(
            np.mean([_entropy(fold.table.sum((0, 1))[None] / fold.table.sum()) for fold in folds])
        ),
    )
    draws = null[:, :7].copy()
    draws[:, 3] = within[:, 3]
    observed = apart[0, :7].copy()
    observed[3] = apart[0, 6]
    middle = np.zeros(7)
    middle[3] = centre[7]
    return Measured(quantities(replicates, Null(observed, draws, middle)), max(gaps))


def _replicate(
    fold: Fold, n_boot: int, n_null: int, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, "t 8"], float]:
    first, second = fold.halves(HALVES, rng)
    null = permuted_target(fold.apart, n_null, rng)
    boots = fold.bootstrap(n_boot, rng)
    smooth = fold.smooth(min(n_boot, SMOOTH), rng)
    one = fold.table[None], fold.apart[None]
    solved = np.concatenate([*one, first, second, boots, smooth, null])
    found, gap = informations(solved)
    least = found[:, 6] - found[:, 3]
    alone = joint_information(_independent(solved)) - least
    within = np.zeros((n_null, 8))
    if n_null:
        within[:, 3] = joint_information(permuted_within(fold.apart, n_null, rng))
    return np.concatenate([np.column_stack([found, alone]), within]), gap


def _least(found: Float64[np.ndarray, " n"]) -> float:
    return float(found[6] - found[3])


def corrected_atoms(
    folds: Sequence[Fold], rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Redundancy, unique informations and synergy, corrected for bias, without intervals."""
    found: list[NDArray[np.float64]] = []
    for fold in folds:
        first, second = fold.halves(HALVES, rng)
        rows, _ = informations(np.concatenate([fold.table[None], first, second]))
        found.append(extrapolated(rows[0], rows[1 : HALVES + 1], rows[HALVES + 1 :]))
    redundancy, one, two, synergy = np.mean(found, axis=0)[:4].tolist()
    return redundancy, one, two, synergy
