"""Bounds on the least information a coupling can hold, from any potentials and any coupling."""

from typing import final

import numpy as np
from jaxtyping import Float64, Int
from scipy.special import rel_entr

from consilience.functional.pid.blocks import Cells, Columns, Each, Pairs, Rows
from consilience.functional.pid.interior import ABSENT, softmax

NEGLIGIBLE = -30.0
TINY = 1e-300
SWEEPS = 3


@final
class Certificate:
    r"""The best interval known for $\min_{q \in \Delta_p} I_q(X_1, X_2; Y)$ of each table.

    Args:
        p: The tables.

    Attributes:
        q: The best coupling found, with the marginals of `p`.
        upper: Its information, in bits.
        lower: The best lower bound, in bits.
        singles: $I(X_1; Y)$ and $I(X_2; Y)$ in bits.
        joint: $I_p(X_1, X_2; Y)$ in bits.
    """

    def __init__(self, p: Cells) -> None:
        self.p1, self.p2 = p.sum(2), p.sum(1)
        py = self.p1.sum(1)
        safe = np.where(py > 0, py, 1.0)
        independent = self.p1[:, :, None] * (self.p2 / safe[:, None])[:, None]
        self.singles = (information(self.p1), information(self.p2))
        self.joint = information(p)
        self._entropy = -np.einsum("ty,ty->t", py, np.log2(safe))
        self.lower = np.maximum(*self.singles)
        self.q, self.upper = p.copy(), self.joint.copy()
        self.offer(np.arange(len(p)), independent)
        lone = np.minimum((self.p1 > 0).sum(1), (self.p2 > 0).sum(1)).max(1) <= 1
        self.lower[lone] = self.upper[lone]

    def gap(self) -> Each:
        """Upper minus lower bound, in bits."""
        return np.maximum(self.upper - self.lower, 0.0)

    def offer(self, which: Int[np.ndarray, " n"], q: Float64[np.ndarray, "n x1 x2 y"]) -> None:
        """Keeps couplings where they hold less information than the best so far."""
        found = information(q)
        better = found < self.upper[which]
        self.q[which[better]] = q[better]
        self.upper[which[better]] = found[better]

    def update(
        self,
        which: Int[np.ndarray, " n"],
        a: Float64[np.ndarray, "n x1 y"],
        b: Float64[np.ndarray, "n x2 y"],
        kernel: Float64[np.ndarray, "n x1 x2 y"],
    ) -> None:
        """Tightens both bounds with an iterate of some of the tables."""
        p1, p2 = self.p1[which], self.p2[which]
        lower = self._entropy[which] + dual_value(p1, p2, a, b) / np.log(2)
        self.lower[which] = np.fmax(self.lower[which], lower)
        self.offer(which, coupled(kernel, p1, p2))


def information(q: Float64[np.ndarray, "t *x y"]) -> Each:
    """Mutual information in bits between the last axis and all the others together."""
    q = q.reshape(len(q), -1, q.shape[-1])
    product = q.sum(2, keepdims=True) * q.sum(1, keepdims=True)
    found = rel_entr(q, np.maximum(product, TINY)).sum((1, 2))
    return np.maximum(found / np.log(2), 0.0)


def coupled(q: Cells, p1: Rows, p2: Columns) -> Cells:
    """The coupling with marginals p1 and p2 that is near a kernel.

    Args:
        q: The kernel, non-negative.
        p1: Marginals of (x1, y).
        p2: Marginals of (x2, y).

    Returns:
        The kernel scaled in turn along both axes; what it still lacks is spread independently.
    """
    for _ in range(SWEEPS):
        q = q * _ratio(p1, q.sum(2))[:, :, None]
        q *= _ratio(p2, q.sum(1))[:, None]
    q *= np.minimum(_ratio(p1, q.sum(2)), 1.0)[:, :, None]
    lack1, lack2 = np.maximum(p1 - q.sum(2), 0.0), np.maximum(p2 - q.sum(1), 0.0)
    q += lack1[:, :, None] * _ratio(lack2, lack1.sum(1, keepdims=True))[:, None]
    return q


def dual_value(p1: Rows, p2: Columns, a: Rows, b: Columns) -> Each:
    r"""Lower bound on $\sum q \log q(y | x_1, x_2)$ over all couplings, in nats.

    Args:
        p1: Marginals of (x1, y).
        p2: Marginals of (x2, y).
        a: Any potentials of x1; `ABSENT` ones are filled in.
        b: Any potentials of x2; `ABSENT` ones are filled in.

    Returns:
        The dual objective of the nearest feasible potentials, of each table.
    """
    a = _filled(a, b, p1)
    b = _filled(b, a, p2)
    possible = np.matmul(p1, p2.swapaxes(-1, -2)) > 0
    logs = _outside(softmax(a, b, possible)[0], possible)
    shift1 = _finite(logs.max(2))
    shift2 = _finite((logs - shift1[..., None]).max(1))
    a, b = a - shift1[..., None], b - shift2[..., None]
    first = np.einsum("txy,txy->t", p1, np.where(p1 > 0, a, 0.0))
    return first + np.einsum("txy,txy->t", p2, np.where(p2 > 0, b, 0.0))


def _filled(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    top = b.max(1, keepdims=True)
    top = np.where(top > ABSENT / 2, top, 0.0)
    return np.where((p > 0) & (a < ABSENT / 2), NEGLIGIBLE - top, a)


def _outside(logs: Pairs, possible: np.ndarray) -> Pairs:
    return np.where(possible, logs, -np.inf)


def _finite(shift: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(shift), shift, 0.0)


def _ratio(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return p / np.maximum(q, TINY)
