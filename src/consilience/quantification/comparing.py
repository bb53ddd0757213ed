"""Comparisons of modalities with each other, in one process or several."""

from collections.abc import Sequence
from itertools import combinations
from time import perf_counter
from typing import Any, cast, final

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.errors import DataError
from consilience.quantification.coding import Problem
from consilience.quantification.pairing import Remembered, Settings, interactions_of
from consilience.quantification.sources import Source, joined, source_of
from consilience.quantification.targets import Target, check_sizes
from consilience.results.interactions import PairInteractions

Codes = NDArray[np.int64]
Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of the modalities on either side of a comparison."""

Found = PairInteractions | DataError | None
"""Informations; why there are none; or nothing where time was up."""


@final
class Samples:
    """The samples of one call of `interactions`, to be compared.

    Args:
        data: Samples.
        target: Their target.
        settings: How estimates are made.
    """

    def __init__(self, data: MultimodalData, target: Target, settings: Settings) -> None:
        self._data, self._target, self._settings = data, target, settings
        self._groups = None if data.groups is None else _numbered(data.groups)

    def compare(
        self, one: tuple[str, ...], two: tuple[str, ...], remembered: Remembered
    ) -> PairInteractions:
        """The informations of some modalities and some others, at the rows that have all.

        Args:
            one: Names of the first side.
            two: Names of the other; none stands for a constant.
            remembered: What classifiers said in earlier comparisons; added to.

        Returns:
            The informations.

        Raises:
            DataError: If there is no such row, or rows are too few.
        """
        names = self._data.schema.names
        places = [names.index(name) for name in (*one, *two)]
        there = self._data.presence[:, places].all(1) & (self._target.codes >= 0)
        rows = np.flatnonzero(there)
        if not rows.size:
            raise DataError(f"no row has all of {', '.join(map(repr, (*one, *two)))} and a target")
        codes = self._target.codes[rows]
        check_sizes(np.bincount(codes, minlength=len(self._target.names)), self._target.names)
        problem = Problem(
            self._side(one, rows),
            self._side(two, rows),
            np.unique(codes, return_inverse=True)[1].astype(np.int64),
            None if self._groups is None else self._groups[rows],
        )
        quantity = self._target.quantity
        return interactions_of(
            problem,
            None if quantity is None else quantity[rows],
            self._settings,
            left_out=len(self._data) - len(rows),
            remembered=remembered,
        )

    def _side(self, names: tuple[str, ...], rows: Codes) -> Source:
        if not names:
            return Source("nothing", np.zeros((len(rows), 1)), np.zeros(len(rows), dtype=np.int64))
        stored, schema = self._data.modalities, self._data.schema
        sources = [source_of(schema[name], stored[name][rows]) for name in names]
        return sources[0] if len(sources) == 1 else joined(sources)


def every_comparison(names: Sequence[str]) -> list[Sides]:
    """All that is compared of some modalities.

    Args:
        names: Their names, two or more.

    Returns:
        Every pair; of three or more also each against all others joined, and all against nothing.
    """
    asked: list[Sides] = [((a,), (b,)) for a, b in combinations(names, 2)]
    if len(names) > 2:
        asked += [((a,), tuple(n for n in names if n != a)) for a in names]
        asked.append((tuple(names), ()))
    return asked


def compare_all(
    samples: Samples, asked: Sequence[Sides], *, n_jobs: int, deadline: float
) -> list[Found]:
    """Carries comparisons out; the numbers do not depend on the number of processes.

    Args:
        samples: The samples.
        asked: What to compare.
        n_jobs: Processes, -1 for as many as there are processors.
        deadline: Moment of `time.perf_counter()` after which none begins, save the first.

    Returns:
        For each what was found, or why nothing.
    """
    width = min(int(effective_n_jobs(n_jobs)), len(asked))  # pyright: ignore[reportArgumentType]  joblib's types are loose
    if width == 1:
        return _in_turn(samples, asked, deadline)
    calls = (delayed(_in_turn)(samples, asked[i::width], deadline) for i in range(width))
    parts = cast("list[list[Found]]", Parallel(n_jobs=width)(calls))
    return [parts[i % width][i // width] for i in range(len(asked))]


def _in_turn(samples: Samples, asked: Sequence[Sides], deadline: float) -> list[Found]:
    remembered: Remembered = {}
    found: list[Found] = []
    for number, sides in enumerate(asked):
        if number and perf_counter() > deadline:
            break
        try:
            found.append(samples.compare(*sides, remembered))
        except DataError as error:
            found.append(error)
    return found + [None] * (len(asked) - len(found))


def _numbered(groups: NDArray[Any]) -> Codes:
    values = groups.astype(str) if groups.dtype == object else groups
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
