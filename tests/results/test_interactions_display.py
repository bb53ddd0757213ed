"""Bars with intervals beside the null."""

import sys

import pytest

from consilience.results.interactions_display import InteractionsDisplay
from consilience.results.quantity import Quantity

ATOMS = {"redundancy": Quantity(0.2, 0.1, 0.3, 0.05, 0.01), "synergy": Quantity(0.0, -1.0, 1.0)}
PANELS = [("a and $b$", ATOMS)]


def test_a_bar_an_atom_a_line_an_interval_a_shade_a_null() -> None:
    display = InteractionsDisplay(PANELS).plot()
    (axis,) = display.figure.axes
    widths = sorted(patch.get_width() for patch in axis.patches)
    assert widths == pytest.approx([0.0, 0.05, 0.2])
    assert [list(line.get_xdata()) for line in axis.lines[:2]] == [[0.1, 0.3], [-1, 1]]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["redundancy", "synergy"]
    assert axis.get_title(loc="left") == "a and $b$"


def test_panels_share_a_scale_that_the_last_names() -> None:
    wide = {"redundancy": Quantity(3.0, 2.0, 4.0, 0.05, 0.01)}
    one, two = InteractionsDisplay([*PANELS, ("c and d", wide)]).plot().figure.axes
    assert one.get_xlim() == two.get_xlim()
    assert one.get_xlabel() == ""
    assert two.get_xlabel().startswith("bits")


def test_it_draws_without_global_state() -> None:
    before = "matplotlib.pyplot" in sys.modules
    png = InteractionsDisplay(PANELS)._repr_png_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert png.startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before
