"""The informations of one pair of sources, from rows to the result."""

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.errors import DataError
from consilience.quantification.choosing import Choice, choose
from consilience.quantification.coding import (
    LEAST_A_CELL,
    Problem,
    check_cells,
    clustered_folds,
    discrete_fold,
    sizes,
    smallest,
    split,
)
from consilience.quantification.counts import Counts
from consilience.quantification.folds import Fold
from consilience.quantification.gaussian import measure_gaussian
from consilience.quantification.probing import coarse, linear_information
from consilience.quantification.tables import LEAST_APART, corrected_atoms, measure
from consilience.quantification.targets import check_sizes
from consilience.results.interactions import QUANTITIES, PairInteractions, Sensitivity
from consilience.results.quantity import ZERO, Quantity

Remembered = MutableMapping[bytes, Any]
"""What classifiers said of samples, by all that decides it."""

LEAST_ROWS = 40
LEAST_GROUPS = 10
FEW_GROUPS = 30
FEW_OF_A_CLASS = 10
LOOSE = 1e-4


@final
@dataclass(frozen=True, slots=True)
class Settings:
    """How an estimate is made.

    Attributes:
        estimator: One of `ESTIMATORS`.
        clusters: Number of clusters of a continuous modality, or None for the rule.
        n_boot: Bootstrap samples.
        n_null: Permutations.
        seed: Seeds everything.
    """

    estimator: str
    clusters: int | None
    n_boot: int
    n_null: int
    seed: int


def interactions_of(
    problem: Problem,
    quantity: NDArray[np.float64] | None,
    settings: Settings,
    *,
    left_out: int,
    remembered: Remembered | None = None,
) -> PairInteractions:
    """The informations of two sources about the target.

    Args:
        problem: The sources and the target at the rows used.
        quantity: The target as a quantity, for the Gaussian estimator.
        settings: How.
        left_out: Rows that were left out before.
        remembered: What classifiers said in earlier comparisons; added to.

    Returns:
        The result.

    Raises:
        DataError: If rows or groups are too few.
    """
    _check_rows(problem)
    counts = np.bincount(problem.codes)
    choice = choose(problem.first, problem.second, counts, settings.estimator)
    rng = np.random.default_rng(settings.seed)
    problem = problem.grouped() if choice.grouped else problem
    if choice.estimator == "gaussian":
        pair = _gaussian(problem, quantity, settings, choice, rng)
    elif choice.estimator == "batch":
        pair = _batch(problem, settings, choice, remembered)
    elif choice.estimator == "discrete":
        pair = _discrete(problem, settings, choice, rng)
    else:
        pair = _clustered(problem, settings, choice, rng)
    notes = (
        *pair.warnings,
        *choice.warnings,
        *problem.first.notes,
        *problem.second.notes,
        *_constant(problem.names, (problem.first.symbols, problem.second.symbols)),
        *_beware(problem),
    )
    left_out += len(problem.codes) - pair.rows_used
    return replace(pair, rows_left_out=left_out, warnings=tuple(dict.fromkeys(notes)))


def _check_rows(problem: Problem) -> None:
    names = f"{problem.first.name!r} and {problem.second.name!r}"
    if len(problem.codes) < LEAST_ROWS:
        raise DataError(
            f"{names}: {len(problem.codes)} rows have both and a target; at least {LEAST_ROWS} "
            "are needed for an interval"
        )
    groups = None if problem.groups is None else len(np.unique(problem.groups))
    if groups is not None and groups < LEAST_GROUPS:
        raise DataError(
            f"{names}: {groups} groups; at least {LEAST_GROUPS} are needed "
            "for an interval that heeds groups"
        )


def _beware(problem: Problem) -> tuple[str, ...]:
    out: list[str] = []
    number = FEW_GROUPS * 2 if problem.groups is None else len(np.unique(problem.groups))
    if number < FEW_GROUPS:
        out.append(f"{number} groups are few: below {FEW_GROUPS} intervals are too narrow")
    if number < 2 * LEAST_APART:
        out.append(
            f"there may be no permutation null: it takes one row of each of {number} groups"
        )
    return (*out, *_rare(np.bincount(problem.codes)))


