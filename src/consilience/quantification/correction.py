"""Estimates, intervals and p values from replicates of a statistic."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64
from scipy.stats import t as student

from consilience.results.interactions import QUANTITIES
from consilience.results.quantity import Quantity

LEAST_FREEDOM = 2.0
ROUNDING = 3e-6
"""Least half-width of an interval, in bits: what the solver's tolerance leaves open."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """The seven informations of the sample, of its halves, and of resamples.

    Attributes:
        plain: Of the sample, uncorrected.
        centre: Of the sample, corrected for bias.
        first: Of random halves.
        second: Of their complements.
        boots: Of bootstrap samples, uncorrected.
        smooth: Of bootstrap samples of a population in which what was never seen can occur;
            those of `boots` where there is no such thing.
        freedom: Degrees of freedom of the standard error.
        beyond: What upper ends reach on for bias that may be left, in bits, a number each.
        most: Entropy of the target, in bits, where informations of few symbols are counted.
    """

    plain: Float64[np.ndarray, " 7"]
    centre: Float64[np.ndarray, " 7"]
    first: Float64[np.ndarray, "h 7"]
    second: Float64[np.ndarray, "h 7"]
    boots: Float64[np.ndarray, "b 7"]
    smooth: Float64[np.ndarray, "s 7"] | None = None
    freedom: float = math.inf
    beyond: Float64[np.ndarray, " 7"] | float = 0.0
    most: float = math.inf

    def reach(self) -> Float64[np.ndarray, " 7"]:
        """Half the width of a 95 % interval."""
        smooth = self.boots if self.smooth is None else self.smooth
        halves = ((self.first - self.second) ** 2).mean(0) / 4
        variance = np.max([self.boots.var(0, ddof=1), smooth.var(0, ddof=1), halves], axis=0)
        return student.ppf(0.975, max(LEAST_FREEDOM, self.freedom)) * np.sqrt(variance)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """The seven informations of permuted samples.

    Attributes:
        observed: Of the sample that was permuted, uncorrected.
        draws: Of its permutations, uncorrected.
        centre: Of permuted samples without end, corrected for bias.
    """

    observed: Float64[np.ndarray, " 7"]
    draws: Float64[np.ndarray, "d 7"]
    centre: Float64[np.ndarray, " 7"]

    def high(self) -> Float64[np.ndarray, " 7"]:
        """What 95 % of the permutations stay below, on the scale of corrected estimates."""
        if not len(self.draws):
            return np.full(7, np.nan)
        return self.centre + np.quantile(self.draws - self.draws.mean(0), 0.95, axis=0)

    def p_values(self) -> Float64[np.ndarray, " 7"]:
        """Share of permutations, the sample itself included, that reach the sample."""
        if not len(self.draws):
            return np.full(7, np.nan)
        reach = (self.draws >= self.observed - ROUNDING).sum(0)
        return (1.0 + reach) / (1.0 + len(self.draws))


def extrapolated(
    plain: Float64[np.ndarray, "*any"],
    first: Float64[np.ndarray, "h *any"],
    second: Float64[np.ndarray, "h *any"],
) -> Float64[np.ndarray, "*any"]:
    """A statistic extrapolated to a sample without end, from halves of the sample.

    A bias of $c / n$ is twice as large in halves, so twice the whole minus the halves'
    mean is free of it.

    Example:
        >>> float(extrapolated(np.array(1.1), np.array([1.3]), np.array([1.1])))
        1.0
    """
    return np.asarray(np.round(2 * plain - (first.mean(0) + second.mean(0)) / 2, 12))


def beyond_ties(taken: float) -> Float64[np.ndarray, " 7"]:
    r"""How much further upper ends must reach because the two sources may tie, in bits.

    The least information $I^*$ of both is a maximum of linear functions of the distribution, so
    noise raises it. Where many of them tie, as where two sources tell the same equally well,
    it is raised by $b / \sqrt n$, not by $c / n$. Halves then take only
    $(\sqrt 2 - 1) b / \sqrt n$ of it away, on average. By what they leave redundancy
    $I_1 + I_2 - I^*$ and synergy $I_{12} - I^*$ may be too low. (Unique informations may be too
    high by as much; but where sources tie one of them is 0, or nearly so, and its interval begins
    below 0.)

    Args:
        taken: What was taken from $I^*$, in bits; below 0 it counts as 0.

    Returns:
        For each information; 0 but for redundancy and synergy.

    Example:
        >>> beyond_ties(0.01).round(4).tolist()
        [0.0141, 0.0, 0.0, 0.0141, 0.0, 0.0, 0.0]
    """
    out = np.zeros(7)
    out[[0, 3]] = math.sqrt(2) * max(0.0, taken)
    return out


def risen(
    low: Float64[np.ndarray, " 7"],
    replicates: Replicates,
    reach: Float64[np.ndarray, " 7"],
) -> Float64[np.ndarray, " 7"]:
    r"""Lower ends that heed how little an information that is near 0 varies.

    Near 0 an information of $n$ samples is noncentral chi-squared over $2 n \ln 2$. If its bias is
    $b$, its variance is in proportion to $x = I + b / 2$; that of resamples, in which it starts
    at $I + b$, to $x + b$. Towards the most that it can be, $H(Y)$, its variance falls again. On
    the scale of $\arcsin \sqrt{x / H(Y)}$ it is nearly constant, and a lower end that is higher
    on that scale is taken. This holds of $I_1$, $I_2$ and $I_{12}$; redundancy, which is at most
    each of the first two, rises only as far as the lower ends of both are.

    Args:
        low: Lower ends, in bits.
        replicates: The sample; lower ends stay where they are if its `most` is infinite.
        reach: Half-widths of the intervals, in bits.

    Returns:
        Lower ends.
    """
    most, bias = replicates.most, np.maximum(replicates.plain - replicates.centre, 0.0)
    x = replicates.centre + bias / 2
    inside = (x > 0) & (x < most) & np.isfinite(most)
    share = np.where(inside, x / most, 0.5)
    own = reach * np.sqrt(np.where(inside, x, 1.0) / np.where(inside, x + bias, 1.0))
    angle = np.arcsin(np.sqrt(share)) - own / (2 * most * np.sqrt(share * (1 - share)))
    risen = most * np.sin(np.maximum(angle, 0.0)) ** 2 - bias / 2
    other = np.where(inside & (angle > 0), np.maximum(low, risen), low)
    out = low.copy()
    out[4:] = other[4:]
    out[0] = max(low[0], min(other[0], out[4], out[5]))
    return out


def quantities(replicates: Replicates, null: Null) -> dict[str, Quantity]:
    """Estimate, 95 % interval and null of each information.

    The standard error is the largest of the bootstrap's, the smooth bootstrap's and that of
    independent halves; the interval is Student's. Near 0 an information is skewed, so the upper
    end is also at least the bootstrap's quantile less the bias, and the lower end is that of
    `risen`. The upper end reaches on for bias that may be left.

    Args:
        replicates: The sample and its resamples.
        null: Its permutations.

    Returns:
        The informations by the names of `QUANTITIES`.
    """
    r = replicates
    reach = r.reach()
    quantile = np.quantile(r.boots, 0.975, axis=0) - (r.plain - r.centre)
    low = risen(r.centre - reach, r, reach) - ROUNDING
    high = np.maximum(r.centre + reach, quantile) + r.beyond + ROUNDING
    columns = (r.centre, low, high, null.high(), null.p_values())
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {name: Quantity(*row) for name, row in zip(QUANTITIES, rows, strict=True)}
