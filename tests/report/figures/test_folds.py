"""Folds are paired by repeat and fold, and counted in the metric's direction."""

import math
import re

import pytest

from consilience.report.figures.canvas import NARROW, WIDE
from consilience.report.figures.folds import draw_folds, pair_folds

SCORES = {
    "gyro": {(0, 0): 0.5, (0, 1): 0.6, (1, 0): 0.7, (1, 1): 0.8},
    "concat": {(1, 1): 0.9, (1, 0): 0.7, (0, 1): 0.5, (0, 0): 0.6},
    "broken": {(0, 0): math.nan, (0, 1): 0.7},
    "elsewhere": {(5, 5): 1.0},
}


def test_values_are_paired_by_fold_not_by_order() -> None:
    (pairs,) = pair_folds(SCORES, ["concat"], yardstick="gyro", higher_is_better=True)
    assert pairs.values == ((0.5, 0.6), (0.6, 0.5), (0.7, 0.7), (0.8, 0.9))
    assert pairs.signs == (1, -1, 0, 1)
    assert str(pairs) == "better in 2 of 4"


def test_lower_can_be_better() -> None:
    (pairs,) = pair_folds(SCORES, ["concat"], yardstick="gyro", higher_is_better=False)
    assert pairs.signs == (-1, 1, 0, -1)


def test_folds_without_a_number_and_methods_without_folds_are_left_out() -> None:
    names = ["broken", "elsewhere", "absent"]
    (pairs,) = pair_folds(SCORES, names, yardstick="gyro", higher_is_better=True)
    assert (pairs.method, pairs.values) == ("broken", ((0.6, 0.7),))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_each_fold_is_a_line_whose_slope_shows_the_direction(width: int) -> None:
    paired = pair_folds(SCORES, ["concat"], yardstick="gyro", higher_is_better=True)
    svg = draw_folds(paired, metric="accuracy", yardstick="gyro", width=width)
    lines = re.findall(
        r'd="M [\d.]+ ([\d.]+) L [\d.]+ ([\d.]+) ?"[^>]*stroke: (var\(--(?:better|worse|muted)\))',
        svg,
    )
    up = {"var(--better)": 1, "var(--worse)": -1, "var(--muted)": 0}
    assert len(lines) == 4
    for before, after, colour in lines:
        rise = float(before) - float(after)
        assert up[colour] == (rise > 0.01) - (rise < -0.01)


def test_the_description_counts() -> None:
    paired = pair_folds(SCORES, ["concat"], yardstick="gyro", higher_is_better=True)
    svg = draw_folds(paired, metric="accuracy", yardstick="gyro")
    assert "concat is better in 2 of 4 folds than gyro; its differences range from" in svg
