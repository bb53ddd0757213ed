"""The Newton system of large alphabets: conjugate gradients, memory no more than the table's."""

from typing import final

import numpy as np
from jaxtyping import Bool, Float64

from consilience.functional.pid.newton import Cells, Columns, Pairs, Rows

RELATIVE_RESIDUAL = 1e-4
MOST_STEPS = 1000
RIDGE = 1e-10
Array = np.ndarray
ByTarget = Float64[Array, "t y x1 x2"]


@final
class KrylovSystem:
    r"""The matrix of `NewtonSystem`, never formed.

    The blocks of $X_1$ are eliminated as there; the Schur complement is only ever applied to
    vectors, at a cost of $|X_1||X_2||Y|$, and preconditioned by its own diagonal blocks.

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
        self._v = np.ascontiguousarray(np.moveaxis(v, -1, 1))
        self._rv = r[:, None] * self._v
        self._c = c
        cv = c[:, None] * self._v
        weight = self._rv.sum(2).swapaxes(1, 2)
        first = np.matmul(cv.transpose(0, 2, 1, 3), self._v.transpose(0, 2, 3, 1))
        _diagonal(first)[...] += np.where(rows, self._rv.sum(3).swapaxes(1, 2), 1.0)
        self._inverse = np.linalg.inv(first)
        self._blocks = np.matmul(cv.transpose(0, 3, 1, 2), self._v.transpose(0, 3, 2, 1))
        _diagonal(self._blocks)[...] += np.where(columns, weight, 1.0)
        self._gauge = np.where(columns, np.sqrt(weight.max(1, keepdims=True)), 0.0)
        self._precondition = self._inverse_blocks(cv)

    def solve(self, fa: Rows, fb: Columns) -> tuple[Rows, Columns]:
        """The step (da, db) for a right-hand side (fa, fb), 0 where nothing is unknown."""
        rhs = fb - self._to_columns(_times(self._inverse, fa))
        x = np.zeros_like(rhs)
        residual = rhs
        direction = preconditioned = _times(self._precondition, residual)
        size = _inner(residual, preconditioned)
        enough = RELATIVE_RESIDUAL**2 * size
        for _ in range(MOST_STEPS):
            if np.all(size <= enough):
                break
            image = self._apply(direction)
            step = _ratio(size, _inner(direction, image))
            x = x + step * direction
            residual = residual - step * image
            preconditioned = _times(self._precondition, residual)
            before, size = size, _inner(residual, preconditioned)
            direction = preconditioned + _ratio(size, before) * direction
        return _times(self._inverse, fa - self._to_rows(x)), x

    def _apply(self, db: Columns) -> Columns:
        eliminated = self._to_columns(_times(self._inverse, self._to_rows(db)))
        gauge = self._gauge * (self._gauge * db).sum(1, keepdims=True)
        return _times(self._blocks, db) - eliminated + gauge

    def _to_rows(self, db: Columns) -> Rows:
        turned = db.swapaxes(1, 2)
        inner = self._c * np.einsum("tyij,tyj->tij", self._v, turned)
        plain = np.matmul(self._rv, turned[..., None])[..., 0]
        return (plain + np.einsum("tyij,tij->tyi", self._v, inner)).swapaxes(1, 2)

    def _to_columns(self, da: Rows) -> Columns:
        turned = da.swapaxes(1, 2)
        inner = self._c * np.einsum("tyij,tyi->tij", self._v, turned)
        plain = np.matmul(turned[..., None, :], self._rv)[..., 0, :]
        return (plain + np.einsum("tyij,tij->tyj", self._v, inner)).swapaxes(1, 2)

    def _inverse_blocks(self, cv: ByTarget) -> Float64[Array, "t x2 y y"]:
        blocks = self._blocks.copy()
        for j in range(blocks.shape[1]):
            v, scaled, weight = (x[..., j].swapaxes(1, 2) for x in (self._v, cv, self._rv))
            coupling = v[..., None] * scaled[..., None, :]
            _diagonal(coupling)[...] += weight
            eliminated = np.matmul(self._inverse, coupling)
            blocks[:, j] -= np.matmul(coupling.swapaxes(-1, -2), eliminated).sum(1)
        scale = _diagonal(self._blocks)
        _diagonal(blocks)[...] += self._gauge**2 + RIDGE * scale
        return np.linalg.inv(blocks)


def _diagonal(blocks: Array) -> Array:
    return np.einsum("...yy->...y", blocks)


def _times(blocks: Array, x: Array) -> Array:
    return np.matmul(blocks, x[..., None])[..., 0]


def _inner(x: Columns, y: Columns) -> Float64[Array, "t 1 1"]:
    return (x * y).sum((1, 2), keepdims=True)


def _ratio(x: Float64[Array, "t 1 1"], y: Float64[Array, "t 1 1"]) -> Float64[Array, "t 1 1"]:
    return np.where(y > 0, x, 0.0) / np.where(y > 0, y, 1.0)
