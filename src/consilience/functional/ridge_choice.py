"""The ridge of canonical correlation by cross-validation, from moments of the folds alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import final

import numpy as np
from numpy.typing import NDArray

from consilience.errors import ConfigurationError, DataError
from consilience.functional.canonical import Canonical, of_whitened
from consilience.functional.moments import Floats, Moments, View, moments
from consilience.functional.whitening import of_moments


@final
@dataclass(frozen=True, slots=True, eq=False)
class RidgeChoice:
    """Ridges that were tried.

    Attributes:
        shares: Each ridge, as a share of a view's mean variance.
        scores: Sum of the held-out correlations, `(shares, folds)`; minus infinity where a
            covariance could not be factored.
        best: The share with the best mean score.
    """

    shares: tuple[float, ...]
    scores: Floats
    best: float


def choose_ridge(
    views: Sequence[View],
    shares: Sequence[float],
    folds: Sequence[NDArray[np.int64]],
    n_components: int | None = None,
) -> RidgeChoice:
    """Tries ridges on held-out rows and takes the one whose correlations hold best.

    The data are read once: a fold's moments are kept, and those of the other folds are joined.

    Args:
        views: Two, each `(samples, columns)`.
        shares: Ridges to try, as shares of the mean variance of a view's columns.
        folds: Rows of each fold, at least two folds.
        n_components: Number of directions; None for all.

    Returns:
        The scores and the best.

    Raises:
        ConfigurationError: If there is nothing to try or only one fold.
        DataError: If no ridge could be scored.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.standard_normal((60, 1))
        >>> x, y = (z + rng.standard_normal((60, 20)) for _ in range(2))
        >>> choose_ridge([x, y], [0.0, 1.0], np.split(np.arange(60), 3), 1).best
        1.0
    """
    if not shares or len(folds) < 2:
        raise ConfigurationError(
            [f"cross-validation needs shares to try and two folds, found {shares}, {len(folds)}"]
        )
    parts = [moments(views, fold) for fold in folds]
    scores = np.full((len(shares), len(folds)), -np.inf)
    for j, held_out in enumerate(parts):
        train = reduce(Moments.joined, [part for part in parts if part is not held_out])
        for i, share in enumerate(shares):
            white = of_moments(train, ridges_of(train, [share, share]))
            if white is not None:
                scores[i, j] = correlations_under(of_whitened(white, n_components), held_out).sum()
    means = scores.mean(axis=1)
    if not np.isfinite(means).any():
        raise DataError(
            f"no ridge of {list(shares)} makes the views' covariances regular; try larger ones"
        )
    return RidgeChoice(tuple(shares), scores, float(shares[int(means.argmax())]))


def ridges_of(found: Moments, shares: Sequence[float]) -> list[float]:
    """A ridge of each view: a share of the mean variance of its columns.

    Args:
        found: Moments of the views.
        shares: Of each view.

    Returns:
        In squared units of each view.
    """
    variances = np.diagonal(found.scatter) / (found.count - 1)
    pairs = zip(shares, found.slices, strict=True)
    return [share * float(variances[part].mean()) for share, part in pairs]


def correlations_under(fitted: Canonical, found: Moments) -> Floats:
    """Correlations of the variates of two views on other rows, from their moments.

    Args:
        fitted: Weights.
        found: Moments of other rows.

    Returns:
        A correlation each component, `(components,)`; 0 where a variate does not vary.
    """
    covariance = found.covariance
    one, two = found.slices
    u, v = fitted.weights
    cross = (u * (covariance[one, two] @ v)).sum(axis=0)
    first = (u * (covariance[one, one] @ u)).sum(axis=0)
    second = (v * (covariance[two, two] @ v)).sum(axis=0)
    size = np.sqrt(first * second)
    return np.where(size > 0, cross / np.where(size > 0, size, 1.0), 0.0)
