"""Marks and bars lie where their numbers say, at both widths."""

import math
import re

import numpy as np
import pytest

from consilience.report.figures.canvas import FUSION, NARROW, WIDE
from consilience.report.figures.intervals import Mark, Scale, draw_intervals

ROWS = [(0.2, 0.1, 0.3), (0.9, 0.7, 1.0), (0.55, 0.5, 0.61)]


def drawn(rows: list[tuple[float, float, float]], scale: Scale, width: int = WIDE) -> str:
    marks = [
        Mark(f"row {i}", *row, words="words", shape="filled", colour=FUSION)
        for i, row in enumerate(rows)
    ]
    return draw_intervals("test", marks, scale, title="t", description="d", width=width)


def marker_places(svg: str) -> np.ndarray:
    uses = re.findall(r'<use xlink:href="[^"]+" x="([\d.-]+)" y="([\d.-]+)"', svg)
    return np.array([[float(x), float(y)] for x, y in uses])


def bars(svg: str) -> np.ndarray:
    found = re.findall(r'd="M ([\d.-]+) [\d.-]+ L ([\d.-]+) [\d.-]+ ?"[^>]*stroke-width: 2.2', svg)
    return np.array([[float(a), float(b)] for a, b in found])


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_places_are_linear_in_the_numbers(width: int) -> None:
    svg = drawn(ROWS, Scale("axis", None), width)
    x = marker_places(svg)[:, 0]
    values = np.array(ROWS)
    slope, start = np.polyfit(values[:, 0], x, 1)
    assert slope > 0
    np.testing.assert_allclose(bars(svg), start + slope * values[:, 1:], atol=0.01)
    np.testing.assert_allclose(x, start + slope * values[:, 0], atol=0.01)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_rows_stand_in_order_inside_the_figure(width: int) -> None:
    svg = drawn(ROWS, Scale("axis", 0.5), width)
    places = marker_places(svg)
    assert (np.diff(places[:, 1]) > 20).all()
    assert (places > 0).all()
    assert (places[:, 0] < width).all()


def test_differences_always_show_both_sides_of_zero() -> None:
    svg = drawn([(0.3, 0.2, 0.4)], Scale("axis", 0.0, signed=True))
    assert "← worse" in svg
    assert "better →" in svg
    assert "var(--worse)" in svg
    assert ">0.0</text>" in svg


def test_a_row_without_a_number_keeps_its_label_only() -> None:
    svg = drawn([(math.nan, math.nan, math.nan), ROWS[0]], Scale("axis", None))
    assert len(marker_places(svg)) == 1
    assert ">row 0</text>" in svg


def test_a_row_without_an_interval_has_no_bar() -> None:
    svg = drawn([(0.5, math.nan, math.nan), ROWS[0]], Scale("axis", None))
    assert len(marker_places(svg)) == 2
    assert len(bars(svg)) == 1


def test_equal_numbers_still_draw() -> None:
    assert len(marker_places(drawn([(1.0, 1.0, 1.0)] * 3, Scale("axis", 1.0)))) == 3


def test_shapes_differ_and_not_by_colour_alone() -> None:
    marks = [Mark("a", 0.1, 0.0, 0.2, "", shape, FUSION) for shape in ("filled", "hollow")]
    svg = draw_intervals(
        "test", marks, Scale("axis", None), title="t", description="d", width=WIDE
    )
    uses = re.findall(r'<use xlink:href="([^"]+)"[^>]*style="([^"]+)"', svg)
    assert uses[0][0] != uses[1][0]
    assert "fill: var(--fusion)" in uses[0][1]
    assert "fill: var(--surface)" in uses[1][1]
