"""Groups that modalities show together, though none shows them alone."""

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Literal, final, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score, silhouette_score

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, suggestion
from consilience.fission.inputs import Samples, StandardInputs
from consilience.fission.settings import whole
from consilience.functional.clustering import (
    affinity,
    coassociation,
    drawn_together,
    fisher,
    normalised,
    powers,
)

Method = Literal["spectral", "pseudo_labels", "consensus"]
METHODS: tuple[str, ...] = get_args(Method)
STARTS = 10
LEAST_SHARE = 1e-3
LEAST_SUPPORT = 0.1
"""Of a direction that a walk still knows; of one that it has forgotten it is near 0."""
STEPS = (1, 8, 64)
"""Lengths of walks on the graphs: long ones see few clusters, short ones many."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@final
class MultiviewClustering:
    """Clusters samples by all their modalities at once.

    `"spectral"` embeds each modality by the spectrum of its neighbourhood graph, draws the
    embeddings to each other and clusters them joined; of walks of 1, 8 and 64 steps on the graphs
    it takes the one whose clusters are parted best (by silhouette), and none so long that it has
    forgotten the directions which tell them apart. `"pseudo_labels"` clusters the
    modalities joined, then alternates: of each modality the columns are learnt that part these
    clusters best (Fisher's), and what they give, joined, is clustered anew. `"consensus"`
    clusters each modality alone, into 2, 3, and so on to `clusters` clusters, and then the
    samples by how often they lie together.

    Args:
        clusters: Number of clusters.
        method: One of `"spectral"`, `"pseudo_labels"`, `"consensus"`.
        weight: How much spectra are drawn to each other.
        rounds: Most passes over the modalities.
        neighbours: How many samples a neighbourhood holds.
        random_state: Seeds the k-means starts.

    Attributes:
        labels_: Cluster of each sample, `(samples,)`.
        view_labels_: By modality, what it gives alone, by k-means.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.

    References:
        Kumar, Rai, Daume, Co-regularized Multi-view Spectral Clustering, NeurIPS 2011;
        Alwassel et al., Self-Supervised Learning by Cross-Modal Audio-Video Clustering,
        NeurIPS 2020 (its variant that joins the modalities); Fred, Jain, Combining Multiple
        Clusterings Using Evidence Accumulation, PAMI 2005.

    Example:
        >>> import torch
        >>> x = torch.cat([torch.zeros(10, 1), torch.ones(10, 1)]) + 0.01 * torch.randn(20, 1)
        >>> labels = MultiviewClustering(2, random_state=0).fit_predict({"a": x, "b": -x})
        >>> adjusted_rand_score([0] * 10 + [1] * 10, labels)
        1.0
    """

    labels_: Codes
    view_labels_: dict[str, Codes]

    def __init__(
        self,
        clusters: int,
        method: str = "spectral",
        *,
        weight: float = 0.5,
        rounds: int = 10,
        neighbours: int = 10,
        random_state: RandomState = None,
    ) -> None:
        faults: list[str] = []
        if method not in METHODS:
            faults.append(f"method {method!r} is not known; {suggestion(method, METHODS)}")
        faults += whole("clusters", clusters, least=2)
        if not (isinstance(weight, Real) and weight >= 0):
            faults.append(f"weight must not be negative, found {weight!r}")
        faults += [*whole("rounds", rounds), *whole("neighbours", neighbours)]
        if faults:
            raise ConfigurationError(faults)
        self.clusters = clusters
        self.method = method
        self.weight = weight
        self.rounds = rounds
        self.neighbours = neighbours
        self.random_state = random_state

    def fit(self, samples: Samples) -> "MultiviewClustering":
        """Finds the clusters.

        Args:
            samples: `MultimodalData` whose modalities are all present, or tensors by
                modality.

        Returns:
            Itself.

        Raises:
            DataError: If a modality is absent somewhere or there are too few samples, or too
                few that differ.
        """
        names, views = _views(samples)
        if len(views[0]) < 2 * self.clusters:
            raise DataError(
                f"{self.clusters} clusters need at least {2 * self.clusters} samples, "
                f"found {len(views[0])}"
            )
        distinct = _distinct(np.hstack(views))
        if distinct < self.clusters:
            raise DataError(
                f"{self.clusters} clusters need as many different samples, found {distinct}"
            )
        seed = seed_of(self.random_state)
        alone = [_kmeans(view, self.clusters, seed) for view in views]
        ways: dict[str, Callable[[], Codes]] = {
            "spectral": lambda: self._spectral(views, seed),
            "pseudo_labels": lambda: self._pseudo_labels(views, seed),
            "consensus": lambda: self._consensus(views, seed),
        }
        self.labels_ = ways[self.method]()
        self.view_labels_ = dict(zip(names, alone, strict=True))
        return self

    def fit_predict(self, samples: Samples) -> Codes:
        """Finds the clusters and gives each sample's, `(samples,)`."""
        return self.fit(samples).labels_

    def agreement(self, truth: Sequence[object] | NDArray[np.generic]) -> dict[str, float]:
        """Adjusted Rand index with known groups: of all together, and of each modality alone.

        Args:
            truth: The group of each sample.

        Returns:
            Under `joint` and by modality; 1 the same groups, about 0 by chance.

        Raises:
            DataError: If nothing was fitted or the numbers of samples differ.
        """
        if not hasattr(self, "labels_"):
            raise DataError("fit the clustering first: clustering.fit(samples)")
        known = np.unique(np.asarray(truth), return_inverse=True)[1]
        if known.shape != self.labels_.shape:
            raise DataError(f"{len(known)} groups given for {len(self.labels_)} samples")
        every = {"joint": self.labels_, **self.view_labels_}
        return {name: float(adjusted_rand_score(known, codes)) for name, codes in every.items()}

    def _spectral(self, views: Sequence[Floats], seed: int) -> Codes:
        walks = [
            powers(normalised(affinity(view, neighbours=self.neighbours)), STEPS) for view in views
        ]
        tried: list[tuple[float, Codes]] = []
        for graphs in zip(*walks, strict=True):
            found = drawn_together(graphs, self.clusters, weight=self.weight, rounds=self.rounds)
            if tried and _directions(found) < math.log2(self.clusters):
                break
            joined = np.hstack(found)
            length = np.linalg.norm(joined, axis=1, keepdims=True)
            places = joined / np.where(length > 0, length, 1.0)
            codes = _kmeans(places, self.clusters, seed)
            tried.append((_parted(places, codes), codes))
        return max(tried, key=lambda one: one[0])[1]

    def _pseudo_labels(self, views: Sequence[Floats], seed: int) -> Codes:
        joined = np.hstack([view / np.sqrt(view.shape[1]) for view in views])
        labels = _kmeans(joined, self.clusters, seed)
        for _ in range(self.rounds):
            new = _kmeans(np.hstack([fisher(view, labels) for view in views]), self.clusters, seed)
            same = bool(adjusted_rand_score(labels, new) == 1)
            labels = new
            if same:
                break
        return labels

    def _consensus(self, views: Sequence[Floats], seed: int) -> Codes:
        numbers = range(2, self.clusters + 1)
        together = coassociation([_kmeans(view, n, seed) for view in views for n in numbers])
        spectral = SpectralClustering(self.clusters, affinity="precomputed", random_state=seed)
        return np.asarray(spectral.fit_predict(together + LEAST_SHARE), dtype=np.int64)


def _views(samples: Samples) -> tuple[tuple[str, ...], list[Floats]]:
    named = samples.modalities if isinstance(samples, MultimodalData) else samples
    names = tuple(named)
    inputs, presence = StandardInputs(names).fit(samples)(samples)
    if presence is not None:
        gone = [n for i, n in enumerate(names) if not bool(presence[:, i].all())]
        raise DataError(
            f"modality {gone[0]!r} is absent in some samples; cluster those that have every "
            "modality: data[data.presence.all(axis=1)]"
        )
    for name, x in inputs.items():
        if not bool(x.isfinite().all()):
            raise DataError(f"modality {name!r} has values that are not finite numbers")
    return names, [x.flatten(1).double().numpy() for x in inputs.values()]


def _kmeans(x: Floats, clusters: int, seed: int) -> Codes:
    """Clusters by k-means; as many as there are different samples, if that is fewer."""
    clusters = min(clusters, _distinct(x))
    found = KMeans(clusters, n_init=STARTS, random_state=seed)  # pyright: ignore[reportArgumentType]  scikit-learn takes a number too
    found = found.fit_predict(x)
    return np.asarray(found, dtype=np.int64)


def _distinct(x: Floats) -> int:
    return len(np.unique(x, axis=0))


def _directions(embeddings: Sequence[Floats]) -> int:
    """Directions that a walk has left in all views, but for the one that is the same for all."""
    supported = [int(((u**2).sum(axis=0) >= LEAST_SUPPORT).sum()) - 1 for u in embeddings]
    return sum(supported)


def _parted(x: Floats, codes: Codes) -> float:
    """How well clusters are parted, by silhouette; -1 where there is but one."""
    if len(np.unique(codes)) < 2:
        return -1.0
    return float(silhouette_score(x, codes))
