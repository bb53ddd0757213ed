"""The primal-dual interior-point method for the least information, on a stack of tables."""

from dataclasses import dataclass, fields
from typing import final

import numpy as np
from jaxtyping import Bool, Float64, Int

from consilience.functional.pid.blocks import Blocks, Cells, Columns, Each, Pairs, Rows, System
from consilience.functional.pid.krylov import KrylovSystem
from consilience.functional.pid.newton import NewtonSystem

ABSENT = -1e4
IMPOSSIBLE = 1e-200
LONGEST_STEP = 5.0
TO_BOUNDARY = 0.99
LEAST_CENTRING = 0.03
LEAST_SLACK = 0.5

Possible = Bool[np.ndarray, "t x1 x2"]
Both = Float64[np.ndarray, "t 2 x1 x2"]


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
        rs: Multipliers $r$, which are the pair marginal of the coupling, nearly 0 for
            impossible pairs; and slacks $s$ of the constraints, 1 for impossible pairs.
        v: Conditional of y given the pair.
        excess: How far slack and constraint are from matching.
    """

    p1: Rows
    p2: Columns
    possible: Possible
    weight: Pairs
    a: Rows
    b: Columns
    rs: Both
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
        excess = possible * (logs + s)
        return Iterate(p1, p2, possible, weight, a, b, np.stack([weight, s], axis=1), v, excess)

    @property
    def r(self) -> Pairs:
        """The multipliers."""
        return self.rs[:, 0]

    @property
    def s(self) -> Pairs:
        """The slacks."""
        return self.rs[:, 1]

    def take(self, which: Bool[np.ndarray, " t"] | Int[np.ndarray, " n"]) -> "Iterate":
        """Some of the tables."""
        return Iterate(*(getattr(self, f.name)[which] for f in fields(self)))

    def complementarity(self) -> Each:
        r"""The sum of r s, in nats: near the end, the gap."""
        return (self.r * self.s).sum((1, 2))

    def moved(self, da: Rows, db: Columns, drs: Both) -> "Iterate":
        """After a step, shortened so that multipliers and slacks stay positive."""
        longest = np.maximum(np.abs(da).max((1, 2)), np.abs(db).max((1, 2)))
        length = np.minimum(TO_BOUNDARY * _to_boundary(self.rs, drs), 1.0)
        limit = LONGEST_STEP / np.maximum(longest, LONGEST_STEP)
        length[:, 1] = np.minimum(length[:, 1], limit)
        dual = length[:, 1, None, None]
        a, b = self.a + dual * da, self.b + dual * db
        rs = self.rs + length[..., None, None] * drs
        logs, v = softmax(a, b, self.possible)
        excess = self.possible * (logs + rs[:, 1])
        return Iterate(self.p1, self.p2, self.possible, self.weight, a, b, rs, v, excess)


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
    ratio = x.r / x.s
    blocks = Blocks.of(x.r, ratio - x.r, x.v, x.p1 > 0, x.p2 > 0)
    system = NewtonSystem(blocks) if exact else KrylovSystem(blocks)
    _, _, drs = _direction(x, system, ratio, x.r)
    length = np.minimum(_to_boundary(x.rs, drs), 1.0)
    product = x.r * x.s
    now = product.sum((1, 2), keepdims=True)
    ahead = x.rs + length[..., None, None] * drs
    ahead = (ahead[:, 0] * ahead[:, 1]).sum((1, 2), keepdims=True)
    aim = np.maximum(np.maximum((ahead / now) ** 3, LEAST_CENTRING) * now, floor)
    product -= aim * x.weight
    if correct:
        product += length.min(1)[:, None, None] * drs[:, 0] * drs[:, 1]
    return x.moved(*_direction(x, system, ratio, product / x.s))


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
    return possible * (top + np.log(total)), np.moveaxis(z, 1, -1)


def _direction(
    x: Iterate, system: System, ratio: Pairs, less: Pairs
) -> tuple[Rows, Columns, Both]:
    push = ratio * x.excess - less
    mass = x.r + push
    turned = x.v.swapaxes(1, 2)
    da, db = system.solve(
        x.p1 - np.matmul(mass[..., None, :], x.v)[..., 0, :],
        x.p2 - np.matmul(mass.swapaxes(1, 2)[..., None, :], turned)[..., 0, :],
    )
    moved = np.matmul(x.v, da[..., None])[..., 0]
    moved += np.matmul(turned, db[..., None])[..., 0].swapaxes(1, 2)
    drs = np.empty_like(x.rs)
    np.multiply(ratio, moved, out=drs[:, 0])
    drs[:, 0] += push
    np.add(x.excess, moved, out=drs[:, 1])
    np.negative(drs[:, 1], out=drs[:, 1])
    return da, db, drs


def _to_boundary(x: Both, dx: Both) -> Float64[np.ndarray, "t 2"]:
    shrink = (dx / x).min((2, 3))
    return -1.0 / np.minimum(shrink, -1e-9)


def _log_ratio(p: np.ndarray, scale: np.ndarray) -> np.ndarray:
    some = p > 0
    return np.where(some, np.log(np.where(some, p, 1.0) / np.where(some, scale, 1.0)), ABSENT)
