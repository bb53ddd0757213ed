import math
from itertools import pairwise
from statistics import variance
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from consilience.errors import ConfigurationError, DataError
from consilience.functional.statistics import corrected_t, holm, rule_of_three

VALUES = [0.1, 0.25, 0.3, 0.2, 0.15]
RATES = st.lists(st.floats(-1, 1).map(lambda v: round(v, 3)), min_size=2, max_size=12)


def test_by_hand() -> None:
    error = math.sqrt((1 / 5 + 0.2 / 0.8) * variance(VALUES))
    quantile = 2.7764451051977987
    found = corrected_t(VALUES, test_share=0.2)
    assert found.mean == pytest.approx(0.2, abs=1e-15)
    assert found.standard_error == pytest.approx(error, rel=1e-14)
    assert found.low == pytest.approx(0.2 - quantile * error, rel=1e-12)
    assert found.high == pytest.approx(0.2 + quantile * error, rel=1e-12)
    assert found.p_value == pytest.approx(2 * t.sf(0.2 / error, 4), rel=1e-12)


@settings(deadline=None)
@given(RATES.filter(lambda v: len(set(v)) > 1), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_without_overlap_it_is_the_plain_t_test(values: list[float], level: float) -> None:
    found = corrected_t(values, test_share=0.0, level=level)
    plain: Any = ttest_1samp(values, 0.0)
    interval = plain.confidence_interval(level)
    assert found.p_value == pytest.approx(plain.pvalue, rel=1e-9)
    assert found.low == pytest.approx(interval.low, rel=1e-9, abs=1e-12)
    assert found.high == pytest.approx(interval.high, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(
    RATES, st.floats(0.02, 0.9), st.sampled_from([0.8, 0.95]), st.sampled_from([0.0, 0.05, 0.3])
)
def test_the_test_rejects_just_when_the_interval_leaves_zero_out(
    values: list[float], share: float, level: float, least: float
) -> None:
    found = corrected_t(values, test_share=share, level=level, least=least)
    ends = (found.low, found.high)
    assert ends[0] <= found.mean <= ends[1]
    assert ends[1] - found.mean >= least * (1 - 1e-12)
    assert 0 <= found.p_value <= 1
    if min(map(abs, ends)) > 1e-9:
        assert (found.p_value < 1 - level) == (ends[0] > 0 or ends[1] < 0)


@settings(deadline=None)
@given(RATES, st.floats(0.02, 0.9))
def test_sign_and_unit_carry_over(values: list[float], share: float) -> None:
    one = corrected_t(values, test_share=share)
    other = corrected_t([-8 * v for v in values], test_share=share)
    assert other.mean == -8 * one.mean
    assert other.p_value == pytest.approx(one.p_value, rel=1e-9)
    assert (other.low, other.high) == pytest.approx((-8 * one.high, -8 * one.low), rel=1e-12)


def test_overlap_widens_the_interval() -> None:
    widths = [corrected_t(VALUES, test_share=s).standard_error for s in (0.0, 0.1, 0.2, 0.5)]
    assert all(a < b for a, b in pairwise(widths))


@pytest.mark.parametrize("value", [0.3, -0.1, 1e-9, 1e9])
def test_equal_values_differ_from_zero_for_sure(value: float) -> None:
    found = corrected_t([value] * 10, test_share=0.1)
    assert (found.low, found.high) == pytest.approx((value, value), rel=1e-12)
    assert found.standard_error == 0
    assert found.p_value == 0


def test_all_zero_is_no_difference() -> None:
    found = corrected_t([0.0] * 5, test_share=0.2)
    assert (found.mean, found.low, found.high, found.p_value) == (0, 0, 0, 1)
    least = corrected_t([0.0] * 5, test_share=0.2, least=0.05)
    assert (least.low, least.high, least.p_value) == (-0.05, 0.05, 1)


def test_the_least_width_holds_for_equal_values_and_is_no_addition() -> None:
    found = corrected_t([0.05] * 5, test_share=0.2, least=0.05)
    assert (found.low, found.high) == (0.0, 0.1)
    assert found.p_value == pytest.approx(0.05, rel=1e-9)
    wide = corrected_t(VALUES, test_share=0.2)
    assert corrected_t(VALUES, test_share=0.2, least=0.01) == wide


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.5], "an interval needs at least two folds, one value each; found shape (1,)"),
        ([[1.0, 2.0]], "an interval needs at least two folds, one value each; found shape (1, 2)"),
        ([0.5, np.nan], "an interval needs finite values; fold 1 gave nan"),
        ([-np.inf, 0.5], "an interval needs finite values; fold 0 gave -inf"),
    ],
)
def test_values_without_an_interval(values: list[float], message: str) -> None:
    with pytest.raises(DataError) as raised:
        corrected_t(values, test_share=0.2)
    assert str(raised.value) == message


def test_settings_out_of_range_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        corrected_t(VALUES, test_share=1.0, level=95.0, least=-1.0)
    assert raised.value.faults == (
        "test_share must be in [0, 1), found 1.0",
        "level must be in (0, 1), found 95.0",
        "least must be finite and not negative, found -1.0",
    )


def test_the_rule_of_three_is_the_exact_bound_for_many_samples() -> None:
    for n in (100, 1000, 10000):
        exact = 1 - 0.05 ** (1 / n)
        assert rule_of_three(n) == pytest.approx(exact, rel=3 / n + 2e-3)
    assert rule_of_three(2) == 1
    assert rule_of_three(0) == 1


P_VALUES = st.lists(st.floats(0, 1), max_size=8)


@settings(deadline=None)
@given(P_VALUES)
def test_holm_rejects_what_stepping_down_rejects(p: list[float]) -> None:
    """Adjusted p is below a level just when the step-down procedure rejects at it."""
    adjusted = holm(p)
    for level in (0.01, 0.05, 0.2, 0.7):
        rejected: set[int] = set()
        for step, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
            if p[i] * (len(p) - step) > level:
                break
            rejected.add(i)
        assert {i for i, a in enumerate(adjusted) if a <= level} == rejected


@settings(deadline=None)
@given(P_VALUES)
def test_holm_keeps_the_order_and_only_raises(p: list[float]) -> None:
    adjusted = holm(p)
    assert adjusted.shape == (len(p),)
    assert (adjusted >= np.array(p)).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


@settings(deadline=None)
@given(P_VALUES.flatmap(lambda p: st.tuples(st.just(p), st.permutations(range(len(p))))))
def test_holm_follows_its_values_and_treats_equals_alike(
    drawn: tuple[list[float], list[int]],
) -> None:
    p, order = np.array(drawn[0]), np.array(drawn[1], dtype=int)
    assert holm(p[order]).tolist() == holm(p)[order].tolist()


@pytest.mark.parametrize("bad", [[0.5, np.nan], [1.5], [-0.1]])
def test_holm_refuses_what_is_no_probability(bad: list[float]) -> None:
    with pytest.raises(DataError) as raised:
        holm(bad)
    assert str(raised.value) == f"p values must be a row of numbers in [0, 1], found {bad}"
