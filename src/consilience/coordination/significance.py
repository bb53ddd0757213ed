"""A permutation test of each canonical correlation."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import svd

from consilience.coordination.views import Views, views_of
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, ModalityError
from consilience.functional.moments import moments
from consilience.functional.whitening import by_svd
from consilience.results.canonical import CanonicalTest

Floats = NDArray[np.float64]


def permutation_test(
    X: Views,  # noqa: N803  scikit-learn's name
    *,
    n_components: int | None = None,
    n_permutations: int = 999,
    random_state: RandomState = None,
) -> CanonicalTest:
    r"""Tests canonical correlations one after another, each on what those before it leave.

    The $k$-th null takes the first $k - 1$ variates out of both views, permutes the samples of
    what is left of one view, and refits. (Permuting the views as they are and comparing the
    $k$-th correlations would be wrong: a strong first correlation is gone from the permuted
    data, so that the second of the data meets a null that is too large or too small.) The
    p-values are the running maximum, which keeps the chance of any false claim at the level.

    Args:
        X: `MultimodalData` or a mapping of two names to `(samples, columns)`. Samples that lack
            a view are left out; they must be independent of each other.
        n_components: How many to test; None for all.
        n_permutations: Permutations; p-values are not below 1 / (permutations + 1).
        random_state: Of the permutations.

    Returns:
        Correlations and p-values.

    Raises:
        ConfigurationError: If a number is not positive or more components are asked for than
            there are.
        DataError: If the views have together as many ranks as samples, where correlations are 1
            whatever the data.
        ModalityError: If there are not two views.

    References:
        Winkler et al., Permutation Inference for Canonical Correlation Analysis, NeuroImage
        2020.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> z, noise = rng.standard_normal(100), rng.standard_normal((100, 3))
        >>> views = {"a": np.c_[z, noise[:, 0]], "b": np.c_[z + noise[:, 1], noise[:, 2]]}
        >>> permutation_test(views, random_state=0).significant()
        1
    """
    given = views_of(X)
    if len(given.arrays) != 2:
        raise ModalityError(f"the test takes two views, found {len(given.arrays)}")
    views = given.whole()
    one, two = (_white(view) for view in views)
    rows, ranks = len(one), (one.shape[1], two.shape[1])
    _check(rows, ranks, n_components, n_permutations)
    count = n_components or min(ranks)
    u, s, vt = cast("tuple[Floats, Floats, Floats]", svd(one.T @ two))
    first, second = one @ u, two @ vt.T
    found = _statistics(first.T @ second, count)
    rng = np.random.default_rng(seed_of(random_state))
    reached = np.ones(count)
    for _ in range(n_permutations):
        null = _statistics(first[rng.permutation(rows)].T @ second, count)
        reached += null >= found * (1 - 1e-9)
    p_values = np.maximum.accumulate(reached / (n_permutations + 1))
    return CanonicalTest(
        tuple(np.minimum(s[:count], 1.0).tolist()),
        tuple(p_values.tolist()),
        tuple(found.tolist()),
        rows,
        n_permutations,
    )


def _white(view: NDArray[np.float64]) -> Floats:
    found = moments([view])
    base, _ = by_svd(np.where(found.varies, view - found.mean, 0.0), 0.0)
    return base


def _statistics(cross: Floats, count: int) -> Floats:
    r"""$-\ln \det(I - C C^\top)$ of $C$ without its first $k$ rows and columns."""
    out = np.empty(count)
    for k in range(count):
        left = cross[k:, k:]
        small = left @ left.T if left.shape[0] <= left.shape[1] else left.T @ left
        gap = np.eye(len(small)) - small
        out[k] = -np.linalg.slogdet(gap)[1]
    return out


def _check(
    rows: int, ranks: tuple[int, int], n_components: int | None, n_permutations: int
) -> None:
    faults = [
        f"{name} must be at least 1, found {value}"
        for name, value in (("n_components", n_components), ("n_permutations", n_permutations))
        if value is not None and value < 1
    ]
    if n_components is not None and n_components > min(ranks):
        faults.append(f"n_components must be at most {min(ranks)}, found {n_components}")
    if faults:
        raise ConfigurationError(faults)
    if sum(ranks) >= rows:
        raise DataError(
            f"views of ranks {ranks[0]} and {ranks[1]} need more than {sum(ranks)} samples, found "
            f"{rows}: correlations would be 1 whatever the data; reduce the columns first"
        )
