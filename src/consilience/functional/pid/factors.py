"""Cholesky factors of matrices that rounding may have made singular."""

import numpy as np
from scipy.linalg import get_lapack_funcs

from consilience.functional.pid.blocks import Array, diagonal

RIDGES = (0.0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4)

_potrf, _potrs = get_lapack_funcs(("potrf", "potrs"), dtype=np.float64)


def factored(matrix: Array, scale: Array) -> Array:
    """The lower factor of a symmetric matrix, with the least ridge that it needs.

    Args:
        matrix: `(n, n)`; its lower triangle is read.
        scale: What the ridges are relative to, `(n,)`.

    Returns:
        The factor, for `substituted`; what is above its diagonal means nothing. A matrix that
        no ridge mends is taken as the diagonal `scale`.

    Example:
        >>> factored(np.array([[4.0, 0.0], [2.0, 2.0]]), np.ones(2)).tolist()[1]
        [1.0, 1.0]
    """
    for ridge in RIDGES:
        tried = matrix.copy()
        if ridge:
            diagonal(tried)[...] += ridge * scale
        factor, failed = _potrf(tried.T, lower=0, overwrite_a=1, clean=0)
        if not failed:
            return factor.T
    return np.diag(np.sqrt(scale))


def substituted(factor: Array, rhs: Array) -> Array:
    """The solution of a factored system.

    Args:
        factor: From `factored`, `(n, n)`.
        rhs: `(n,)` or `(n, m)`.

    Returns:
        The solution, of the shape of `rhs`.
    """
    return _potrs(factor.T, rhs, lower=0)[0]


def stacked(blocks: Array, scale: Array) -> Array:
    """The lower factors of a stack of matrices, zero above their diagonals.

    Args:
        blocks: `(..., n, n)`, symmetric.
        scale: What ridges are relative to, `(..., n)`.

    Returns:
        The factors, `(..., n, n)`.
    """
    try:
        return np.linalg.cholesky(blocks)
    except np.linalg.LinAlgError:
        order = blocks.shape[-1]
        pairs = zip(blocks.reshape(-1, order, order), scale.reshape(-1, order), strict=True)
        return np.stack([np.tril(factored(*pair)) for pair in pairs]).reshape(blocks.shape)
