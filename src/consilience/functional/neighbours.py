"""Mutual information from distances to nearest neighbours, for few dimensions."""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree
from scipy.special import digamma

from consilience.errors import ConfigurationError, DataError, ShapeError

Floats = NDArray[np.float64]

NEARER = 1e-10
"""Share of a radius that rounding may take: the neighbour at the radius must not count."""


def ksg_information(x: ArrayLike, y: ArrayLike, *, neighbours: int = 3) -> float:
    r"""The estimate of Kraskov, Stögbauer and Grassberger (their first).

    $$\psi(k) + \psi(N) - \langle \psi(n_x + 1) + \psi(n_y + 1) \rangle$$

    $n_x$ and $n_y$ count the samples that are strictly nearer, in $x$ alone and $y$ alone,
    than the $k$-th neighbour in the largest of both distances. For continuous variables of up
    to about five dimensions in all; above, it falls short. Columns should have like scales.

    Args:
        x: `(samples,)` or `(samples, columns)`.
        y: `(samples,)` or `(samples, columns)`.
        neighbours: $k$.

    Returns:
        In bits; scatters around 0, and below, where variables are independent.

    Raises:
        ConfigurationError: If `neighbours` is not between 1 and the samples less one.
        DataError: If a value is not finite, or more than `neighbours` samples coincide.
        ShapeError: If numbers of samples differ.

    References:
        Kraskov, Stögbauer and Grassberger, Estimating Mutual Information, Physical Review E
        2004, equation 8.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, e = rng.standard_normal((2, 2000))
        >>> round(ksg_information(x, 0.8 * x + 0.6 * e), 1)
        0.7
    """
    a, b = _columns("x", x), _columns("y", y)
    n = len(a)
    if len(b) != n:
        raise ShapeError(f"x has {n} samples but y has {len(b)}")
    if not 1 <= neighbours < n:
        raise ConfigurationError([f"neighbours must be between 1 and {n - 1}, found {neighbours}"])
    both = np.hstack([a, b])
    distances, _ = KDTree(both).query(both, neighbours + 1, p=np.inf)
    radius = np.asarray(distances)[:, -1]
    if not (radius > 0).all():
        raise DataError(
            f"{int((radius == 0).sum())} samples coincide with {neighbours} others; this "
            "estimate is for continuous variables (use counts, or more neighbours)"
        )
    inside = radius * (1 - NEARER)
    counts = digamma(_within(a, inside)) + digamma(_within(b, inside))
    nats = digamma(neighbours) + digamma(n) - float(counts.mean())
    return float(nats / np.log(2))


def _within(values: Floats, radius: Floats) -> NDArray[np.int64]:
    """How many samples, itself included, are within each one's radius."""
    if values.shape[1] > 1:
        tree = KDTree(values)
        found = tree.query_ball_point(values, radius, p=np.inf, return_length=True)
        return cast("NDArray[np.int64]", np.asarray(found))
    line = values[:, 0]
    ordered = np.sort(line)
    above = np.searchsorted(ordered, line + radius, side="right")
    return above - np.searchsorted(ordered, line - radius, side="left")


def _columns(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2:
        raise ShapeError(f"{name} must be (samples,) or (samples, columns), found {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{name} has values that are not finite")
    return array - np.median(array, axis=0)
