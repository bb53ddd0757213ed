"""Views made white: unit covariance, by Cholesky where that is exact enough, else by SVD."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast, final

import numpy as np
from scipy.linalg import get_lapack_funcs, svd

from consilience.functional.moments import Floats, Moments, View, moments

CONDITIONED = 1e-5
"""Least reciprocal condition of a covariance (its columns scaled to unit variance) for Cholesky:
squared condition times rounding leaves ten digits of a correlation."""

_potrf: Callable[..., tuple[Floats, int]]
_pocon: Callable[..., tuple[float, int]]
_trtri: Callable[..., tuple[Floats, int]]
_potrf, _pocon, _trtri = get_lapack_funcs(("potrf", "pocon", "trtri"), dtype=np.float64)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Whitened:
    r"""Views in coordinates of unit (regularised) covariance.

    Attributes:
        means: Of each view, `(columns,)`.
        maps: $W_m$ of each view, `(columns, rank)`, with $W_m^\top (S_m + r_m I) W_m = I$.
        joint: $W^\top S W$ of all views side by side, `(ranks, ranks)`; its diagonal blocks
            are identities without a ridge.
        by_svd: Whether a view was too ill-conditioned for its covariance to be factored.
    """

    means: tuple[Floats, ...]
    maps: tuple[Floats, ...]
    joint: Floats
    by_svd: bool

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each view's coordinates stand in `joint`."""
        ends = np.cumsum([w.shape[1] for w in self.maps]).tolist()
        return tuple(slice(e - w.shape[1], e) for e, w in zip(ends, self.maps, strict=True))


def whitened(
    views: Sequence[View], ridges: Sequence[float], found: Moments | None = None
) -> Whitened:
    """Whitens views, exactly even where columns are nearly or wholly dependent.

    Args:
        views: Each `(samples, columns)`.
        ridges: Added to the diagonal of each view's covariance, in squared units of the view.
        found: The moments of the views, where they are known already.

    Returns:
        The maps and the covariance of what they give. A wholly dependent column is left out.
    """
    found = moments(views) if found is None else found
    quick = of_moments(found, ridges)
    return quick if quick is not None else _all_by_svd(views, found, ridges)


def of_moments(found: Moments, ridges: Sequence[float]) -> Whitened | None:
    """Whitens by the Cholesky factors of the covariances.

    Args:
        found: Moments of the views.
        ridges: As in `whitened`.

    Returns:
        None where a covariance is too ill-conditioned.
    """
    if not found.varies.all():
        return None
    covariance = found.covariance
    maps: list[Floats] = []
    for part, ridge in zip(found.slices, ridges, strict=True):
        inverse = inverse_factor(covariance[part, part], ridge)
        if inverse is None:
            return None
        maps.append(inverse)
    return Whitened(
        found.means, tuple(maps), _between(covariance, maps, found.slices), by_svd=False
    )


def inverse_factor(covariance: Floats, ridge: float) -> Floats | None:
    r"""Upper triangular $W$ with $W^\top (S + r I) W = I$.

    Args:
        covariance: $S$, `(columns, columns)`.
        ridge: $r$, added to the diagonal.

    Returns:
        $W$, `(columns, columns)`; None where $S + r I$ is too ill-conditioned.

    Example:
        >>> inverse_factor(np.diag([4.0, 1.0]), 0.0).diagonal().tolist()
        [0.5, 1.0]
        >>> inverse_factor(np.ones((2, 2)), 0.0) is None
        True
    """
    variances = np.diagonal(covariance) + ridge
    if not variances.min(initial=np.inf) > 0:
        return None
    scale = 1 / np.sqrt(variances)
    scaled = covariance * np.outer(scale, scale)
    np.fill_diagonal(scaled, 1.0)
    norm = float(np.abs(scaled).sum(axis=0).max())
    factor, failed = _potrf(scaled, lower=0, clean=1)
    if failed:
        return None
    if _pocon(factor, norm)[0] < CONDITIONED:
        return None
    return scale[:, None] * _trtri(factor, lower=0)[0]


def _between(covariance: Floats, maps: Sequence[Floats], parts: Sequence[slice]) -> Floats:
    half = np.concatenate(
        [covariance[:, part] @ w for part, w in zip(parts, maps, strict=True)], axis=1
    )
    rows = [w.T @ half[part] for part, w in zip(parts, maps, strict=True)]
    return np.concatenate(rows)


def _all_by_svd(views: Sequence[View], found: Moments, ridges: Sequence[float]) -> Whitened:
    """By the singular values of the centred data, in whose scale nothing is squared."""
    pairs = [
        by_svd(np.where(found.varies[part], view - found.mean[part], 0.0), ridge)
        for view, part, ridge in zip(views, found.slices, ridges, strict=True)
    ]
    every = np.concatenate([base for base, _ in pairs], axis=1)
    maps = tuple(w for _, w in pairs)
    return Whitened(found.means, maps, every.T @ every, by_svd=True)


def by_svd(centred: Floats, ridge: float) -> tuple[Floats, Floats]:
    r"""A whitening map by singular values.

    Args:
        centred: $X$, `(samples, columns)`, less its means.
        ridge: $r$, added to the diagonal of the covariance.

    Returns:
        $X W / \sqrt{n - 1}$, `(samples, rank)`, and $W$, `(columns, rank)`.
    """
    freedom = len(centred) - 1
    length = np.sqrt((centred**2).sum(axis=0))
    scale = np.where(length > 0, length, 1.0) if ridge == 0 else np.ones_like(length)
    u, s, vt = _thin_svd(centred / scale)
    spread = np.sqrt(s**2 + freedom * ridge)
    return u * (s / spread), vt.T * (np.sqrt(freedom) / spread) / scale[:, None]


def _thin_svd(centred: Floats) -> tuple[Floats, Floats, Floats]:
    """Singular vectors of the values that are not rounding."""
    u, s, vt = cast("tuple[Floats, Floats, Floats]", svd(centred, full_matrices=False))
    least = s.max(initial=0.0) * max(centred.shape) * np.finfo(np.float64).eps
    kept = s > least
    return u[:, kept], s[kept], vt[kept]
