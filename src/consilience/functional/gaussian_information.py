"""Information of Gaussian variables: between two views, and in all of several."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from consilience.errors import DataError
from consilience.functional.moments import View, moments


def gaussian_total_correlation(views: Sequence[View], *, corrected: bool = True) -> float:
    r"""What views tell of each other in all, were they Gaussian.

    $$\frac12 \Big(\sum_m \log_2 \det \Sigma_{mm} - \log_2 \det \Sigma\Big)$$

    Of two views their mutual information, $-\frac12 \sum_i \log_2 (1 - r_i^2)$ of the
    canonical correlations; of single columns $-\frac12 \log_2 \det R$. With other variables
    of the same covariance, the truth may be more or less.

    Args:
        views: Each `(samples, columns)`.
        corrected: Whether the bias of the log-determinants of Gaussian samples, which is known
            exactly, is taken off.

    Returns:
        In bits; 0 where all are independent, and around 0 when corrected.

    Raises:
        DataError: If there are fewer than two views, not more samples than columns, or
            columns that depend on each other.

    References:
        Watanabe, Information Theoretical Analysis of Multivariate Correlation, IBM Journal
        1960; Misra, Singh and Demchuk, Estimation of the Entropy of a Multivariate Normal
        Distribution, Journal of Multivariate Analysis 2005 (the bias).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.standard_normal((5000, 3)) @ np.linalg.cholesky(np.eye(3) / 2 + 0.5).T
        >>> round(gaussian_total_correlation([z[:, :1], z[:, 1:2], z[:, 2:]]), 1)
        0.5
    """
    if len(views) < 2:
        raise DataError(f"at least two views are needed, found {len(views)}")
    found = moments(views)
    covariance, freedom = found.covariance, found.count - 1
    if len(covariance) > freedom - 1:
        raise DataError(
            f"{len(covariance)} columns need more than {len(covariance) + 1} samples, found "
            f"{found.count}; reduce the columns first"
        )
    whole = _log_det(covariance) - corrected * _bias(len(covariance), freedom)
    parts = [
        _log_det(covariance[part, part]) - corrected * _bias(width, freedom)
        for part, width in zip(found.slices, found.widths, strict=True)
    ]
    return (sum(parts) - whole) / (2 * float(np.log(2)))


def _bias(width: int, freedom: int) -> float:
    """Expectation of the log-determinant of a sample covariance of unit variance."""
    each = digamma((freedom - np.arange(width)) / 2) + np.log(2 / freedom)
    return float(each.sum())


def _log_det(covariance: NDArray[np.float64]) -> float:
    scale = np.sqrt(np.diagonal(covariance))
    if not (scale > 0).all():
        raise DataError(f"column {int(scale.argmin())} does not vary; leave it out")
    values = np.linalg.eigvalsh(covariance / np.outer(scale, scale))
    if values[0] < 10 * len(covariance) * np.finfo(np.float64).eps:
        raise DataError("columns depend on each other; leave out those that others give")
    return float(np.log(values).sum() + 2 * np.log(scale).sum())
