"""Temperature scaling against known distortions and the equation it solves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from consilience.functional.calibration import (
    STEEPEST,
    best_temperature,
    log_loss,
    log_probabilities,
    tempered,
)


def _drawn(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Log-probabilities that are right, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    log_p = log_softmax(1.5 * rng.normal(size=(n, 3)), axis=1)
    y = (rng.random(n)[:, None] > np.exp(log_p).cumsum(axis=1)).sum(axis=1)
    return log_p, y.clip(max=2)


@pytest.mark.parametrize("distortion", [0.4, 1.0, 3.0])
def test_a_known_distortion_is_found_and_undone(distortion: float) -> None:
    log_p, y = _drawn(20_000, seed=0)
    told = log_softmax(log_p * distortion, axis=1)
    found = best_temperature(told, y)
    assert found == pytest.approx(distortion, rel=0.03)
    undone = tempered(told, found)
    assert log_loss(undone, y) <= log_loss(log_p, y)
    np.testing.assert_allclose(tempered(told, distortion), log_p, rtol=0, atol=1e-12)


def test_the_expected_logarithm_equals_the_seen_one_at_the_best() -> None:
    log_p, y = _drawn(300, seed=1)
    told = log_softmax(2 * log_p, axis=1)
    q = tempered(told, best_temperature(told, y))
    expected = (np.exp(q) * told).sum(axis=1).mean()
    assert expected == pytest.approx(told[np.arange(300), y].mean(), abs=1e-8)


def test_a_search_without_derivatives_finds_the_same() -> None:
    log_p, y = _drawn(200, seed=2)

    def loss(temperature: float) -> float:
        return log_loss(tempered(log_p, temperature), y)

    searched = minimize_scalar(loss, bounds=(0.2, 5), options={"xatol": 1e-9})
    assert best_temperature(log_p, y) == pytest.approx(searched.x, rel=1e-5)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 40), st.floats(0.1, 30))
def test_no_log_loss_gets_worse(seed: int, classes: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    log_p = log_softmax(scale * rng.normal(size=(n, classes)), axis=1)
    y = rng.integers(classes, size=n)
    found = best_temperature(log_p, y)
    assert 1 / STEEPEST <= found <= STEEPEST + 1e-9
    assert log_loss(tempered(log_p, found), y) <= log_loss(tempered(log_p, 1.0), y)


def test_nothing_changes_where_no_error_was_seen() -> None:
    log_p = np.log([[0.6, 0.4], [0.3, 0.7]])
    assert best_temperature(log_p, np.array([0, 1])) == 1.0
    assert best_temperature(np.empty((0, 2)), np.empty(0, dtype=int)) == 1.0


@pytest.mark.parametrize(("p", "hits", "n"), [(0.75, 3, 4), (0.8, 4, 5), (0.6, 3, 5)])
def test_what_is_right_already_stays_to_the_bit(p: float, hits: int, n: int) -> None:
    log_p = np.log([[p, 1 - p]] * n)
    assert best_temperature(log_p, np.repeat([0, 1], [hits, n - hits])) == 1.0


def test_probabilities_worse_than_chance_are_levelled_as_far_as_allowed() -> None:
    log_p = np.log([[0.9, 0.1]] * 4)
    assert best_temperature(log_p, np.ones(4, dtype=int)) == pytest.approx(STEEPEST)


def test_many_doubtful_hits_and_one_slight_miss_sharpen_as_far_as_allowed() -> None:
    log_p = np.log([[0.51, 0.49]] * 99_999 + [[0.5001, 0.4999]])
    y = np.array([0] * 99_999 + [1])
    assert best_temperature(log_p, y) == pytest.approx(1 / STEEPEST)


def test_the_order_of_classes_stays_and_rows_add_up() -> None:
    log_p, _ = _drawn(50, seed=3)
    q = tempered(log_p, 2.5)
    np.testing.assert_array_equal(q.argsort(axis=1), log_p.argsort(axis=1))
    np.testing.assert_allclose(np.exp(q).sum(axis=1), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tempered(log_p, 1.0), log_p, rtol=0, atol=1e-12)


def test_a_probability_of_zero_has_a_finite_logarithm() -> None:
    found = log_probabilities(np.array([[1.0, 0.0]]))
    assert found.tolist() == [[0.0, np.log(1e-15)]]
    assert log_loss(found, np.array([1])) == pytest.approx(34.54, abs=0.01)
