"""One Newton system of the decomposition's dual: eliminated block by block, solved many times."""

from typing import final

import numpy as np
from jaxtyping import Bool, Float64
from scipy.linalg import get_blas_funcs, get_lapack_funcs

STACKED_ORDER = 24
RIDGES = (0.0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4)

Each = Float64[np.ndarray, " t"]
Rows = Float64[np.ndarray, "t x1 y"]
Columns = Float64[np.ndarray, "t x2 y"]
Pairs = Float64[np.ndarray, "t x1 x2"]
Cells = Float64[np.ndarray, "t x1 x2 y"]
Array = np.ndarray

(_syrk,) = get_blas_funcs(("syrk",), dtype=np.float64)
_potrf, _potrs = get_lapack_funcs(("potrf", "potrs"), dtype=np.float64)


@final
class NewtonSystem:
    r"""The matrix $\sum_{ij} r_{ij}\,\mathrm{diag}(v_{ij}) + c_{ij}\,v_{ij} v_{ij}^\top$.

    Its unknowns are $(\mathrm da, \mathrm db)$ of sizes $(|X_1|, |Y|)$ and $(|X_2|, |Y|)$; the
    pair $(i, j)$ couples row $i$ of the first with row $j$ of the second. The blocks of $X_1$
    are eliminated one by one; what remains is a Schur complement of order $|X_2|\,|Y|$.
    Adding a constant to $a_{\cdot y}$ and taking it from $b_{\cdot y}$ changes nothing: that
    direction is given a weight of its own, so that the matrix has an inverse.

    Args:
        r: Weights $r_{ij} \ge 0$ of the diagonal parts.
        c: Weights $c_{ij} \ge -r_{ij}$ of the rank-one parts.
        v: Probability vectors $v_{ij}$ over $y$; zero outside the support.
        rows: Which $a_{iy}$ are unknown; the others stay 0.
        columns: Which $b_{jy}$ are unknown; the others stay 0.
    """

    def __init__(
        self,
        r: Pairs,
        c: Pairs,
        v: Cells,
        rows: Bool[Array, "t x1 y"],
        columns: Bool[Array, "t x2 y"],
    ) -> None:
        t, n1, n2, k = v.shape
        rv, cv = r[..., None] * v, c[..., None] * v
        first = np.matmul(cv.swapaxes(-1, -2), v)
        _diagonal(first)[...] += np.where(rows, rv.sum(2), 1.0)
        coupling = v.swapaxes(-1, -2)[..., None] * cv[:, :, None]
        _diagonal(coupling.swapaxes(2, 3))[...] += rv
        self._inverse = np.linalg.inv(_cholesky(first))
        self._half = np.matmul(self._inverse, coupling.reshape(t, n1, k, n2 * k))
        self._half = self._half.reshape(t, n1 * k, n2 * k)
        self._keep_columns(rv, cv, v, columns)
        if n2 * k <= STACKED_ORDER:
            product = np.matmul(self._half.swapaxes(-1, -2), self._half)
            complement = self._own(slice(None)) - product
            self._factors = np.linalg.inv(_cholesky(complement, self._scale))
        else:
            self._factors = [self._factor(table) for table in range(t)]

    def solve(self, fa: Rows, fb: Columns) -> tuple[Rows, Columns]:
        """The step (da, db) for a right-hand side (fa, fb), 0 where nothing is unknown."""
        t, n1, k = fa.shape
        first = np.matmul(self._inverse, fa[..., None]).reshape(t, n1 * k, 1)
        rest = fb.reshape(t, -1, 1) - np.matmul(self._half.swapaxes(-1, -2), first)
        db = self._solve_complement(rest)
        first -= np.matmul(self._half, db)
        da = np.matmul(self._inverse.swapaxes(-1, -2), first.reshape(t, n1, k, 1))
        return da[..., 0], db.reshape(fb.shape)

    def _keep_columns(
        self, rv: Cells, cv: Cells, v: Cells, columns: Bool[Array, "t x2 y"]
    ) -> None:
        weight = rv.sum(1)
        self._blocks = np.matmul(cv.transpose(0, 2, 3, 1), v.swapaxes(1, 2))
        _diagonal(self._blocks)[...] += np.where(columns, weight, 1.0)
        self._scale = _diagonal(self._blocks).reshape(len(v), -1)
        self._gauge = np.where(columns, np.sqrt(weight.max(1, keepdims=True)), 0.0)

    def _own(self, which: slice) -> Float64[Array, "n x2y x2y"]:
        blocks, gauge = self._blocks[which], self._gauge[which]
        n, n2, k, _ = blocks.shape
        own = np.zeros((n, n2, k, n2, k))
        _diagonal(own.transpose(0, 2, 4, 1, 3))[...] = blocks.transpose(0, 2, 3, 1)
        _diagonal(own.swapaxes(2, 3))[...] += gauge[:, :, None] * gauge[:, None]
        return own.reshape(n, n2 * k, n2 * k)

    def _factor(self, table: int) -> Float64[Array, "x2y x2y"]:
        for ridge in RIDGES:
            complement = self._own(slice(table, table + 1))[0].T
            _diagonal(complement)[...] += ridge * self._scale[table]
            complement = _syrk(
                -1.0, self._half[table].T, beta=1.0, c=complement, lower=1, overwrite_c=1
            )
            complement, failed = _potrf(complement, lower=1, overwrite_a=1, clean=0)
            if not failed:
                return complement
        return np.diag(np.sqrt(self._scale[table]))

    def _solve_complement(self, rhs: Float64[Array, "t x2y 1"]) -> Float64[Array, "t x2y 1"]:
        if isinstance(self._factors, np.ndarray):
            half = np.matmul(self._factors, rhs)
            return np.matmul(self._factors.swapaxes(-1, -2), half)
        pairs = zip(self._factors, rhs, strict=True)
        return np.stack([_potrs(f, x, lower=1)[0] for f, x in pairs])


def _diagonal(blocks: Array) -> Array:
    return np.einsum("...yy->...y", blocks)


def _cholesky(blocks: Array, scale: Array | None = None) -> Array:
    try:
        return np.linalg.cholesky(blocks)
    except np.linalg.LinAlgError:
        order = blocks.shape[-1]
        scale = _diagonal(blocks) if scale is None else scale
        pairs = zip(blocks.reshape(-1, order, order), scale.reshape(-1, order), strict=True)
        return np.stack([_ridged_cholesky(*pair) for pair in pairs]).reshape(blocks.shape)


def _ridged_cholesky(block: Array, scale: Array) -> Array:
    for ridge in RIDGES:
        factor, failed = _potrf(block + np.diag(ridge * scale), lower=1)
        if not failed:
            return factor
    return np.diag(np.sqrt(scale))
