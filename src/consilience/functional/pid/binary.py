"""The least information about a target of two values, in closed form."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64
from scipy.special import xlogy

from consilience.functional.pid.blocks import Array, Cells, Columns, Each, Rows

TINY = 1e-300
ROUNDING = 1e-15

Atoms = Float64[np.ndarray, "t x"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """What a source tells of two values: atoms by their posterior, the lowest first.

    Attributes:
        mass: Probability of each atom; 0 for a place that nothing takes.
        posterior: Probability of the second value given the atom.
    """

    mass: Atoms
    posterior: Atoms

    @staticmethod
    def of(p: Rows) -> tuple["Experiment", Array]:
        """The experiment of a marginal `(t, x, 2)`, and the symbols in the order of its atoms."""
        mass = p.sum(2)
        posterior = p[..., 1] / np.maximum(mass, TINY)
        order = np.argsort(posterior, axis=1)
        sorted_ = (np.take_along_axis(x, order, axis=1) for x in (mass, posterior))
        return Experiment(*sorted_), order

    def above(self, levels: Atoms) -> tuple[Atoms, Atoms]:
        r"""The mass $P(c > l)$ above each level and the mean excess $E[(c - l)_+]$ over it."""
        larger = self.posterior[:, None] > levels[..., None]
        excess = np.where(larger, self.posterior[:, None] - levels[..., None], 0.0)
        mass = self.mass[..., None]
        return np.matmul(larger, mass)[..., 0], np.matmul(excess, mass)[..., 0]

    def information(self) -> Each:
        """Bits about the target."""
        parts = [self.mass * (1 - self.posterior), self.mass * self.posterior]
        shares = [part.sum(1, keepdims=True) for part in parts]
        joint = sum(xlogy(part, part).sum(1) for part in parts)
        apart = sum(xlogy(share, share)[:, 0] for share in shares)
        return np.maximum((joint - apart - xlogy(self.mass, self.mass).sum(1)) / np.log(2), 0.0)


def least(p1: Rows, p2: Columns) -> tuple[Each, Cells]:
    r"""The least information of a coupling about a target of two values, and that coupling.

    Of the experiments that tell at least what either source tells there is a least one, $J$:
    its mean excess $E[(c - l)_+]$ over every level is the larger of theirs. A coupling of both
    is an experiment above both, so it holds at least $I(J; Y)$. Both sources are garblings of
    $J$; where they are independent given it, their coupling is a garbling of $J$ too and
    holds no more.

    Args:
        p1: Marginals of (x1, y), `(t, x1, 2)`.
        p2: Marginals of (x2, y), `(t, x2, 2)`.

    Returns:
        Bits, exact up to rounding, and the coupling `(t, x1, x2, 2)`.

    References:
        Blackwell, Equivalent Comparisons of Experiments, Annals of Mathematical Statistics
        1953. Bertschinger and Rauh, The Blackwell Relation Defines No Lattice, ISIT 2014 (it
        does for two values).

    Example:
        Each source knows one of the two values for certain, in half of its cases.

        >>> p1 = np.array([[[0.25, 0.0], [0.25, 0.5]]])
        >>> p2 = np.array([[[0.5, 0.25], [0.0, 0.25]]])
        >>> bits, q = least(p1, p2)
        >>> bits.round(4), bool(np.allclose(q.sum(2), p1)), bool(np.allclose(q.sum(1), p2))
        (array([0.5]), True, True)
    """
    (one, order1), (two, order2) = Experiment.of(p1), Experiment.of(p2)
    both = _join(one, two)
    scale = np.maximum(both.mass, TINY)[:, None]
    first = _unsorted(_garbling(both, one) / scale, order1)
    second = _unsorted(_garbling(both, two), order2).swapaxes(1, 2)
    posterior = both.posterior[:, None]
    values = [np.matmul(first * part, second) for part in (1 - posterior, posterior)]
    return both.information(), np.moveaxis(np.stack(values), 0, -1)


def _join(one: Experiment, two: Experiment) -> Experiment:
    ends = np.zeros((len(one.mass), 1))
    levels = np.sort(np.concatenate([ends, one.posterior, two.posterior, ends + 1], 1), axis=1)
    mass1, excess1 = one.above(levels)
    mass2, excess2 = two.above(levels)
    lead = excess1 - excess2
    lead[np.abs(lead) <= ROUNDING * (excess1 + excess2)] = 0.0
    ahead, later = lead[:, :-1], lead[:, 1:]
    crosses = ahead * later < 0
    share = np.where(crosses, ahead / np.where(crosses, ahead - later, 1.0), 0.0)
    between = levels[:, :-1] + share * np.diff(levels, axis=1)
    first = np.where(lead == 0, np.append(later, ends, 1), lead) > 0
    left = np.where(first, mass1, mass2)
    right = np.where(crosses, np.where(first[:, 1:], mass1[:, :-1], mass2[:, :-1]), left[:, :-1])
    # Above levels[i]: left[i] up to the crossing between[i], right[i] from there on.
    before = np.append(1 + ends, right, 1)
    masses = np.stack([before - left, np.append(left[:, :-1] - right, ends, 1)], axis=2)
    places = np.stack([levels, np.append(between, 1 + ends, 1)], axis=2)
    t = len(ends)
    return Experiment(np.maximum(masses, 0.0).reshape(t, -1), places.reshape(t, -1))


def _garbling(fine: Experiment, coarse: Experiment) -> Float64[Array, "t coarse fine"]:
    """Masses of the atoms of both at once, with the means of the coarse ones right.

    The curve of the coarse experiment lies within that of the fine one. Along each of its
    edges the fine curve is cut by a chord, which starts where the edge does: what the chord
    cuts off is mixed, the edge takes its part of the mixture and the next chord the rest.
    """
    f0, f1 = (_sums(fine.mass * x)[:, None] for x in (1 - fine.posterior, fine.posterior))
    edge0, edge1 = coarse.mass * (1 - coarse.posterior), coarse.mass * coarse.posterior
    c0, c1 = (_sums(x)[:, :-1, None] for x in (edge0, edge1))
    depth = (f0 - c0) * edge1[..., None] - (f1 - c1) * edge0[..., None]
    depth[..., -1] = np.minimum(depth[..., -1], 0.0)
    reached, ends = _sums(fine.mass), _sums(coarse.mass)
    starts, stops = ends[:, :-1], ends[:, 1:]
    chord = np.maximum(_last_crossing(depth, fine.mass, reached), stops)
    chord = np.maximum.accumulate(np.minimum(chord, reached[:, -1:]), axis=1)
    chord[:, -1] = reached[:, -1]
    used = np.clip(chord[..., None] - reached[:, None, :-1], 0.0, fine.mass[:, None])
    new = np.diff(used, axis=1, prepend=0.0)
    taken = np.clip((stops - starts) / np.maximum(chord - starts, TINY), 0.0, 1.0)
    taken[:, -1] = 1.0
    out = np.empty_like(new)
    rest = np.zeros_like(new[:, 0])
    for i in range(new.shape[1]):
        rest = rest + new[:, i]
        out[:, i] = taken[:, i, None] * rest
        rest = rest - out[:, i]
    return out


def _last_crossing(
    depth: Float64[Array, "t coarse vertices"], mass: Atoms, reached: Float64[Array, "t vertices"]
) -> Float64[Array, "t coarse"]:
    beyond = (depth[..., :-1] > 0) & (depth[..., 1:] <= 0)
    last = beyond.shape[2] - 1 - beyond[..., ::-1].argmax(2)
    inside, outside = (
        np.take_along_axis(depth, (last + shift)[..., None], axis=2)[..., 0] for shift in (0, 1)
    )
    share = inside / np.maximum(inside - outside, TINY)
    start, width = (np.take_along_axis(x, last, axis=1) for x in (reached[:, :-1], mass))
    return np.where(beyond.any(2), start + np.clip(share, 0.0, 1.0) * width, 0.0)


def _sums(x: Atoms) -> Float64[Array, "t vertices"]:
    return np.append(np.zeros((len(x), 1)), np.cumsum(x, axis=1), axis=1)


def _unsorted(garbling: Float64[Array, "t coarse fine"], order: Array) -> Array:
    out = np.empty_like(garbling)
    np.put_along_axis(out, order[..., None], garbling, axis=1)
    return out
