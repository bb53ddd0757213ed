"""Estimates, intervals and p values from replicates."""

from dataclasses import replace

import numpy as np
import pytest
from jaxtyping import Float64

from consilience.quantification.correction import (
    ROUNDING,
    Null,
    Replicates,
    beyond_ties,
    extrapolated,
    quantities,
    risen,
)
from consilience.results.interactions import QUANTITIES

RNG = np.random.default_rng(0)


def test_extrapolation_removes_a_bias_of_one_over_n() -> None:
    n, truth, c = 200, 0.7, 3.0
    plain = np.array([truth + c / n])
    half = np.full((25, 1), truth + c / (n / 2))
    assert extrapolated(plain, half, half)[0] == pytest.approx(truth, abs=1e-12)


def _replicates(centre: float, spread: float, halves: float = 0.0) -> Replicates:
    boots = centre + spread * RNG.standard_normal((4000, 7))
    half = np.full((10, 7), centre)
    value = np.full(7, centre)
    return Replicates(value, value, half + halves, half - halves, boots)


def test_the_interval_is_the_normal_one_of_the_bootstrap() -> None:
    null = Null(np.zeros(7), np.zeros((0, 7)), np.zeros(7))
    found = quantities(_replicates(0.5, 0.1), null)
    assert tuple(found) == QUANTITIES
    for quantity in found.values():
        assert quantity.estimate == 0.5
        assert quantity.low == pytest.approx(0.5 - 0.196, abs=0.01)
        assert quantity.high == pytest.approx(0.5 + 0.196, abs=0.015)
        assert np.isnan(quantity.null_high)
        assert np.isnan(quantity.p_value)


def test_independent_halves_widen_an_interval_that_the_bootstrap_makes_too_narrow() -> None:
    null = Null(np.zeros(7), np.zeros((0, 7)), np.zeros(7))
    found = quantities(_replicates(0.5, 0.0, halves=0.1), null)["synergy"]
    assert found.low == pytest.approx(0.5 - 1.96 * 0.1, abs=1e-4)


def test_what_was_never_seen_and_few_degrees_of_freedom_widen_it() -> None:
    null = Null(np.zeros(7), np.zeros((0, 7)), np.zeros(7))
    plain = _replicates(0.5, 0.01)
    smooth = 0.5 + 0.1 * RNG.standard_normal((4000, 7))
    wide = quantities(replace(plain, smooth=smooth), null)["synergy"]
    assert wide.estimate - wide.low == pytest.approx(0.196, abs=0.01)
    few = quantities(replace(plain, smooth=smooth, freedom=4.0), null)["synergy"]
    assert few.estimate - few.low == pytest.approx(0.2776, abs=0.015)
    fewer = quantities(replace(plain, smooth=smooth, freedom=0.1), null)["synergy"]
    assert fewer.estimate - fewer.low == pytest.approx(0.4303, abs=0.02)


def test_the_upper_end_reaches_on_for_bias_that_may_be_left() -> None:
    null = Null(np.zeros(7), np.zeros((0, 7)), np.zeros(7))
    plain = _replicates(0.5, 0.1)
    beyond = np.array([0.3, 0, 0, 0, 0, 0, 0])
    short, far = quantities(plain, null), quantities(replace(plain, beyond=beyond), null)
    assert far["redundancy"].high == pytest.approx(short["redundancy"].high + 0.3, abs=1e-12)
    assert far["redundancy"].low == short["redundancy"].low
    assert far["synergy"].high == short["synergy"].high


def test_what_halves_leave_of_ties_is_in_proportion_to_what_they_take() -> None:
    """Truth 0 and 0: the larger of two normal means is too high by the root of 1 / pi n."""
    rng = np.random.default_rng(1)
    halves = np.sqrt(2) * rng.standard_normal((2, 2, 200_000))
    whole = halves.mean(0).max(0).mean()
    taken = float(halves.max(1).mean() - whole)
    assert whole == pytest.approx(1 / np.sqrt(np.pi), abs=0.01)
    left = beyond_ties(taken)
    assert left[0] == left[3] == pytest.approx(whole - taken, abs=0.01)
    assert left[[1, 2, 4, 5, 6]].tolist() == [0] * 5
    assert beyond_ties(-0.1).tolist() == [0] * 7


def _chi_squared(
    found: float, freedom: int, most: float = 1.0
) -> tuple[Replicates, Float64[np.ndarray, " 7"]]:
    """Informations of 1,000 samples that are `found` chi-squared, with the reach of resamples."""
    scale, none = 1 / (2000 * np.log(2)), np.zeros((1, 7))
    plain, centre = np.full(7, scale * found), np.full(7, scale * (found - freedom))
    reach = np.full(7, 1.96 * scale * (2 * (freedom + 2 * found)) ** 0.5)
    return Replicates(plain, centre, none, none, none, most=most), reach


@pytest.mark.parametrize(
    ("freedom", "least", "most"), [(1, 5.02, 9.1), (9, 19.0, 23.6), (99, 128.4, 138.0)]
)
def test_lower_ends_of_weak_informations_are_a_test_of_0(
    freedom: int, least: float, most: float
) -> None:
    """What chi-squared exceeds with probability .025 is too little, and .003 is enough."""
    for found, is_found in ((least, False), (most, True)):
        weak, reach = _chi_squared(found, freedom)
        straight = weak.centre - reach
        low = risen(straight, weak, reach)
        assert straight[4] < 0
        assert (low[4:] > 0).tolist() == [is_found] * 3
        assert low[0] == low[4]
        assert (low[1:4] == straight[1:4]).all()


def test_lower_ends_stay_where_the_scale_does_not_hold() -> None:
    for share, most in ((0.5, np.inf), (-0.1, 1.0), (0.9, 1.0), (1.1, 1.0)):
        value, reach = np.full(7, share), np.full(7, 0.2)
        none = np.zeros((1, 7))
        still = Replicates(value, value, none, none, none, most=most)
        assert risen(value - reach, still, reach).tolist() == (value - reach).tolist()


def test_redundancy_rises_no_further_than_what_each_tells() -> None:
    weak, reach = _chi_squared(9.1, 1)
    weak.centre[4] = weak.plain[4] = 1e-5
    low = risen(weak.centre - reach, weak, reach)
    assert low[5] > 0 > low[4]
    assert low[0] == (weak.centre - reach)[0]


def test_an_exact_statistic_keeps_the_solvers_tolerance() -> None:
    null = Null(np.zeros(7), np.zeros((0, 7)), np.zeros(7))
    found = quantities(_replicates(0.0, 0.0), null)["redundancy"]
    assert (found.low, found.high) == (-ROUNDING, ROUNDING)


def test_p_values_count_the_sample_itself_and_the_null_is_moved_to_its_centre() -> None:
    draws = np.tile(np.arange(1.0, 100.0)[:, None], 7)
    null = Null(np.full(7, 95.5), draws, np.full(7, 2.0))
    assert null.p_values().tolist() == [0.05] * 7
    assert null.high()[0] == pytest.approx(2.0 + np.quantile(draws[:, 0], 0.95) - 50)
