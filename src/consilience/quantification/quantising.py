"""Continuous modalities as symbols: quantisers fitted on some samples, used on others."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEAST_CLUSTERS = 2
MOST_CLUSTERS = 10
ROWS_A_CELL = 10
"""Samples counted for each cell of the table that the number of clusters aims at."""
COMPONENTS = 10
MOST_FITTED = 20_000
INITIALISATIONS: Any = 3


def clusters_for(rows: int, classes: int, other: int | None = None) -> int:
    r"""Number of clusters of a modality: the largest $k$ with 10 samples a cell.

    The table of two clustered modalities has $k^2 |Y|$ cells, that of a clustered and a
    discrete one $k\,|X_2|\,|Y|$. Between 2 and 10.

    Args:
        rows: Samples that are counted in one fold.
        classes: Number of classes.
        other: Size of the other alphabet where that is fixed.

    Returns:
        The number of clusters.

    Example:
        >>> clusters_for(1000, 2), clusters_for(100_000, 2), clusters_for(500, 2, other=5)
        (7, 10, 5)
    """
    cells = rows / (ROWS_A_CELL * classes)
    wanted = math.sqrt(cells) if other is None else cells / max(other, 1)
    return int(min(MOST_CLUSTERS, max(LEAST_CLUSTERS, math.floor(wanted))))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Quantiser:
    """Maps rows of numbers to clusters.

    Attributes:
        centre: Mean of each column where it is not missing, in place of missing values.
        turn: Projection of the centred columns to the space of the clusters.
        cuts: Borders of one-dimensional bins; None with several dimensions.
        means: Centres of the clusters; None with one dimension.
    """

    centre: Floats
    turn: Floats
    cuts: Floats | None
    means: Floats | None

    @classmethod
    def fit(cls, values: Floats, clusters: int, seed: int) -> "Quantiser":
        """A quantiser of about `clusters` clusters.

        One dimension is cut into bins of equal frequency. Several are standardised, reduced
        to at most 10 principal components and clustered by k-means.

        Args:
            values: `(samples, columns)`, NaN where missing.
            clusters: Number of clusters; fewer where there are fewer distinct rows.
            seed: Seeds k-means.

        Returns:
            The quantiser.
        """
        rng = np.random.default_rng(seed)
        if len(values) > MOST_FITTED:
            values = values[rng.choice(len(values), MOST_FITTED, replace=False)]
        known = ~np.isnan(values)
        sums = np.where(known, values, 0.0).sum(0)
        centre = sums / np.maximum(known.sum(0), 1)
        filled = np.where(known, values, centre) - centre
        spread = filled.std(0)
        scale = np.where(spread > 1e-12 * (1 + np.abs(centre)), spread, np.inf)
        _, singular, axes = np.linalg.svd(filled / scale, full_matrices=False)
        kept = int((singular[:COMPONENTS] > 1e-9 * max(singular.max(initial=0.0), 1e-300)).sum())
        turn = (axes[:kept] / scale).T
        points = filled @ turn
        if kept == 0:
            return cls(centre, turn, None, None)
        if kept == 1:
            levels = np.arange(1, clusters) / clusters
            return cls(centre, turn, np.unique(np.quantile(points[:, 0], levels)), None)
        number = min(clusters, len(np.unique(points, axis=0)))
        model = KMeans(number, n_init=INITIALISATIONS, random_state=seed % 2**32).fit(points)
        return cls(centre, turn, None, np.asarray(model.cluster_centers_))

    @property
    def size(self) -> int:
        """Number of symbols that can come out."""
        if self.cuts is not None:
            return len(self.cuts) + 1
        return 1 if self.means is None else len(self.means)

    def __call__(self, values: Floats) -> Codes:
        """Symbols from 0, `(samples,)`."""
        points = (np.where(np.isnan(values), self.centre, values) - self.centre) @ self.turn
        if self.cuts is not None:
            return np.searchsorted(self.cuts, points[:, 0], side="left").astype(np.int64)
        if self.means is None:
            return np.zeros(len(values), dtype=np.int64)
        distance = (self.means**2).sum(1) - 2 * points @ self.means.T
        return distance.argmin(1).astype(np.int64)
