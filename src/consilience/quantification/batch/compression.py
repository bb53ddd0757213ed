"""Few weighted points that stand for many posteriors."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64, Int
from scipy.special import xlogy
from sklearn.cluster import KMeans

DECIMALS = 9


@final
@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What one modality tells: weighted posteriors.

    Attributes:
        table: Probabilities p(x, y), `(points, k)`, that sum to 1.
    """

    table: Float64[np.ndarray, "points k"]

    @staticmethod
    def of(log_p: Float64[np.ndarray, "n k"]) -> "Side":
        """Every sample as a point of the same weight."""
        return Side(np.exp(log_p) / len(log_p))

    def information(self) -> float:
        """Mutual information between the points and y, in bits."""
        t = self.table
        product = t.sum(1, keepdims=True) * t.sum(0)
        return float((xlogy(t, t) - xlogy(t, product)).sum() / np.log(2))

    def with_classes(self, share: Float64[np.ndarray, " k"]) -> "Side":
        """The same points with other shares of the classes."""
        found = self.table.sum(0)
        return Side(self.table * share / np.where(found > 0, found, 1.0))

    def compressed(self, points: int, seed: int) -> "Side":
        """At most `points` points: near posteriors are merged, their masses added.

        Merging is a garbling, so no information grows by it.

        Args:
            points: Most points.
            seed: Of the clustering.

        Returns:
            A side with the same shares of the classes.
        """
        where = self.merged(points, seed)
        columns = [np.bincount(where, column) for column in self.table.T]
        table = np.stack(columns, axis=1)
        return Side(table[table.sum(1) > 0])

    def merged(self, points: int, seed: int) -> Int[np.ndarray, " points"]:
        """Which of at most `points` points each point is merged into.

        Args:
            points: Most points.
            seed: Of the clustering.

        Returns:
            Their numbers from 0.
        """
        mass = self.table.sum(1)
        posterior = (self.table / mass[:, None]).round(DECIMALS)
        different, where = np.unique(posterior, axis=0, return_inverse=True)
        if len(different) > points:
            weight = np.bincount(where, mass)
            means = KMeans(points, n_init=1, max_iter=50, random_state=seed)  # pyright: ignore[reportArgumentType]  n_init is inferred to be text
            where = means.fit_predict(np.sqrt(different), sample_weight=weight)[where]
        return where.astype(np.int64)


def matched(first: Side, second: Side) -> tuple[Side, Side]:
    """Both sides with the same shares of the classes, midway between their own."""
    share = (first.table.sum(0) + second.table.sum(0)) / 2
    return first.with_classes(share), second.with_classes(share)
