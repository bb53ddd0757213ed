"""What every solver of the Newton system needs of it: diagonal blocks and free direction."""

from dataclasses import dataclass
from typing import Protocol, final, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float64

Array = np.ndarray
Each = Float64[np.ndarray, " t"]
Rows = Float64[np.ndarray, "t x1 y"]
Columns = Float64[np.ndarray, "t x2 y"]
Pairs = Float64[np.ndarray, "t x1 x2"]
Cells = Float64[np.ndarray, "t x1 x2 y"]


@runtime_checkable
class System(Protocol):
    """A Newton system that is ready to be solved for any right-hand side."""

    def solve(self, fa: Rows, fb: Columns, /) -> tuple[Rows, Columns]:
        """The step (da, db) for a right-hand side (fa, fb), 0 where nothing is unknown."""
        ...


@final
@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    r"""Parts of the matrix $\sum_{ij} r_{ij}\,\mathrm{diag}(v_{ij}) + c_{ij}\,v_{ij}v_{ij}^\top$.

    Its unknowns are $(\mathrm da, \mathrm db)$ of sizes $(|X_1|, |Y|)$ and $(|X_2|, |Y|)$; the
    pair $(i, j)$ couples row $i$ of the first with row $j$ of the second. Adding a constant to
    $a_{\cdot y}$ and taking it from $b_{\cdot y}$ changes nothing: that direction is given a
    weight of its own, so that the matrix has an inverse.

    Attributes:
        rv: $r_{ij} v_{ij}$.
        cv: $c_{ij} v_{ij}$.
        v: Probability vectors $v_{ij}$ over $y$; zero outside the support.
        first: Diagonal block of each row of the first source, 1 where nothing is unknown.
        second: Diagonal block of each row of the second source, without the free direction.
        gauge: Its square, over the second source, is the weight of the free direction.
    """

    rv: Cells
    cv: Cells
    v: Cells
    first: Float64[np.ndarray, "t x1 y y"]
    second: Float64[np.ndarray, "t x2 y y"]
    gauge: Columns

    @staticmethod
    def of(
        r: Pairs,
        c: Pairs,
        v: Cells,
        rows: Bool[np.ndarray, "t x1 y"],
        columns: Bool[np.ndarray, "t x2 y"],
    ) -> "Blocks":
        r"""The parts of a system.

        Args:
            r: Weights $r_{ij} \ge 0$ of the diagonal parts.
            c: Weights $c_{ij} \ge -r_{ij}$ of the rank-one parts.
            v: Probability vectors $v_{ij}$ over $y$; zero outside the support.
            rows: Which $a_{iy}$ are unknown; the others stay 0.
            columns: Which $b_{jy}$ are unknown; the others stay 0.

        Returns:
            The parts.
        """
        rv, cv = r[..., None] * v, c[..., None] * v
        first = np.matmul(cv.swapaxes(2, 3), v)
        second = np.matmul(cv.transpose(0, 2, 3, 1), v.swapaxes(1, 2))
        weight = rv.sum(1)
        diagonal(first)[...] += np.where(rows, rv.sum(2), 1.0)
        diagonal(second)[...] += np.where(columns, weight, 1.0)
        gauge = np.where(columns, np.sqrt(weight.max(1, keepdims=True)), 0.0)
        return Blocks(rv, cv, v, first, second, gauge)

    def coupling(self) -> Float64[np.ndarray, "t x1 y x2 y"]:
        """The blocks off the diagonal: rows of the first source by rows of the second."""
        out = self.v.swapaxes(2, 3)[..., None] * self.cv[:, :, None]
        diagonal(out.swapaxes(2, 3))[...] += self.rv
        return out


def diagonal(blocks: Array) -> Array:
    """The diagonal of the last two axes, as a view."""
    return np.einsum("...yy->...y", blocks)
