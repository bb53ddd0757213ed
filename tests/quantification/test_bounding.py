import numpy as np
import pytest

from consilience.quantification.bootstrapping import Sampled
from consilience.quantification.bounding import Bounds
from consilience.quantification.scoring import SCORES

UNITS = np.repeat(np.arange(10), 30)
SCORE = {score.name: score for score in SCORES}
STILL = Sampled(np.asarray(0.8), np.full(100, 0.8))
VARIED = Sampled(np.asarray(0.8), 0.8 + 0.001 * np.linspace(-1, 1, 100))


def test_where_draws_differ_samples_count_and_else_groups() -> None:
    bounds = Bounds.of(SCORE["accuracy"], UNITS)
    varied, still = bounds.value(VARIED), bounds.value(STILL)
    assert (varied.low, varied.high) == pytest.approx((0.79, 0.81))
    assert (still.low, still.high) == pytest.approx((0.5, 1.0))


def test_wide_draws_stay_as_they_are() -> None:
    wide = Sampled(np.asarray(0.5), np.linspace(0.1, 0.9, 1001))
    found = Bounds.of(SCORE["accuracy"], UNITS).value(wide)
    assert (found.low, found.high) == pytest.approx((0.12, 0.88))


def test_what_is_no_share_of_samples_has_no_least_width() -> None:
    found = Bounds.of(SCORE["r2"], UNITS).value(STILL)
    assert (found.low, found.high) == pytest.approx((0.8, 0.8), abs=1e-12)


def test_a_difference_has_no_limits_and_is_wider_where_it_was_divided() -> None:
    bounds = Bounds.of(SCORE["accuracy"], UNITS)
    found = bounds.difference(STILL, per=0.5)
    assert (found.low, found.high) == pytest.approx((0.2, 1.4))
    none = bounds.difference(STILL, per=0.0)
    assert (none.low, none.high) == pytest.approx((0.8, 0.8), abs=1e-12)
