"""The primal-dual interior-point method for the least information, on a stack of tables."""

from dataclasses import dataclass, fields
from typing import final

import numpy as np
from jaxtyping import Bool, Int

from consilience.functional.pid.krylov import KrylovSystem
from consilience.functional.pid.newton import Cells, Columns, Each, NewtonSystem, Pairs, Rows

ABSENT = -1e4
IMPOSSIBLE = 1e-200
LONGEST_STEP = 5.0
TO_BOUNDARY = 0.99
LEAST_CENTRING = 0.03
LEAST_SLACK = 0.5

Possible = Bool[np.ndarray, "t x1 x2"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Iterate:
    r"""Where the method stands: $a = \log A$, $b = \log B$, multipliers $r$ and slacks $s$.

    Attributes:
        p1: Target marginals of (x1, y).
        p2: Target marginals of (x2, y).
        possible: Pairs that share a value of y.
        weight: Pair marginal of the conditionally independent coupling; the central path is
            `r * s` proportional to it, so that rare symbols are as well centred as common ones.
        a: Potentials of x1; `ABSENT` where `p1` is 0.
        b: Potentials of x2; `ABSENT` where `p2` is 0.
        r: Multipliers, which are the pair marginal of the coupling; nearly 0 for impossible pairs.
        s: Slacks of the constraints; 1 for impossible pairs.
        v: Conditional of y given the pair.
        excess: How far slack and constraint are from matching.
    """

    p1: Rows
    p2: Columns
    possible: Possible
    weight: Pairs
    a: Rows
    b: Columns
    r: Pairs
    s: Pairs
    v: Cells
    excess: Pairs

    @staticmethod
    def start(p1: Rows, p2: Columns) -> "Iterate":
        """The conditionally independent coupling, with potentials in the interior."""
        py = p1.sum(1, keepdims=True)
        safe = np.where(py > 0, py, 1.0)
        weight = np.matmul(p1 / safe, p2.swapaxes(-1, -2))
        a = np.where(p1 > 0, _log_ratio(p1, p1.sum(2, keepdims=True)) - 1.0, ABSENT)
        b = _log_ratio(p2, p2.sum(2, keepdims=True) * safe)
        possible = weight > 0
        logs, v = softmax(a, b, possible)
        s = np.where(possible, np.maximum(-logs, LEAST_SLACK), 1.0)
        weight = np.where(possible, weight, IMPOSSIBLE)
        excess = np.where(possible, logs + s, 0.0)
        return Iterate(p1, p2, possible, weight, a, b, weight, s, v, excess)

    def take(self, which: Bool[np.ndarray, " t"] | Int[np.ndarray, " n"]) -> "Iterate":
        """Some of the tables."""
        return Iterate(*(getattr(self, f.name)[which] for f in fields(self)))

    def complementarity(self) -> Each:
        r"""The sum of r s, in nats: near the end, the gap."""
        return (self.r * self.s).sum((1, 2))

    def moved(self, da: Rows, db: Columns, dr: Pairs, ds: Pairs) -> "Iterate":
        """After a step, shortened so that multipliers and slacks stay positive."""
        longest = np.maximum(np.abs(da).max((1, 2)), np.abs(db).max((1, 2)))
        limit = LONGEST_STEP / np.maximum(longest, LONGEST_STEP)
        dual = np.minimum(TO_BOUNDARY * _to_boundary(self.s, ds), limit)[:, None, None]
        primal = np.minimum(TO_BOUNDARY * _to_boundary(self.r, dr), 1.0)[:, None, None]
        a, b = self.a + dual * da, self.b + dual * db
        r, s = self.r + primal * dr, self.s + dual * ds
        logs, v = softmax(a, b, self.possible)
        excess = np.where(self.possible, logs + s, 0.0)
        return Iterate(self.p1, self.p2, self.possible, self.weight, a, b, r, s, v, excess)


def advance(x: Iterate, floor: float, *, correct: bool = True, exact: bool = True) -> Iterate:
    """One predictor-corrector step of every table.

    The second-order correction is weighted by the length that the predictor could go: where it
    is cut short, its curvature misleads.

    Args:
        x: Where the method stands.
        floor: Complementarity (nats) below which it does not aim.
        correct: Whether to use the second-order correction.
        exact: Whether to factor the Newton system; else conjugate gradients solve it.

    Returns:
        Where it stands next.

    References:
        Mehrotra, On the Implementation of a Primal-Dual Interior Point Method, SIAM Journal on
        Optimization 1992; Colombo and Gondzio, Further Development of Multiple Centrality
        Correctors for Interior Point Methods, Computational Optimization and Applications 2008.
    """
    kind = NewtonSystem if exact else KrylovSystem
    system = kind(x.r, x.r / x.s - x.r, x.v, x.p1 > 0, x.p2 > 0)
    product = x.r * x.s
    _, _, dr, ds = _direction(x, system, product)
    primal = np.minimum(_to_boundary(x.r, dr), 1.0)[:, None, None]
    dual = np.minimum(_to_boundary(x.s, ds), 1.0)[:, None, None]
    now = product.sum((1, 2), keepdims=True)
    ahead = ((x.r + primal * dr) * (x.s + dual * ds)).sum((1, 2), keepdims=True)
    centring = np.maximum((ahead / now) ** 3, LEAST_CENTRING)
    trust = np.minimum(primal, dual) if correct else 0.0
    product += trust * dr * ds - np.maximum(centring * now, floor) * x.weight
    return x.moved(*_direction(x, system, product))


def softmax(a: Rows, b: Columns, possible: Possible) -> tuple[Pairs, Cells]:
    """Log-sum-exp over y of a + b and its gradient; both 0 for impossible pairs.

    Args:
        a: Potentials of x1.
        b: Potentials of x2.
        possible: Pairs that share a value of y.

    Returns:
        The logarithms of the sums, and the normalised terms.
    """
    z = np.empty((len(a), a.shape[2], a.shape[1], b.shape[1]))
    np.add(a.swapaxes(1, 2)[..., None], b.swapaxes(1, 2)[:, :, None], out=z)
    top = z.max(1)
    z -= top[:, None]
    np.exp(z, out=z)
    total = z.sum(1)
    z *= (possible / total)[:, None]
    return np.where(possible, top + np.log(total), 0.0), np.moveaxis(z, 1, -1)


def _direction(
    x: Iterate, system: NewtonSystem | KrylovSystem, product: Pairs
) -> tuple[Rows, Columns, Pairs, Pairs]:
    push = (x.r * x.excess - product) / x.s
    mass = x.r + push
    turned = x.v.swapaxes(1, 2)
    da, db = system.solve(
        x.p1 - np.matmul(mass[..., None, :], x.v)[..., 0, :],
        x.p2 - np.matmul(mass.swapaxes(1, 2)[..., None, :], turned)[..., 0, :],
    )
    moved = np.matmul(x.v, da[..., None])[..., 0]
    moved += np.matmul(turned, db[..., None])[..., 0].swapaxes(1, 2)
    return da, db, push + x.r / x.s * moved, -x.excess - moved


def _to_boundary(x: Pairs, dx: Pairs) -> Each:
    shrink = (dx / x).min((1, 2))
    return -1.0 / np.minimum(shrink, -1e-9)


def _log_ratio(p: np.ndarray, scale: np.ndarray) -> np.ndarray:
    some = p > 0
    return np.where(some, np.log(np.where(some, p, 1.0) / np.where(some, scale, 1.0)), ABSENT)
