"""The Newton system of large alphabets: conjugate gradients, memory no more than the table's."""

from typing import final

import numpy as np
from jaxtyping import Float64

from consilience.functional.pid.blocks import Array, Blocks, Columns, Rows, diagonal

RELATIVE_RESIDUAL = 1e-4
MOST_STEPS = 1000
RIDGE = 1e-10


@final
class KrylovSystem:
    r"""The matrix of `Blocks`, never formed.

    The blocks of $X_1$ are eliminated as in `NewtonSystem`; the Schur complement is only ever
    applied to vectors, at a cost of $|X_1||X_2||Y|$, and preconditioned by its own diagonal
    blocks.

    Args:
        blocks: The parts of the system.
    """

    def __init__(self, blocks: Blocks) -> None:
        self._v, self._rv, self._cv = (
            np.ascontiguousarray(np.moveaxis(x, -1, 1)) for x in (blocks.v, blocks.rv, blocks.cv)
        )
        self._inverse = np.linalg.inv(blocks.first)
        self._blocks, self._gauge = blocks.second, blocks.gauge
        self._precondition = self._inverse_blocks()

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
        inner = np.einsum("tyij,tyj->tij", self._cv, turned)
        plain = np.matmul(self._rv, turned[..., None])[..., 0]
        return (plain + np.einsum("tyij,tij->tyi", self._v, inner)).swapaxes(1, 2)

    def _to_columns(self, da: Rows) -> Columns:
        turned = da.swapaxes(1, 2)
        inner = np.einsum("tyij,tyi->tij", self._cv, turned)
        plain = np.matmul(turned[..., None, :], self._rv)[..., 0, :]
        return (plain + np.einsum("tyij,tij->tyj", self._v, inner)).swapaxes(1, 2)

    def _inverse_blocks(self) -> Float64[Array, "t x2 y y"]:
        blocks = self._blocks.copy()
        for j in range(blocks.shape[1]):
            v, scaled, weight = (x[..., j].swapaxes(1, 2) for x in (self._v, self._cv, self._rv))
            coupling = v[..., None] * scaled[..., None, :]
            diagonal(coupling)[...] += weight
            eliminated = np.matmul(self._inverse, coupling)
            blocks[:, j] -= np.matmul(coupling.swapaxes(-1, -2), eliminated).sum(1)
        scale = diagonal(self._blocks)
        diagonal(blocks)[...] += self._gauge**2 + RIDGE * scale
        return np.linalg.inv(blocks)


def _times(blocks: Array, x: Array) -> Array:
    return np.matmul(blocks, x[..., None])[..., 0]


def _inner(x: Columns, y: Columns) -> Float64[Array, "t 1 1"]:
    return (x * y).sum((1, 2), keepdims=True)


def _ratio(x: Float64[Array, "t 1 1"], y: Float64[Array, "t 1 1"]) -> Float64[Array, "t 1 1"]:
    return np.where(y > 0, x, 0.0) / np.where(y > 0, y, 1.0)
