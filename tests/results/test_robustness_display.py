"""Lines of scores over levels."""

import sys

import pytest

from consilience.results.robustness import Curve, Measured, Robustness
from consilience.results.robustness_display import RobustnessCurveDisplay

LEVELS = (0.0, 0.25, 1.0)
SCORES = (Measured(0.9, 0.8, 0.95), Measured(0.8, 0.7, 0.9), Measured(0.5, 0.4, 0.6))
PLAIN = Curve("a $b$", "noise", LEVELS, SCORES, SCORES[1])
COMPARED = Curve(None, "noise", LEVELS, SCORES, SCORES[1], baseline=SCORES[::-1])
FOUND = Robustness("accuracy", True, SCORES[0], (PLAIN, COMPARED), (), 10, 5)


def test_a_line_a_curve_a_shade_an_interval_and_dashes_for_the_baseline() -> None:
    display = RobustnessCurveDisplay.from_results(FOUND).plot()
    lines = display.axes.lines
    assert [list(line.get_xdata()) for line in lines] == [list(LEVELS)] * 3
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.8, 0.5]] * 2 + [[0.5, 0.8, 0.9]]
    assert [line.get_linestyle() for line in lines] == ["-", "-", "--"]
    assert lines[1].get_color() == lines[2].get_color() != lines[0].get_color()
    assert lines[0].get_marker() != lines[1].get_marker()
    (shade, _) = display.axes.collections
    corners = {(round(x, 6), round(y, 6)) for x, y in shade.get_paths()[0].vertices}
    assert {(0.25, 0.7), (0.25, 0.9), (1.0, 0.4), (1.0, 0.6)} <= corners


def test_names_are_taken_as_they_are_and_axes_are_named() -> None:
    axes = RobustnessCurveDisplay((PLAIN, COMPARED), "accuracy").plot().axes
    texts = axes.get_legend().get_texts()
    assert [t.get_text() for t in texts] == ["a $b$", "all modalities"]
    assert not any(t.get_parse_math() for t in texts)
    assert axes.get_ylabel() == "accuracy"
    assert axes.get_xlabel() == "level of noise (shade: 95 % interval; dashed: baseline)"
    alone = RobustnessCurveDisplay((PLAIN,), "accuracy").plot().axes
    assert alone.get_xlabel() == "level of noise (shade: 95 % interval)"


def test_it_draws_on_given_axes() -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415  heavy

    axes = Figure().subplots()
    display = RobustnessCurveDisplay.from_results(FOUND).plot(axes)
    assert display.axes is axes
    assert display.figure is axes.figure
    assert RobustnessCurveDisplay((), "accuracy").plot().axes.get_legend() is None


def test_it_draws_without_global_state() -> None:
    before = "matplotlib.pyplot" in sys.modules
    png = RobustnessCurveDisplay.from_results(FOUND)._repr_png_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert png.startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.mark.parametrize("many", [9, 12])
def test_many_curves_stay_apart(many: int) -> None:
    curves = [Curve(f"m{i}", "noise", LEVELS, SCORES, SCORES[1]) for i in range(many)]
    lines = RobustnessCurveDisplay(curves, "accuracy").plot().axes.lines
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == many
