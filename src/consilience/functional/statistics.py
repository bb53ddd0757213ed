"""Intervals and tests for comparisons by repeated cross-validation."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from consilience.errors import DataError


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval and test against zero.

    Attributes:
        mean: Mean over folds.
        low: Lower end of the interval.
        high: Upper end of the interval.
        standard_error: Corrected standard error of the mean.
        p_value: Two-sided p value of the mean being zero.
    """

    mean: float
    low: float
    high: float
    standard_error: float
    p_value: float


def corrected_t(
    values: ArrayLike, *, test_share: float, level: float = 0.95, least: float = 0.0
) -> Estimate:
    r"""The corrected resampled t interval and test.

    Training sets of cross-validation overlap, so the plain standard error is too
    small. The correction adds the ratio of test to training samples:

    $$\mathrm{se}^2 = \left(\frac1J + \frac{n_\text{test}}{n_\text{train}}\right) s^2$$

    with $s^2$ the variance over the $J$ folds and $J - 1$ degrees of freedom.

    Args:
        values: One value a fold, in the metric's unit, `(folds,)`.
        test_share: Share of the samples in a test part, in (0, 1).
        level: Coverage of the interval.
        least: Least half-width of the interval; see `rule_of_three`.

    Returns:
        Mean, interval, standard error and p value.

    Raises:
        DataError: If there are fewer than two values.

    References:
        Nadeau and Bengio, Inference for the Generalization Error, Machine
        Learning 2003, section 4.

    Example:
        >>> e = corrected_t([0.1, 0.2, 0.3, 0.2, 0.2], test_share=0.2)
        >>> round(e.mean, 3), round(e.standard_error, 4), round(e.low, 3), round(e.high, 3)
        (0.2, 0.0474, 0.068, 0.332)
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise DataError(f"an interval needs at least two folds, found {x.size}")
    mean = float(x.mean())
    ratio = test_share / (1 - test_share)
    error = math.sqrt((1 / len(x) + ratio) * float(x.var(ddof=1)))
    freedom = len(x) - 1
    half = max(error * float(student.ppf(0.5 + level / 2, freedom)), least)
    if error > 1e-12 * max(1.0, abs(mean)):
        p = 2 * float(student.sf(abs(mean) / error, freedom))
    else:
        p = 1.0 if abs(mean) <= least else 0.0
    return Estimate(mean, mean - half, mean + half, error, p)


def rule_of_three(samples: int) -> float:
    """Upper 95 % bound of a rate that was seen to be zero, `3 / samples`.

    Keeps an interval honest when every fold gave the same value: no event among
    n samples is compatible with a rate up to about 3 / n.

    Args:
        samples: Number of different samples tested.

    Returns:
        The bound, at most 1.

    Example:
        >>> rule_of_three(60)
        0.05
    """
    return min(1.0, 3 / max(samples, 1))


def holm(p_values: ArrayLike) -> np.ndarray:
    """Holm's step-down adjustment, which keeps the family-wise error rate.

    Args:
        p_values: `(tests,)`.

    Returns:
        Adjusted p values in the same order, at most 1.

    References:
        Holm, A Simple Sequentially Rejective Multiple Test Procedure,
        Scandinavian Journal of Statistics 1979.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = p[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted
