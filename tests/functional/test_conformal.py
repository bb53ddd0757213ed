"""Conformal thresholds: coverage in finite samples, of samples and of groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.functional import conformal
from consilience.functional.conformal import class_errors, class_sets, error_levels, threshold


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.01, 0.99))
def test_one_error_a_unit_gives_the_order_statistic(seen: list[float], level: float) -> None:
    errors = np.array(seen)
    rank = int(np.ceil((len(errors) + 1) * level - 1e-9))
    expected = np.sort(errors)[rank - 1] if rank <= len(errors) else np.inf
    assert threshold(*error_levels(errors, np.arange(len(errors))), level) == expected


@pytest.mark.parametrize(("n", "covered"), [(19, 0.9), (9, 0.9), (30, 28 / 31)])
def test_coverage_is_exact_whatever_the_errors(n: int, covered: float) -> None:
    """False alarms: 0.3 % a case, by three standard errors of a binomial share."""
    trials = 4000
    rng = np.random.default_rng(n)
    draws = rng.lognormal(size=(trials, n + 1))
    units = np.arange(n)
    hits = [row[n] <= threshold(*error_levels(row[:n], units), 0.9) for row in draws]
    assert abs(np.mean(hits) - covered) <= 3 * np.sqrt(covered * (1 - covered) / trials)


def _grouped(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Errors that groups share for the most part, in groups of very different size."""
    sizes = rng.integers(1, 30, size=20)
    unit = np.repeat(np.arange(20), sizes)
    return rng.exponential(size=20)[unit] + 0.05 * rng.random(len(unit)), unit


def test_samples_of_a_new_group_are_covered() -> None:
    """False alarms: 0.15 %, by three standard errors of a binomial share."""
    trials = 2000
    rng = np.random.default_rng(0)
    hits: list[bool] = []
    for _ in range(trials):
        errors, unit = _grouped(rng)
        new = rng.exponential() + 0.05 * rng.random()
        hits.append(new <= threshold(*error_levels(errors, unit), 0.9))
    bound = 3 * np.sqrt(0.09 / trials)
    assert 0.9 - bound <= np.mean(hits) <= 0.9 + 1 / 21 + bound


def test_a_unit_counts_once_however_many_errors_it_has() -> None:
    errors = np.array([1.0, 2.0, 3.0, 3.0, 3.0, 3.0])
    sizes, levels = error_levels(errors, np.array([0, 1, 2, 2, 2, 2]))
    assert sizes.tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(levels, [0.25, 0.5, 0.75], rtol=0, atol=1e-15)


def test_the_order_of_samples_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    errors, unit = rng.random(40).round(1), rng.integers(7, size=40)
    order = rng.permutation(40)
    one, other = error_levels(errors, unit), error_levels(errors[order], unit[order])
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_allclose(one[1], other[1], rtol=0, atol=1e-14)


def test_too_few_units_promise_nothing() -> None:
    sizes, levels = error_levels(np.arange(8.0), np.arange(8))
    assert threshold(sizes, levels, 8 / 9) == 7.0
    assert threshold(sizes, levels, 0.9) == np.inf
    assert threshold(*error_levels(np.empty(0), np.empty(0, dtype=int)), 0.1) == np.inf


def test_what_is_left_out_is_rounded_up(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = np.random.default_rng(0).random(500)
    whole = error_levels(errors, np.arange(500))
    monkeypatch.setattr(conformal, "MOST", 50)
    few = error_levels(errors, np.arange(500))
    assert len(few[0]) == 50
    assert few[0][-1] == whole[0][-1]
    for level in np.linspace(0.01, 0.998, 200):
        exact = threshold(*whole, level)
        assert exact <= threshold(*few, level) <= exact + 0.05


def test_sets_hold_all_classes_that_are_likely_enough_and_are_never_empty() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])
    found = class_sets(p, np.array([0.1, 0.75, 0.6]))
    assert found.tolist() == [[True, False, False], [True, True, False], [True, True, False]]
    assert class_errors(p)[0].tolist() == [0.5, 0.7, 0.8]


def test_sets_cover_the_truth_and_no_more_than_that() -> None:
    """False alarms: 0.3 %, by three standard errors of a binomial share."""
    rng = np.random.default_rng(0)
    trials, n = 3000, 39
    hits: list[bool] = []
    for _ in range(trials):
        p = rng.dirichlet([0.3, 0.5, 0.7], size=n + 1)
        y = (rng.random(n + 1)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=2)
        errors = class_errors(p[:n])[np.arange(n), y[:n]]
        allowed = threshold(*error_levels(errors, np.arange(n)), 0.8)
        hits.append(bool(class_sets(p[n:], np.array([allowed]))[0, y[n]]))
    bound = 3 * np.sqrt(0.16 / trials)
    assert 0.8 - bound <= np.mean(hits) <= 0.8 + bound
