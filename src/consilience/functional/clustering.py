"""Clusters that several views show together: spectra, co-regularised; and how partitions agree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist, squareform

from consilience.errors import ShapeError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def affinity(x: Floats, *, neighbours: int = 10) -> Floats:
    r"""How alike samples are: a Gaussian kernel whose width follows the local density.

    $$W_{ij} = \exp(-\lVert x_i - x_j \rVert^2 / h_i h_j)$$

    where $h_i$ is the distance to the `neighbours`-th nearest sample.

    Args:
        x: `(samples, columns)`.
        neighbours: Sets the widths.

    Returns:
        Symmetric, `(samples, samples)`, with a diagonal of 0.

    Raises:
        ShapeError: If there are fewer than 3 samples.

    References:
        Zelnik-Manor, Perona, Self-Tuning Spectral Clustering, NeurIPS 2004, equation 1.

    Example:
        >>> w = affinity(np.array([[0.0], [1.0], [10.0]]), neighbours=1)
        >>> bool(w[0, 1] > 0.3), bool(w[0, 2] < 1e-4)
        (True, True)
    """
    if x.ndim != 2 or len(x) < 3:
        raise ShapeError(f"a view must be (samples, columns), 3 samples or more; found {x.shape}")
    apart = squareform(pdist(x))
    rank = min(neighbours, len(x) - 1)
    near = np.partition(apart, rank, axis=1)[:, rank]
    near = np.maximum(near, np.finfo(np.float64).tiny ** 0.25)
    out = np.exp(-(apart**2) / np.outer(near, near))
    np.fill_diagonal(out, 0.0)
    return out


def normalised(weights: Floats) -> Floats:
    r"""The normalised affinity $D^{-1/2} W D^{-1/2}$, whose largest eigenvalue is 1."""
    degree = weights.sum(axis=1)
    root = 1 / np.sqrt(np.where(degree > 0, degree, 1.0))
    return weights * root[:, None] * root


def diffused(matrix: Floats, steps: int) -> Floats:
    """A power of a symmetric matrix, negative eigenvalues taken as 0.

    Of a normalised affinity it keeps the eigenvalues near 1, the clusters that a view really
    shows, and damps those that merely cut a cluster in two.

    Args:
        matrix: Symmetric, `(n, n)`.
        steps: The power.

    Returns:
        `(n, n)`.

    Example:
        >>> diffused(np.diag([1.0, 0.5, -1.0]), 2).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.25, 0.0], [0.0, 0.0, 0.0]]
    """
    values, vectors = eigh(matrix)
    return (vectors * np.clip(values, 0.0, None) ** steps) @ vectors.T


def leading(matrix: Floats, number: int) -> Floats:
    """The eigenvectors of the largest eigenvalues of a symmetric matrix, `(n, number)`."""
    size = len(matrix)
    return eigh(matrix, subset_by_index=[size - number, size - 1])[1]


def weighted(graph: Floats, vectors: Floats) -> Floats:
    """Vectors, each by the root of how well the graph supports it (its Rayleigh quotient)."""
    support = (vectors * (graph @ vectors)).sum(axis=0)
    return vectors * np.sqrt(np.clip(support, 0.0, None))


def coregularised(
    affinities: Sequence[Floats],
    clusters: int,
    *,
    weight: float = 0.5,
    steps: int = 32,
    rounds: int = 10,
) -> list[Floats]:
    r"""Spectral embeddings of several views, each drawn to the others'.

    View by view, $U_v$ are the leading eigenvectors of
    $L_v^t + \lambda \sum_{w \neq v} U_w \Lambda_w U_w^\top$, where $L_v$ is the normalised
    affinity and $\Lambda_w$ how well view $w$ supports its vectors. With $t = 1$ and
    $\Lambda = I$ this is Kumar's pairwise co-regularisation; the power keeps a view that shows
    fewer clusters from pressing arbitrary cuts on the others.

    Args:
        affinities: One a view, `(samples, samples)`.
        clusters: Columns of the embeddings.
        weight: $\lambda$; 0 leaves the views alone.
        steps: $t$.
        rounds: Passes over the views.

    Returns:
        An embedding a view, `(samples, clusters)`: orthogonal columns, each as long as the
        root of its support.

    References:
        Kumar, Rai, Daume, Co-regularized Multi-view Spectral Clustering, NeurIPS 2011,
        equation 3.
    """
    graphs = [diffused(normalised(w), steps) for w in affinities]
    found = [weighted(graph, leading(graph, clusters)) for graph in graphs]
    for _ in range(rounds if weight and len(graphs) > 1 else 0):
        for v, graph in enumerate(graphs):
            others = np.hstack([u for w, u in enumerate(found) if w != v])
            drawn = leading(graph + weight * (others @ others.T), clusters)
            found[v] = weighted(graph, drawn)
    return found


def coassociation(partitions: Sequence[Codes]) -> Floats:
    """In what share of the partitions two samples lie together, `(samples, samples)`.

    Example:
        >>> coassociation([np.array([0, 0, 1]), np.array([0, 1, 1])]).tolist()
        [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    return np.mean([p[:, None] == p for p in partitions], axis=0)


def matched_accuracy(found: Codes, truth: Codes) -> float:
    """Share of samples in the cluster that stands for their class, at the best matching.

    Args:
        found: Clusters, `(samples,)`.
        truth: Classes, `(samples,)`.

    Returns:
        In [0, 1].

    Example:
        >>> matched_accuracy(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 0]))
        0.75
    """
    rows, columns = (np.unique(x, return_inverse=True)[1] for x in (found, truth))
    table = np.zeros((rows.max() + 1, columns.max() + 1), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return float(table[linear_sum_assignment(-table)].sum() / len(found))
