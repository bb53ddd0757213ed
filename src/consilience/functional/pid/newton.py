"""One Newton system of the decomposition's dual: eliminated block by block, solved many times."""

from typing import final

import numpy as np
from jaxtyping import Float64
from scipy.linalg import get_blas_funcs

from consilience.functional.pid.blocks import Array, Blocks, Columns, Rows, diagonal
from consilience.functional.pid.factors import factored, stacked, substituted

STACKED_ORDER = 24

(_syrk,) = get_blas_funcs(("syrk",), dtype=np.float64)


@final
class NewtonSystem:
    r"""The matrix of `Blocks`, by elimination.

    The blocks of $X_1$ are eliminated one by one; what remains is a Schur complement of order
    $|X_2|\,|Y|$.

    Args:
        blocks: The parts of the system.
    """

    def __init__(self, blocks: Blocks) -> None:
        t, n1, n2, k = blocks.v.shape
        lower = stacked(blocks.first, diagonal(blocks.first))
        self._inverse = np.linalg.inv(lower)
        coupling = blocks.coupling().reshape(t, n1, k, n2 * k)
        self._half = np.matmul(self._inverse, coupling).reshape(t, n1 * k, n2 * k)
        self._blocks = blocks
        self._scale = diagonal(blocks.second).reshape(t, -1)
        if n2 * k <= STACKED_ORDER:
            product = np.matmul(self._half.swapaxes(-1, -2), self._half)
            complement = self._own(slice(None)) - product
            self._factors = np.linalg.inv(stacked(complement, self._scale))
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

    def _own(self, which: slice) -> Float64[Array, "n x2y x2y"]:
        second, gauge = self._blocks.second[which], self._blocks.gauge[which]
        n, n2, k, _ = second.shape
        own = np.zeros((n, n2, k, n2, k))
        diagonal(own.transpose(0, 2, 4, 1, 3))[...] = second.transpose(0, 2, 3, 1)
        diagonal(own.swapaxes(2, 3))[...] += gauge[:, :, None] * gauge[:, None]
        return own.reshape(n, n2 * k, n2 * k)

    def _factor(self, table: int) -> Float64[Array, "x2y x2y"]:
        own = self._own(slice(table, table + 1))[0].T
        complement = _syrk(-1.0, self._half[table].T, beta=1.0, c=own, lower=0, overwrite_c=1).T
        return factored(complement, self._scale[table])

    def _solve_complement(self, rhs: Float64[Array, "t x2y 1"]) -> Float64[Array, "t x2y 1"]:
        if isinstance(self._factors, np.ndarray):
            half = np.matmul(self._factors, rhs)
            return np.matmul(self._factors.swapaxes(-1, -2), half)
        pairs = zip(self._factors, rhs, strict=True)
        return np.stack([substituted(*pair) for pair in pairs])