def _constant(names: tuple[str, str], symbols: tuple[int, int]) -> tuple[str, ...]:
    return tuple(
        f"{name!r} is the same in every row used, so it tells nothing, and nothing is redundant "
        "with it or in synergy"
        for name, number in zip(names, symbols, strict=True)
        if number == 1
    )


def _rare(sizes: NDArray[np.int64]) -> tuple[str, ...]:
    least = int(sizes.min())
    if least >= FEW_OF_A_CLASS:
        return ()
    return (f"the rarest class has {least} rows; its part of the estimate is guesswork",)


def _pair(
    problem: Problem, choice: Choice, found: dict[str, Quantity], warnings: tuple[str, ...]
) -> PairInteractions:
    return PairInteractions(
        names=problem.names,
        **_exact((problem.first.symbols == 1, problem.second.symbols == 1), found),
        estimator=choice.estimator,
        reason=choice.reason,
        rows_used=len(problem.codes),
        rows_left_out=0,
        warnings=warnings,
    )


def interactions_of_counts(counts: Counts, settings: Settings) -> PairInteractions:
    """The informations of two sources that are already counted.

    Args:
        counts: The counts of independent samples.
        settings: How.

    Returns:
        The result.

    Raises:
        DataError: If counts are too few, or there is one class, or a class of one sample.
    """
    table, names, rows = counts.table, counts.names, counts.total
    if rows < LEAST_ROWS:
        raise DataError(f"{rows} samples are counted; at least {LEAST_ROWS} are needed")
    check_sizes(table.sum((0, 1)), tuple(map(str, counts.classes)))
    for axis in range(3):
        other = tuple(a for a in range(3) if a != axis)
        table = table.compress(table.sum(other) > 0, axis)
    shape = (table.shape[0], table.shape[1], table.shape[2])
    warnings = check_cells(names, rows, shape)
    fold = Fold(table, table)
    found, more = _measured((fold,), settings, np.random.default_rng(settings.seed))
    return PairInteractions(
        names=names,
        **_exact((shape[0] == 1, shape[1] == 1), found),
        estimator="discrete",
        reason='The estimator is "discrete": what was given are counts.',
        rows_used=rows,
        rows_left_out=counts.left_out,
        alphabet=shape,
        warnings=(*warnings, *more, *_constant(names, shape[:2]), *_rare(table.sum((0, 1)))),
    )


def _exact(constant: tuple[bool, bool], found: dict[str, Quantity]) -> dict[str, Any]:
    """What is zero for certain where a side is constant."""
    out = dict(found)
    for is_constant, own, other in zip(constant, ("1", "2"), ("2", "1"), strict=True):
        if is_constant:
            zero = ("redundancy", "synergy", f"unique_{own}", f"information_{own}")
            out |= dict.fromkeys(zero, ZERO)
            whole = out[f"information_{other}"]
            out |= dict.fromkeys((f"unique_{other}", "information_12"), whole)
    return {name: out[name] for name in QUANTITIES}


def _gaussian(
    problem: Problem,
    quantity: NDArray[np.float64] | None,
    settings: Settings,
    choice: Choice,
    rng: np.random.Generator,
) -> PairInteractions:
    one, two = problem.first.numbers(), problem.second.numbers()
    for side in (problem.first, problem.second):
        if np.isnan(side.numbers()).any():
            raise DataError(
                f"the Gaussian estimator cannot use missing values, which modality {side.name!r} "
                'has; fill them in, or use estimator="clustered"'
            )
    if quantity is None:
        raise DataError("the Gaussian estimator needs a target that is a quantity")
    found = measure_gaussian(
        one, two, quantity, problem.groups, n_boot=settings.n_boot, n_null=settings.n_null, rng=rng
    )
    return _pair(problem, choice, found, ())


