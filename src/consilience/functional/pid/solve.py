"""Solves a stack of tables, each until it is certified."""

import numpy as np
from jaxtyping import Float64, Int

from consilience.functional.pid.binary import least
from consilience.functional.pid.blocks import Cells
from consilience.functional.pid.bounds import Certificate, coupled
from consilience.functional.pid.interior import Iterate, advance

TWO = 2
NEGLIGIBLE_MASS = 1e-14
FLOOR = 0.2
NEAR = 5.0
PATIENCE = 40
KRYLOV_PATIENCE = 25
EXACT_WORK = 25_000
EXACT_MEMORY = 1 << 26


def solve(p: Cells, *, tol: float, max_iter: int) -> tuple[Certificate, Int[np.ndarray, " t"]]:
    """Interval and coupling of each table, and the number of steps it took.

    For a target of two values there is a closed form; the interior-point method serves all others.
    A table that is not certified after a fair number of steps starts anew without second-order
    corrections and, where memory allows, with exact Newton steps: slower and surer.

    Args:
        p: The tables; the first source should be the larger.
        tol: Gap to reach, in bits.
        max_iter: Most steps for one table.

    Returns:
        The certificate and the steps of each table.
    """
    best = Certificate(p)
    if p.shape[3] == TWO:
        _settle(best)
    steps = np.zeros(len(p), dtype=np.int64)
    _, n1, n2, k = p.shape
    memory = n1 * n2 * k * k
    exact = n2 * k * k <= EXACT_WORK and memory <= EXACT_MEMORY
    first = min(PATIENCE if exact else KRYLOV_PATIENCE, max_iter)
    _follow(best, steps, first, tol, correct=True, exact=exact)
    exact = memory <= 2 * EXACT_MEMORY
    _follow(best, steps, max_iter - first, tol, correct=False, exact=exact)
    return best, steps


def _settle(best: Certificate) -> None:
    bits, q = least(best.p1, best.p2)
    best.lower = np.maximum(best.lower, bits)
    best.offer(np.arange(len(q)), coupled(q, best.p1, best.p2))


def _follow(
    best: Certificate,
    steps: Int[np.ndarray, " t"],
    limit: int,
    tol: float,
    *,
    correct: bool,
    exact: bool,
) -> None:
    active = np.flatnonzero(best.gap() > tol)
    if not active.size or limit < 1:
        return
    x = Iterate.start(*_significant(best.p1[active], best.p2[active]))
    for step in range(1, limit + 1):
        x = advance(x, FLOOR * tol, correct=correct, exact=exact)
        steps[active] += 1
        sure = np.flatnonzero((x.complementarity() < NEAR * tol) | (step == limit))
        if not sure.size:
            continue
        part = x.take(sure)
        best.update(active[sure], part.a, part.b, part.r[..., None] * part.v)
        unsure = best.gap()[active] > tol
        if not unsure.any():
            return
        if not unsure.all():
            x, active = x.take(unsure), active[unsure]


def _significant(
    p1: Float64[np.ndarray, "t x1 y"], p2: Float64[np.ndarray, "t x2 y"]
) -> tuple[Float64[np.ndarray, "t x1 y"], Float64[np.ndarray, "t x2 y"]]:
    p1 = np.where(p1 > NEGLIGIBLE_MASS, p1, 0.0)
    p2 = np.where(p2 > NEGLIGIBLE_MASS, p2, 0.0)
    one, two = p1.sum(1, keepdims=True), p2.sum(1, keepdims=True)
    both = (one > 0) & (two > 0)
    return np.where(both, p1, 0.0), np.where(both, p2 * one / np.where(both, two, 1.0), 0.0)
