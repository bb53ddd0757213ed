"""Intervals and tests for comparisons by repeated cross-validation."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from consilience.errors import ConfigurationError, DataError


@final
@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval and test against zero.

    Attributes:
        mean: Mean over folds.
        low: Lower end of the interval.
        high: Upper end of the interval.
        standard_error: Corrected standard error of the mean.
        p_value: Two-sided p value of the mean being zero; below 1 - level just when
            the interval leaves zero out.
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
        test_share: Share of the samples in a test part, in [0, 1).
        level: Coverage of the interval, in (0, 1).
        least: Least half-width of the interval, which the p value heeds too; see
            `rule_of_three`.

    Returns:
        Mean, interval, standard error and p value.

    Raises:
        ConfigurationError: If `test_share`, `level` or `least` is out of range.
        DataError: If there are fewer than two values or one is not finite.

    References:
        Nadeau and Bengio, Inference for the Generalization Error, Machine
        Learning 2003, section 4.

    Example:
        >>> e = corrected_t([0.1, 0.2, 0.3, 0.2, 0.2], test_share=0.2)
        >>> round(e.mean, 3), round(e.standard_error, 4), round(e.low, 3), round(e.high, 3)
        (0.2, 0.0474, 0.068, 0.332)
    """
    _check_settings(test_share, level, least)
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2:
        raise DataError(
            f"an interval needs at least two folds, one value each; found shape {x.shape}"
        )
    if not np.isfinite(x).all():
        fold = int(np.flatnonzero(~np.isfinite(x))[0])
        raise DataError(f"an interval needs finite values; fold {fold} gave {x[fold]}")
    mean = float(x.mean())
    ratio = test_share / (1 - test_share)
    error = math.sqrt((1 / len(x) + ratio) * float(x.var(ddof=1)))
    freedom = len(x) - 1
    if error <= 1e-12 * abs(mean):
        error = 0.0
    quantile = float(student.ppf(0.5 + level / 2, freedom))
    half = max(error * quantile, least)
    if half > 0:
        p = 2 * float(student.sf(abs(mean) / half * quantile, freedom))
    else:
        p = 1.0 if mean == 0 else 0.0
    return Estimate(mean, mean - half, mean + half, error, p)


def _check_settings(test_share: float, level: float, least: float) -> None:
    faults: list[str] = []
    if not 0 <= test_share < 1:
        faults.append(f"test_share must be in [0, 1), found {test_share}")
    if not 0 < level < 1:
        faults.append(f"level must be in (0, 1), found {level}")
    if not 0 <= least < math.inf:
        faults.append(f"least must be finite and not negative, found {least}")
    if faults:
        raise ConfigurationError(faults)


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


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjustment, which keeps the family-wise error rate.

    Args:
        p_values: `(tests,)`.

    Returns:
        Adjusted p values in the same order, at most 1.

    Raises:
        DataError: If a value is not between 0 and 1.

    References:
        Holm, A Simple Sequentially Rejective Multiple Test Procedure,
        Scandinavian Journal of Statistics 1979.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DataError(f"p values must be a row of numbers in [0, 1], found {p.tolist()}")
    order = np.argsort(p, kind="stable")
    stepped = p[order] * (len(p) - np.arange(len(p)))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return adjusted
