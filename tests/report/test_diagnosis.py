"""Counts and scores agree with independent libraries."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix, mean_absolute_error, r2_score

from consilience.report.diagnosis import confusions, reliability, residuals, wilson


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_confusions_agree_with_scikit_learn(rng: np.random.Generator) -> None:
    classes = ["c", "a", "b"]
    true, guess = rng.choice(classes, 200), rng.choice(classes, 200)
    found = confusions(true, guess, classes)
    np.testing.assert_array_equal(found.counts, confusion_matrix(true, guess, labels=classes))
    np.testing.assert_allclose(found.shares.sum(axis=1), 1)


def test_classes_that_were_not_announced_are_appended() -> None:
    found = confusions(["a", "z"], ["a", "y"], ["a", "b"])
    assert found.classes == ("a", "b", "y", "z")
    assert found.counts.sum() == 2
    assert found.shares[1].sum() == 0


def test_worst_errors_come_first_and_hits_never() -> None:
    found = confusions(list("aaaabbbc"), list("abbabccc"), ["a", "b", "c"])
    assert found.worst(5) == [
        ("a", "b", 2, 0.5),
        ("b", "c", 2, 2 / 3),
    ]


@pytest.mark.parametrize(("successes", "trials"), [(0, 7), (3, 7), (7, 7), (480, 500)])
def test_wilson_agrees_with_scipy(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    found = wilson(float(successes), float(trials))
    np.testing.assert_allclose(found, (expected.low, expected.high), atol=1e-12)


def test_perfect_probabilities(rng: np.random.Generator) -> None:
    true = rng.choice(["a", "b", "c"], 50)
    classes = ["a", "b", "c"]
    told = reliability(true, (true[:, None] == np.array(classes)).astype(float), classes)
    assert (told.brier, told.ece) == (0, 0)
    assert [(one.claimed, one.observed, one.count) for one in told.bins] == [(1, 1, 50)]


def test_two_classes_use_the_second_one_but_the_brier_score_sums_both() -> None:
    shares = np.array([[0.9, 0.1], [0.35, 0.65], [0.32, 0.68]])
    told = reliability(["no", "no", "yes"], shares, ["no", "yes"])
    assert told.event == "probability of yes"
    assert told.brier == pytest.approx(2 * (0.1**2 + 0.65**2 + 0.32**2) / 3)
    assert [(b.claimed, b.observed, b.count) for b in told.bins] == [
        (pytest.approx(0.1), 0, 1),
        (pytest.approx(0.665), 0.5, 2),
    ]
    assert told.ece == pytest.approx(0.1 / 3 + 2 * 0.165 / 3)


def test_more_classes_sum_over_classes() -> None:
    told = reliability(["b"], np.array([[0.5, 0.3, 0.2]]), ["a", "b", "c"])
    assert told.brier == pytest.approx(0.5**2 + 0.7**2 + 0.2**2)
    assert told.ece == pytest.approx(0.5)


def test_calibrated_probabilities_have_a_small_error_and_covering_intervals(
    rng: np.random.Generator,
) -> None:
    share = rng.uniform(size=20000)
    true = np.where(rng.uniform(size=20000) < share, "yes", "no")
    told = reliability(true, np.column_stack([1 - share, share]), ["no", "yes"])
    assert told.ece < 0.015
    assert sum(b.low <= b.claimed <= b.high for b in told.bins) >= 8
    assert sum(b.count for b in told.bins) == 20000


def test_repeats_do_not_narrow_the_intervals() -> None:
    true, shares = ["no", "yes", "yes"], np.array([[0.35, 0.65], [0.32, 0.68], [0.31, 0.69]])
    once = reliability(true, shares, ["no", "yes"]).bins[0]
    thrice = reliability(true * 3, np.tile(shares, (3, 1)), ["no", "yes"], repeats=3).bins[0]
    assert thrice.count == 9
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_residuals_agree_with_scikit_learn(rng: np.random.Generator) -> None:
    true = rng.normal(size=40)
    guess = true + rng.normal(size=40) + 0.3
    told = residuals(true, guess)
    assert told.r2 == pytest.approx(r2_score(true, guess))
    assert told.mae == pytest.approx(mean_absolute_error(true, guess))
    assert told.rmse == pytest.approx(np.sqrt(np.mean((true - guess) ** 2)))
    assert told.bias == pytest.approx(np.mean(guess) - np.mean(true))


def test_a_constant_target_has_no_r2() -> None:
    assert np.isnan(residuals(np.ones(3), np.zeros(3)).r2)
