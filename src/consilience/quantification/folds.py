"""One fold's counts, and the replicates of it that tell bias and uncertainty."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, eye_array, vstack

from consilience.quantification.counts import table_of

Tables = NDArray[np.int64]

PSEUDO = 0.5
"""Independent samples that a smooth population adds to each cell."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Counts of samples that were coded in one way.

    Attributes:
        table: Counts `(x1, x2, y)`.
        apart: Counts `(x1, x2, y)` of independent samples only, for permutations: one
            sample a group, chosen at random; all samples where there are no groups.
        units: Counts of each group, `(groups, cells)`; None if samples are independent.
    """

    table: NDArray[np.int64]
    apart: NDArray[np.int64]
    units: csr_array | None = None

    @classmethod
    def of(
        cls,
        codes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
        shape: tuple[int, int, int],
        groups: NDArray[np.int64] | None,
        rng: np.random.Generator,
    ) -> "Fold":
        """Counts of codes.

        Args:
            codes: Codes of the two sources and the target, each `(samples,)`.
            shape: Sizes of the three alphabets.
            groups: Number of each sample's group, or None.
            rng: Chooses one sample of each group.

        Returns:
            The fold.
        """
        table = table_of(*codes, shape)
        if groups is None:
            return cls(table, table)
        order = rng.permutation(len(groups))
        present, first = np.unique(groups[order], return_index=True)
        one = order[first]
        apart = table_of(codes[0][one], codes[1][one], codes[2][one], shape)
        cells = np.ravel_multi_index(codes, shape)
        rows = np.searchsorted(present, groups)
        units = coo_array(
            (np.ones(len(rows), dtype=np.int64), (rows, cells)), shape=(len(present), table.size)
        )
        return cls(table, apart, units.tocsr())

    def halves(self, number: int, rng: np.random.Generator) -> tuple[Tables, Tables]:
        """Random splits into two halves, each `(number, x1, x2, y)`; groups stay together."""
        if self.units is None:
            flat = self.table.ravel()
            one = rng.multivariate_hypergeometric(flat, int(flat.sum()) // 2, size=number)
        else:
            groups = _rows(self.units)
            chosen = rng.permuted(np.tile(np.arange(groups) < groups // 2, (number, 1)), axis=1)
            one = np.asarray(self.units.T.dot(chosen.T.astype(np.int64))).T
        first = one.reshape(number, *self.table.shape).astype(np.int64)
        return first, self.table - first

    def bootstrap(self, number: int, rng: np.random.Generator) -> Tables:
        """Tables of samples, or of groups, drawn with replacement, `(number, x1, x2, y)`."""
        if self.units is None:
            flat = self.table.ravel()
            total = int(flat.sum())
            drawn = rng.multinomial(total, flat / total, size=number)
        else:
            groups = _rows(self.units)
            often = rng.multinomial(groups, np.full(groups, 1 / groups), size=number)
            drawn = np.asarray(self.units.T.dot(often.T)).T
        return drawn.reshape(number, *self.table.shape).astype(np.int64)

    @property
    def independent(self) -> int:
        """Number of samples, or of groups, that are independent of each other."""
        return int(self.table.sum()) if self.units is None else _rows(self.units)

    @property
    def effective(self) -> float:
        r"""Number of independent samples that would tell as much about the cells.

        Samples over the design effect, which is how much more the cells' shares vary over
        groups than over as many independent samples:
        $\sum_c \operatorname{Var}(\hat p_c) \, n / \sum_c \hat p_c (1 - \hat p_c)$, at least 1.

        References:
            Kish, Survey Sampling, 1965.
        """
        total = float(self.table.sum())
        if self.units is None:
            return total
        p = self.table.ravel() / total
        groups, spread = _rows(self.units), float(p.sum() - (p**2).sum())
        if groups < 2 or spread <= 0:
            return float(groups)
        sizes = np.asarray(self.units.sum(1), dtype=np.float64).ravel()
        crossed = np.asarray(self.units.dot(p))
        squares = float((self.units.data.astype(np.float64) ** 2).sum())
        apart = squares - 2 * float(sizes @ crossed) + float((sizes**2).sum() * (p**2).sum())
        variance = apart * groups / (groups - 1) / total**2
        return min(total, max(1.0, spread / variance)) if variance > 0 else total

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a standard error: two for each effective sample a cell.

        Found by simulation (`benchmarks/coverage.py`); no more than groups allow.
        """
        return min(2 * self.effective / self.table.size, self.independent - 1.0)

    def smooth(self, number: int, rng: np.random.Generator) -> Tables:
        """As `bootstrap`, of a population that has half an effective sample more in each cell.

        What was never seen by chance can occur in it, so it tells how far a sample may be from
        the truth where counts are small or 0. Of groups, what is added are groups of average
        size in one cell, as rare as makes half an effective sample.
        """
        if self.units is None:
            p = self.table.ravel() + PSEUDO
            drawn = rng.multinomial(int(self.table.sum()), p / p.sum(), size=number)
        else:
            groups, cells = _rows(self.units), self.table.size
            size = max(1, round(float(self.table.sum()) / groups))
            units = vstack([self.units, size * eye_array(cells)])
            p = np.repeat([1.0, PSEUDO * groups / self.effective], [groups, cells])
            often = rng.multinomial(groups, p / p.sum(), size=number)
            drawn = np.asarray(units.T.dot(often.T)).T
        return drawn.reshape(number, *self.table.shape).astype(np.int64)


def _rows(units: csr_array) -> int:
    return len(units.indptr) - 1
