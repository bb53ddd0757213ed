"""A function on all combinations of some rows, weighed anew for each bootstrap sample."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch import Tensor

from consilience.functional.projection import Decomposed, additive_projection, decompose
from consilience.quantification.surfaces import Surface, grid_of
from consilience.results.interval import Interval

TOGETHER = 50
"""Bootstrap samples weighed at a time."""

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A function on a grid.

    Attributes:
        values: At every combination, `(*rows, outputs)`.
        rows: Positions in the data, `(rows,)`.
        counts: How often each row occurs, `(1 + boots, rows)`: once each, then in each
            bootstrap sample.
        units: Number of units resampled.
    """

    values: Tensor
    rows: Index
    counts: Index
    units: int

    def variances(self) -> tuple[Array, Array, Array]:
        """Variance in all, of the interactions, and of each modality's own part.

        Returns:
            `(1 + boots, outputs)` twice and `(1 + boots, modalities, outputs)`.
        """
        parts = [(p.total, p.interaction, p.main) for _, p in self._parts()]
        total, interaction, main = (
            torch.cat(list(part)).numpy() for part in zip(*parts, strict=True)
        )
        return total, interaction, main

    def projections(self) -> Iterator[tuple[Index, Array]]:
        """The projection under each weighting.

        Yields:
            Rows of the grid, repeated as often as they occur, and the projection at each
            of them, `(len(rows), outputs)`.
        """
        for counts, parts in self._parts():
            for i, count in enumerate(counts):
                taken = np.repeat(np.arange(len(count)), count)
                marginals = [m[i] for m in parts.marginals]
                yield taken, additive_projection(marginals, parts.mean[i]).numpy()[taken]

    def share_interval(self, shares: Array) -> Interval:
        """The first share with a t interval on the scale of log odds, corrected for bias.

        Args:
            shares: Of the samples and of each bootstrap sample, `(1 + boots,)`.

        Returns:
            The interval.
        """
        odds = np.clip(shares, 1e-15, 1 - 1e-15)
        odds = np.log(odds / (1 - odds))
        half = odds[1:].std(ddof=1) * student.ppf(0.975, self.units - 1)
        middle = 2 * odds[0] - odds[1:].mean()
        ends = 1 / (1 + np.exp(-np.array([middle - half, middle + half])))
        estimate = float(shares[0])
        return Interval(estimate, min(estimate, float(ends[0])), max(estimate, float(ends[1])))

    def _parts(self) -> Iterator[tuple[Index, Decomposed]]:
        for counts in np.array_split(self.counts, -(-len(self.counts) // TOGETHER)):
            weights = torch.from_numpy(counts / counts.sum(axis=1, keepdims=True))
            yield counts, decompose(self.values, weights)


def grid(
    surface: Surface, units: Index, *, most: int, n_boot: int, rng: np.random.Generator
) -> Grid:
    """Evaluates a function at every combination of as many rows as allowed.

    Args:
        surface: The function.
        units: Number of what each row is resampled with, `(rows,)`.
        most: Rows at most; of more, so many are drawn.
        n_boot: Bootstrap samples.
        rng: Draws rows and bootstrap samples.

    Returns:
        The grid.
    """
    rows: NDArray[Any] = np.arange(surface.rows)
    if most < surface.rows:
        rows = np.sort(rng.choice(surface.rows, most, replace=False))
    part = Surface(len(rows), surface.axes, lambda index: surface.at(rows[index]), surface.tile)
    different, inverse = np.unique(units[rows], return_inverse=True)
    number = len(different)
    drawn = rng.multinomial(number, np.full(number, 1 / number), n_boot)
    counts = np.vstack([np.ones((1, number), dtype=np.int64), drawn])[:, inverse]
    return Grid(grid_of(part).cpu(), rows, counts, number)


def percentile_interval(values: Array) -> Interval:
    """The first value with the middle 95 % of the others, those that are not finite left out."""
    known = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(known, [0.025, 0.975]) if known.size else (np.nan, np.nan)
    return Interval(float(values[0]), float(low), float(high))
