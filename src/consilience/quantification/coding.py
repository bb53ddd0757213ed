"""Two sources and a target as folds of counts, with a word on what is lost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from consilience.errors import DataError
from consilience.quantification.folds import Fold
from consilience.quantification.quantising import Quantiser, clusters_for
from consilience.quantification.sources import Source

LEAST_A_CELL = 2
"""Fewer samples a cell of the table than this are refused."""
FEW_A_CELL = 5
"""Fewer samples a cell than this are warned of."""

Codes = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Two sources and a target at the rows that are used.

    Attributes:
        first: One side.
        second: The other side.
        codes: Class from 0 of each sample.
        groups: Number of each sample's group, or None.
    """

    first: Source
    second: Source
    codes: Codes
    groups: Codes | None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.codes.max()) + 1

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two sides."""
        return self.first.name, self.second.name

    def grouped(self) -> "Problem":
        """The same with sides of few distinct rows to be clustered, where they are numbers."""
        return replace(self, first=self.first.grouped(), second=self.second.grouped())


def check_cells(names: tuple[str, str], rows: int, shape: tuple[int, int, int]) -> tuple[str, ...]:
    """Refuses too few samples for a table, or warns of few.

    Args:
        names: Names of the two sides.
        rows: Samples counted in one table.
        shape: Sizes of the alphabets of the two sides and the target.

    Returns:
        Warnings, perhaps none.

    Raises:
        DataError: If there are fewer than 2 samples a cell.
    """
    cells = shape[0] * shape[1] * shape[2]
    size = f"{shape[0]} x {shape[1]} x {shape[2]} = {cells} cells"
    if rows < LEAST_A_CELL * cells:
        raise DataError(
            f"{names[0]!r} and {names[1]!r}: {rows} rows are too few for a table of {size}; at "
            f"least {LEAST_A_CELL * cells} are needed, else noise looks like synergy: use fewer "
            'clusters, symbols or classes, or estimator="clustered"'
        )
    if rows < FEW_A_CELL * cells:
        return (
            f"{rows} rows are few for a table of {size}: below {FEW_A_CELL * cells} some "
            "bias of the synergy may be left",
        )
    return ()


def discrete_fold(problem: Problem, rng: np.random.Generator) -> Fold:
    """The counts of the distinct rows of both sides, as they are."""
    one, two = problem.first, problem.second
    shape = (one.symbols, two.symbols, problem.classes)
    return Fold.of((one.rows, two.rows, problem.codes), shape, problem.groups, rng)


def split(problem: Problem, seed: int) -> tuple[Codes, Codes]:
    """Two halves of the rows with alike classes; groups stay together."""
    rows = np.zeros(len(problem.codes))
    if problem.groups is None:
        folds = StratifiedKFold(2, shuffle=True, random_state=seed).split(rows, problem.codes)
    else:
        divider = StratifiedGroupKFold(2, shuffle=True, random_state=seed)
        folds = divider.split(rows, problem.codes, problem.groups)
    one, two = next(iter(folds))
    return one.astype(np.int64), two.astype(np.int64)


def sizes(problem: Problem, clusters: int | None) -> tuple[int, int]:
    """Number of symbols of either side: of clusters where it is continuous."""
    one, two = problem.first, problem.second
    rows = len(problem.codes) // 2
    if not one.is_discrete and not two.is_discrete:
        k = clusters or clusters_for(rows, problem.classes)
        return k, k
    out = [
        side.symbols
        if side.is_discrete
        else clusters or clusters_for(rows, problem.classes, other.symbols)
        for side, other in ((one, two), (two, one))
    ]
    return out[0], out[1]


def clustered_folds(
    problem: Problem, wanted: tuple[int, int], seed: int
) -> tuple[tuple[Fold, ...], tuple[int, int]]:
    """Counts of either half under quantisers that were fitted on the other half.

    Args:
        problem: Sources and target.
        wanted: Number of clusters of either side.
        seed: Seeds the split and k-means.

    Returns:
        The two folds, and the largest sizes of their alphabets.
    """
    rng = np.random.default_rng(seed)
    halves = split(problem, seed)
    out: list[Fold] = []
    found: list[tuple[int, int]] = []
    for fitted, counted in (halves, halves[::-1]):
        one, n1 = _coded(problem.first, wanted[0], fitted, counted, seed)
        two, n2 = _coded(problem.second, wanted[1], fitted, counted, seed + 1)
        groups = None if problem.groups is None else problem.groups[counted]
        shape = (n1, n2, problem.classes)
        out.append(Fold.of((one, two, problem.codes[counted]), shape, groups, rng))
        found.append((n1, n2))
    return tuple(out), (max(n for n, _ in found), max(n for _, n in found))


def _coded(
    source: Source, clusters: int, fitted: Codes, counted: Codes, seed: int
) -> tuple[Codes, int]:
    if source.is_discrete:
        return source.rows[counted], source.symbols
    quantise = Quantiser.fit(source.numbers()[fitted], clusters, seed)
    return quantise(source.numbers()[counted]), quantise.size


def smallest(folds: Sequence[Fold]) -> int:
    """Samples of the smallest fold."""
    return min(int(fold.table.sum()) for fold in folds)
