import warnings

import numpy as np
import pytest
from cca_zoo.linear import CCA, RidgeCCA
from scipy.linalg import eigh

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.canonical import Canonical, canonical, check_ridges, signs


def views(rows: int = 400, shared: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, shared))
    x = z @ rng.standard_normal((shared, 5)) + rng.standard_normal((rows, 5))
    y = z @ rng.standard_normal((shared, 4)) + rng.standard_normal((rows, 4))
    return x + 3, y - 1


def variates(found: Canonical, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, v = found.weights
    return (x - found.means[0]) @ u, (y - found.means[1]) @ v


def test_is_the_generalised_eigenproblem() -> None:
    x, y = views()
    c = np.cov(np.hstack([x, y]).T)
    cross = np.zeros_like(c)
    cross[:5, 5:], cross[5:, :5] = c[:5, 5:], c[5:, :5]
    within = c - cross
    expected = eigh(cross, within, eigvals_only=True)[::-1][:4]
    np.testing.assert_allclose(canonical(x, y).values, expected, atol=1e-12)


def test_agrees_with_cca_zoo() -> None:
    x, y = views()
    peer = CCA(n_components=4).fit([x, y])
    a, b = peer.transform([x, y])
    expected = [np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(4)]
    found = canonical(x, y)
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    for mine, theirs in zip(variates(found, x, y), (a, b), strict=True):
        scale = theirs.std(axis=0, ddof=1)
        np.testing.assert_allclose(np.abs(mine), np.abs(theirs / scale), atol=1e-9)


def test_agrees_with_the_ridge_of_cca_zoo() -> None:
    x, y = views()
    shrinkage = 0.3
    peer = RidgeCCA(n_components=3, shrinkage=shrinkage).fit([x, y])
    ridge = shrinkage / (1 - shrinkage)
    found = canonical(x, y, n_components=3, ridges=(ridge, ridge))
    for mine, theirs in zip(found.weights, peer.weights_, strict=True):
        unit = [w / np.linalg.norm(w, axis=0) for w in (mine, theirs)]
        np.testing.assert_allclose(np.abs((unit[0] * unit[1]).sum(axis=0)), 1.0, atol=1e-10)


def test_variates_are_white_and_correlate_as_told() -> None:
    x, y = views()
    found = canonical(x, y)
    a, b = variates(found, x, y)
    np.testing.assert_allclose(np.cov(a.T), np.eye(4), atol=1e-12)
    np.testing.assert_allclose(np.cov(b.T), np.eye(4), atol=1e-12)
    np.testing.assert_allclose(a.T @ b / 399, np.diag(found.values), atol=1e-12)


def test_invertible_affine_maps_change_nothing() -> None:
    x, y = views()
    rng = np.random.default_rng(1)
    moved = x @ rng.standard_normal((5, 5)) * 1e3 + 7, y @ rng.standard_normal((4, 4)) - 2
    np.testing.assert_allclose(canonical(*moved).values, canonical(x, y).values, atol=1e-11)


def test_a_planted_correlation_is_found_alone() -> None:
    rng = np.random.default_rng(0)
    n, rho = 20_000, 0.6
    z, e = rng.standard_normal((2, n))
    x = np.c_[z, rng.standard_normal(n)] @ rng.standard_normal((2, 2))
    y = np.c_[rho * z + np.sqrt(1 - rho**2) * e, rng.standard_normal(n)]
    first, second = canonical(x, y @ rng.standard_normal((2, 2))).values
    assert abs(first - rho) < 4 * (1 - rho**2) / np.sqrt(n)
    assert second < 4 / np.sqrt(n)


@pytest.mark.parametrize("noise", [1e-4, 1e-6, 1e-9])
def test_nearly_dependent_columns_keep_their_correlations(noise: float) -> None:
    x, y = views()
    copy = x[:, :1] + noise * x[:, 1:2]
    narrow = np.hstack([x[:, :1], copy, x[:, 2:]])
    np.testing.assert_allclose(canonical(narrow, y).values, canonical(x, y).values, atol=2e-8)


def test_wholly_dependent_columns_count_once() -> None:
    x, y = views()
    wide = np.hstack([x, x[:, :2] @ [[1.0], [2.0]], np.full((400, 1), 3.3)])
    np.testing.assert_allclose(canonical(wide, y).values, canonical(x, y).values, atol=1e-10)


def test_float32_views_are_not_rounded_further() -> None:
    x, y = (v.astype(np.float32) for v in views())
    exact = canonical(x.astype(np.float64), y.astype(np.float64)).values
    np.testing.assert_allclose(canonical(x, y).values, exact, atol=1e-13)


def test_more_columns_than_samples_correlate_perfectly_until_regularised() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 30)), rng.standard_normal((20, 25))
    np.testing.assert_allclose(canonical(x, y).values, 1.0, atol=1e-9)
    assert canonical(x, y, ridges=(5.0, 5.0)).values[0] < 0.9


def test_the_order_of_the_views_does_not_matter() -> None:
    x, y = views()
    np.testing.assert_allclose(canonical(x, y).values, canonical(y, x).values, atol=1e-13)


def test_the_largest_weight_of_the_first_view_is_positive() -> None:
    x, y = views()
    u = canonical(x, y).weights[0]
    assert (u[np.abs(u).argmax(axis=0), range(4)] > 0).all()
    assert signs(np.array([[1.0, 3.0], [-2.0, 1.0]])).tolist() == [-1.0, 1.0]


def test_faults_are_told() -> None:
    x, y = views(10)
    with pytest.raises(ConfigurationError, match=r"between 1 and 4, .*\[5, 4\]\), found 5"):
        canonical(x, y, n_components=5)
    with pytest.raises(ConfigurationError) as caught:
        canonical(x, y, ridges=(-1.0, float("nan")))
    assert caught.value.faults == (
        "the ridge of view 0 must be at least 0 and finite, found -1.0",
        "the ridge of view 1 must be at least 0 and finite, found nan",
    )
    with pytest.raises(DataError, match="view 1 does not vary; leave it out"):
        canonical(x, np.ones((10, 2)))
    with pytest.raises(ShapeError, match="same rows"):
        canonical(x, y[:5])


def test_ridges_of_zero_are_fine() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_ridges([0.0, 1.0])
