"""A marker a representation and factor, at its R2."""

import math
import sys

import pytest

from consilience.results.fission import FactorKept, FactorsKept
from consilience.results.fission_display import FactorsKeptDisplay
from consilience.results.robustness import Measured

ONCE = Measured(0.2, math.nan, math.nan)
ROWS = (
    FactorKept("ours", "s $1$", Measured(0.9, 0.85, 0.97), ONCE),
    FactorKept("ours", "own", Measured(0.8, 0.7, 0.9), ONCE),
    FactorKept("other", "s $1$", Measured(0.95, 0.9, 1.0), ONCE),
    FactorKept("other", "own", ONCE, ONCE),
)
KEPT = FactorsKept(ROWS, 3, 100, {"ours": 4, "other": 4})


def test_each_representation_is_a_marker_at_its_r2_with_its_interval() -> None:
    axes = FactorsKeptDisplay.from_results(KEPT).plot().axes
    ours, other = (container.lines for container in axes.containers)
    assert list(ours[0].get_ydata()) == [0.9, 0.8]
    assert list(other[0].get_ydata()) == [0.95, 0.2]
    assert ours[0].get_xdata()[0] < 0 < other[0].get_xdata()[0]
    assert ours[0].get_marker() != other[0].get_marker()
    low, high = ours[1]
    assert list(low.get_ydata()) == pytest.approx([0.85, 0.7])
    assert list(high.get_ydata()) == pytest.approx([0.97, 0.9])
    assert list(other[1][0].get_ydata())[1] == 0.2


def test_names_are_taken_as_they_are() -> None:
    axes = FactorsKeptDisplay(KEPT).plot().axes
    labels = axes.get_xticklabels()
    assert [label.get_text() for label in labels] == ["s $1$", "own"]
    assert not any(label.get_parse_math() for label in labels)
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["ours", "other"]
    assert axes.get_ylabel() == "R2 on new samples"


def test_it_draws_without_global_state_and_on_given_axes() -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415  heavy

    before = "matplotlib.pyplot" in sys.modules
    png = FactorsKeptDisplay(KEPT)._repr_png_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert png.startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before
    axes = Figure().subplots()
    assert FactorsKeptDisplay(KEPT).plot(axes).figure is axes.figure
    assert KEPT.plot().axes[0].get_legend() is not None
