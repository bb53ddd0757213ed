"""Clusters that several views show together: spectra, co-regularised; and how partitions agree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import pdist, squareform
from sklearn.covariance import ledoit_wolf

from consilience.errors import ShapeError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

SLIGHT = 1e-6
"""Added to the variance within clusters, as a share of all variance, where there is none."""
STILL = 1e-6
"""Share of a space that may turn between two passes where it counts as at rest."""


def affinity(x: Floats, *, neighbours: int = 10) -> Floats:
    r"""How alike neighbours are: a Gaussian kernel whose width follows the local density.

    $$W_{ij} = \exp(-\lVert x_i - x_j \rVert^2 / h_i h_j)$$

    where $h_i$ is the distance to the `neighbours`-th nearest sample, and 0 where neither of
    the two samples is that near to the other: in many columns all samples are about as far
    apart, and a graph of all of them shows no clusters.

    Args:
        x: `(samples, columns)`.
        neighbours: Sets the widths, and which samples are joined.

    Returns:
        Symmetric, `(samples, samples)`, with a diagonal of 0.

    Raises:
        ShapeError: If there are fewer than 3 samples.

    References:
        Zelnik-Manor, Perona, Self-Tuning Spectral Clustering, NeurIPS 2004, equation 1; von
        Luxburg, A Tutorial on Spectral Clustering, Statistics and Computing 2007, section 2.2.

    Example:
        >>> w = affinity(np.array([[0.0], [1.0], [10.0]]), neighbours=1)
        >>> bool(w[0, 1] > 0.3), float(w[0, 2])
        (True, 0.0)
    """
    if x.ndim != 2 or len(x) < 3:
        raise ShapeError(f"a view must be (samples, columns), 3 samples or more; found {x.shape}")
    apart = squareform(pdist(x))
    rank = min(neighbours, len(x) - 1)
    near = np.partition(apart, rank, axis=1)[:, rank]
    joined = apart <= np.maximum(near[:, None], near)
    near = np.maximum(near, np.finfo(np.float64).tiny ** 0.25)
    out = np.where(joined, np.exp(-(apart**2) / np.outer(near, near)), 0.0)
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
    return powers(matrix, (steps,))[0]


def powers(matrix: Floats, steps: Sequence[int]) -> list[Floats]:
    """Several powers as of `diffused`, at the cost of one.

    Args:
        matrix: Symmetric, `(n, n)`.
        steps: The powers.

    Returns:
        Of each power `(n, n)`.
    """
    values, vectors = eigh(matrix)
    return [(vectors * np.clip(values, 0.0, None) ** power) @ vectors.T for power in steps]


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
    return drawn_together(graphs, clusters, weight=weight, rounds=rounds)


def drawn_together(
    graphs: Sequence[Floats], clusters: int, *, weight: float = 0.5, rounds: int = 10
) -> list[Floats]:
    """The embeddings of `coregularised`, of graphs that are normalised and diffused.

    Args:
        graphs: One a view, `(samples, samples)`.
        clusters: Columns of the embeddings.
        weight: As for `coregularised`.
        rounds: Most passes over the views; fewer where the spaces have come to rest.

    Returns:
        As `coregularised`.
    """
    spaces = [leading(graph, clusters) for graph in graphs]
    found = [weighted(graph, space) for graph, space in zip(graphs, spaces, strict=True)]
    for _ in range(rounds if weight and len(graphs) > 1 else 0):
        still = True
        for v, graph in enumerate(graphs):
            others = np.hstack([u for w, u in enumerate(found) if w != v])
            space = leading(graph + weight * (others @ others.T), clusters)
            still &= bool(((space.T @ spaces[v]) ** 2).sum() > clusters * (1 - STILL))
            spaces[v], found[v] = space, weighted(graph, space)
        if still:
            break
    return found


def fisher(x: Floats, codes: Codes) -> Floats:
    r"""The columns in which clusters are parted most, for the spread within them.

    The leading eigenvectors of $\Sigma_b v = \lambda \Sigma_w v$ (between and within clusters),
    scaled to $v^\top \Sigma_w v = 1$; $\Sigma_w$ is shrunk as of Ledoit and Wolf, so there may be
    more columns than samples.

    Args:
        x: `(samples, columns)`.
        codes: Clusters from 0, `(samples,)`.

    Returns:
        `(samples, number)`, with a mean of 0; one column fewer than clusters, or as many as
        `x` has.

    References:
        Fisher, The Use of Multiple Measurements in Taxonomic Problems, 1936; Ledoit, Wolf, A
        Well-Conditioned Estimator for Large-Dimensional Covariance Matrices, 2004.

    Example:
        >>> x = np.array([[0.0, 5.0], [1.0, -5.0], [10.0, 5.0], [11.0, -5.0]])
        >>> found = fisher(x, np.array([0, 0, 1, 1]))
        >>> found.shape, bool(abs(found[2, 0] - found[0, 0]) > abs(found[1, 0] - found[0, 0]))
        ((4, 1), True)
    """
    x = x - x.mean(axis=0)
    if x.shape[1] > len(x):
        left, lengths, _ = np.linalg.svd(x, full_matrices=False)
        x = left * lengths
    belongs = np.eye(int(codes.max()) + 1)[codes]
    means = (belongs.T @ x) / np.maximum(belongs.sum(axis=0), 1)[:, None]
    centres = means[codes]
    within = np.asarray(ledoit_wolf(x - centres, assume_centered=True)[0])
    floor = max(SLIGHT * float((x**2).mean()), np.finfo(np.float64).tiny)
    number = min(len(means) - 1, x.shape[1])
    size = x.shape[1]
    vectors = eigh(
        centres.T @ centres / len(x),
        within + floor * np.eye(size),
        subset_by_index=[size - number, size - 1],
    )[1]
    return x @ vectors[:, ::-1]


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
