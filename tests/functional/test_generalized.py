import numpy as np
import pytest
from cca_zoo.linear import GCCA

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.canonical import canonical
from consilience.functional.generalized import generalized_canonical, of_whitened
from consilience.functional.whitening import whitened


def views(rows: int = 200, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, 2))
    return [
        z @ rng.standard_normal((2, k)) + rng.standard_normal((rows, k)) + k for k in (3, 4, 5)
    ]


def every(given: list[np.ndarray]) -> np.ndarray:
    return np.ones((len(given[0]), len(given)), dtype=bool)


def by_definition(given: list[np.ndarray], presence: np.ndarray) -> np.ndarray:
    """Eigenvalues of J K^-1/2 (sum of projections) K^-1/2, all matrices samples x samples."""
    n = len(given[0])
    total = np.zeros((n, n))
    for view, present in zip(given, presence.T, strict=True):
        centred = np.where(present[:, None], view - view[present].mean(axis=0), 0.0)
        total += centred @ np.linalg.pinv(centred)
    root = np.diag(1 / np.sqrt(np.maximum(presence.sum(axis=1), 1)))
    return np.linalg.eigvalsh(root @ total @ root)[::-1] * len(given)


def test_eigenvalues_are_those_of_the_sum_of_projections() -> None:
    given = views()
    expected = by_definition(given, every(given))[:3]
    np.testing.assert_allclose(
        generalized_canonical(given, every(given)).values, expected, atol=1e-11
    )


def test_two_views_give_one_plus_their_correlations() -> None:
    x, y, _ = views()
    found = generalized_canonical([x, y], every([x, y]))
    np.testing.assert_allclose(found.values, 1 + canonical(x, y).values, atol=1e-12)


def test_agrees_with_cca_zoo() -> None:
    given = views()
    peer = GCCA(n_components=3).fit([*given])
    for mine, theirs in zip(
        generalized_canonical(given, every(given)).weights, peer.weights_, strict=True
    ):
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=1e-9)


def test_rows_a_view_lacks_do_not_count() -> None:
    given = views()
    presence = np.random.default_rng(1).random((200, 3)) < 0.7
    expected = by_definition(given, presence)[:3]
    found = generalized_canonical(given, presence)
    np.testing.assert_allclose(found.values, expected, atol=1e-11)
    hidden = [
        np.where(p[:, None], view, np.nan) for view, p in zip(given, presence.T, strict=True)
    ]
    again = generalized_canonical(hidden, presence)
    np.testing.assert_array_equal(found.values, again.values)
    np.testing.assert_array_equal(found.weights[2], again.weights[2])


def test_weights_solve_the_least_squares_with_rows_lacking() -> None:
    given = views()
    presence = np.random.default_rng(1).random((200, 3)) < 0.7
    found = generalized_canonical(given, presence, n_components=2)
    often = presence.sum(axis=1)
    used = often > 0
    parts = [
        np.where(p[:, None], (x - m) @ w, 0.0)
        for x, p, m, w in zip(given, presence.T, found.means, found.weights, strict=True)
    ]
    share = found.values / 3
    g = np.where(used[:, None], sum(parts) / np.maximum(often, 1)[:, None] / share, 0.0)
    np.testing.assert_allclose(
        (g * often[:, None]).T @ g, 3 * (used.sum() - 1) * np.eye(2), atol=1e-8
    )
    for x, p, m, w in zip(given, presence.T, found.means, found.weights, strict=True):
        best = np.linalg.lstsq(x[p] - m, g[p], rcond=None)[0]
        np.testing.assert_allclose(w, best, atol=1e-9)


def test_a_ridge_is_that_of_the_whole_formula() -> None:
    given = views()
    found = generalized_canonical(given, every(given), ridges=[0.5, 1.0, 2.0])
    total = np.zeros((200, 200))
    for view, ridge in zip(given, (0.5, 1.0, 2.0), strict=True):
        x = view - view.mean(axis=0)
        total += x @ np.linalg.solve(x.T @ x + 199 * ridge * np.eye(x.shape[1]), x.T)
    np.testing.assert_allclose(found.values, np.linalg.eigvalsh(total)[::-1][:3], atol=1e-11)


def test_dependent_columns_count_once() -> None:
    given = views()
    wider = [np.hstack([given[0], given[0][:, :1] * 2]), *given[1:]]
    found = generalized_canonical(wider, every(given), n_components=3)
    np.testing.assert_allclose(
        found.values, generalized_canonical(given, every(given)).values, atol=1e-10
    )


def test_white_views_may_be_given() -> None:
    given = views()
    found = of_whitened(whitened(given, [0.0] * 3), 2)
    np.testing.assert_allclose(
        found.values, generalized_canonical(given, every(given)).values[:2], atol=1e-12
    )


def test_faults_are_told() -> None:
    given = views(10)
    with pytest.raises(ConfigurationError, match="n_components must be between 1 and 3"):
        generalized_canonical(given, every(given), n_components=4)
    with pytest.raises(ConfigurationError, match="ridge of view 1"):
        generalized_canonical(given, every(given), ridges=[0.0, -1.0, 0.0])
    with pytest.raises(DataError, match="view 1 does not vary"):
        generalized_canonical([given[0], np.ones((10, 2))], every(given[:2]))
    seldom = every(given)
    seldom[1:, 2] = False
    with pytest.raises(ShapeError, match="at least 2 rows, found 1"):
        generalized_canonical(given, seldom)
