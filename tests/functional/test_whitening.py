import numpy as np
import pytest

from consilience.functional.moments import moments
from consilience.functional.whitening import (
    CONDITIONED,
    by_svd,
    inverse_factor,
    of_moments,
    whitened,
)


def drawn(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, columns))


@pytest.mark.parametrize("ridge", [0.0, 0.7])
def test_the_maps_whiten_the_regularised_covariance(ridge: float) -> None:
    x, y = drawn(200, 4) @ drawn(4, 4, seed=2), drawn(200, 3, seed=1)
    found = whitened([x, y], [ridge, 0.0])
    regular = np.cov(x.T) + ridge * np.eye(4)
    np.testing.assert_allclose(found.maps[0].T @ regular @ found.maps[0], np.eye(4), atol=1e-12)
    every = np.hstack([(x - x.mean(0)) @ found.maps[0], (y - y.mean(0)) @ found.maps[1]])
    np.testing.assert_allclose(found.joint, every.T @ every / 199, atol=1e-12)
    assert not found.by_svd


@pytest.mark.parametrize("ridge", [0.0, 0.7])
def test_both_ways_give_the_same_space(ridge: float) -> None:
    x = drawn(100, 4) @ drawn(4, 4, seed=2)
    quick = of_moments(moments([x]), [ridge])
    base, slow = by_svd(x - x.mean(axis=0), ridge)
    assert quick is not None
    np.testing.assert_allclose(quick.maps[0] @ quick.maps[0].T, slow @ slow.T, atol=1e-11)
    np.testing.assert_allclose(base, (x - x.mean(0)) @ slow / np.sqrt(99), atol=1e-12)


def test_a_poor_condition_goes_by_singular_values() -> None:
    x = drawn(300, 3)
    near = np.c_[x, x[:, 0] + 1e-6 * drawn(300, 1, seed=3)[:, 0]]
    found = whitened([near], [0.0])
    assert found.by_svd
    assert found.maps[0].shape == (4, 4)
    np.testing.assert_allclose(found.joint, np.eye(4), atol=1e-12)


def test_a_dependent_column_is_left_out() -> None:
    x = drawn(300, 3)
    found = whitened([np.c_[x, x @ [1.0, -2.0, 0.5], np.full(300, 7.1)]], [0.0])
    assert found.maps[0].shape == (5, 3)
    assert found.by_svd


def test_units_of_columns_do_not_make_a_condition_poor() -> None:
    x = drawn(300, 3) * [1e-9, 1.0, 1e9]
    assert not whitened([x], [0.0]).by_svd
    kept = by_svd(x - x.mean(axis=0), 0.0)[1]
    assert kept.shape == (3, 3)


def test_a_factor_is_refused_below_the_condition() -> None:
    gap = CONDITIONED / 10
    near = np.array([[1.0, 1 - gap], [1 - gap, 1.0]])
    assert inverse_factor(near, 0.0) is None
    assert inverse_factor(near, 0.1) is not None
    assert inverse_factor(np.zeros((2, 2)), 0.0) is None
    assert of_moments(moments([np.c_[drawn(9, 1), np.ones(9)]]), [0.0]) is None