def _batch(
    problem: Problem, settings: Settings, choice: Choice, remembered: Remembered | None
) -> PairInteractions:
    from consilience.quantification.neural import measure_neural  # noqa: PLC0415  torch

    found = measure_neural(
        problem.first.numbers_or_indicators(),
        problem.second.numbers_or_indicators(),
        problem.codes,
        problem.groups,
        n_boot=settings.n_boot,
        n_null=settings.n_null,
        seed=settings.seed,
        remembered=remembered,
    )
    return replace(_pair(problem, choice, found.quantities, found.notes), rows_used=found.rows)


def _discrete(
    problem: Problem, settings: Settings, choice: Choice, rng: np.random.Generator
) -> PairInteractions:
    one, two = problem.first.symbols, problem.second.symbols
    warnings = check_cells(problem.names, len(problem.codes), (one, two, problem.classes))
    folds = (discrete_fold(problem, rng),)
    found, more = _measured(folds, settings, rng)
    pair = _pair(problem, choice, found, (*warnings, *more))
    return replace(pair, alphabet=(one, two, problem.classes))


def _measured(
    folds: tuple[Fold, ...], settings: Settings, rng: np.random.Generator
) -> tuple[dict[str, Quantity], tuple[str, ...]]:
    found = measure(folds, n_boot=settings.n_boot, n_null=settings.n_null, rng=rng)
    if found.gap <= LOOSE:
        return found.quantities, ()
    return found.quantities, (
        f"the solver left {found.gap:.1e} bits open in a table: atoms may be off by as much",
    )


def _clustered(
    problem: Problem, settings: Settings, choice: Choice, rng: np.random.Generator
) -> PairInteractions:
    wanted = sizes(problem, settings.clusters)
    folds, alphabet = clustered_folds(problem, wanted, settings.seed)
    warnings = check_cells(problem.names, smallest(folds), (*alphabet, problem.classes))
    found, more = _measured(folds, settings, rng)
    lost = _lost(problem, found, settings)
    pair = _pair(problem, choice, found, (*warnings, *more, *lost.values()))
    return replace(
        pair,
        reason=f"{choice.reason} Alphabets: {alphabet[0]} and {alphabet[1]} symbols.",
        alphabet=(*alphabet, problem.classes),
        coarse=tuple(lost),
        sensitivity=_sensitivity(problem, wanted, settings, rng),
    )


def _lost(problem: Problem, found: dict[str, Quantity], settings: Settings) -> dict[str, str]:
    halves = split(problem, settings.seed)
    out: dict[str, str] = {}
    for side, kept in (
        (problem.first, found["information_1"]),
        (problem.second, found["information_2"]),
    ):
        if side.is_discrete:
            continue
        linear = [
            linear_information(side.numbers(), problem.codes, *parts)
            for parts in (halves, halves[::-1])
        ]
        if warning := coarse(side.name, kept.estimate, sum(linear) / 2):
            out[side.name] = warning
    return out


def _sensitivity(
    problem: Problem, wanted: tuple[int, int], settings: Settings, rng: np.random.Generator
) -> tuple[Sensitivity, ...]:
    out: list[Sensitivity] = []
    for factor in (0.5, 2.0):
        other = _scaled(problem, wanted, factor)
        if other == wanted:
            continue
        folds, alphabet = clustered_folds(problem, other, settings.seed)
        if smallest(folds) >= LEAST_A_CELL * alphabet[0] * alphabet[1] * problem.classes:
            out.append(Sensitivity(alphabet, *corrected_atoms(folds, rng)))
    return tuple(out)


def _scaled(problem: Problem, wanted: tuple[int, int], factor: float) -> tuple[int, int]:
    one, two = (
        k if side.is_discrete else max(2, round(k * factor))
        for side, k in zip((problem.first, problem.second), wanted, strict=True)
    )
    return one, two
