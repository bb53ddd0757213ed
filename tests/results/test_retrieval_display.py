"""The picture: a bar a cut and direction, its interval, chance across each bar."""

import sys
from typing import Any

import numpy as np
import pytest

from consilience.results.interval import Interval
from consilience.results.retrieval import Direction
from consilience.results.retrieval_display import RetrievalDisplay


def direction(query: str, of: str, recall: float) -> Direction:
    found = {k: Interval(recall * k / 10, recall * k / 10 - 0.05, 0.9) for k in (5, 10)}
    one = Interval(1.0, 1.0, 1.0)
    luck = {5: 0.05, 10: 0.1}
    return Direction(query, of, 9, 100, found, one, one, luck, 50.5, 0.05)


@pytest.fixture
def drawn() -> RetrievalDisplay:
    return RetrievalDisplay((direction("a$b$", "t", 0.8), direction("t", "a$b$", 0.4))).plot()


def test_bars_are_as_high_as_recall_and_lie_side_by_side(drawn: RetrievalDisplay) -> None:
    bars = [[(p.get_x(), p.get_height()) for p in c] for c in _bars(drawn)]
    assert [h for _, h in bars[0]] == pytest.approx([0.4, 0.8])
    assert [h for _, h in bars[1]] == pytest.approx([0.2, 0.4])
    assert [x for x, _ in bars[1]] == pytest.approx([x + 0.4 for x, _ in bars[0]])


def test_intervals_and_chance_are_where_they_belong(drawn: RetrievalDisplay) -> None:
    error = _bars(drawn)[0].errorbar.lines[2][0].get_segments()
    assert error[0][:, 1].tolist() == pytest.approx([0.35, 0.9])
    lines = [c for c in drawn.axes.collections if len(c.get_segments()) == 2]
    flat = [c for c in lines if np.ptp(c.get_segments()[0][:, 1]) == 0]
    assert [s[0, 1] for s in flat[0].get_segments()] == pytest.approx([0.05, 0.1])
    assert flat[0].get_segments()[0][:, 0].tolist() == pytest.approx([-0.4, 0.0])


def test_cuts_are_named_and_names_are_no_mathematics(drawn: RetrievalDisplay) -> None:
    assert [t.get_text() for t in drawn.axes.get_xticklabels()] == ["R@5", "R@10"]
    labels = drawn.axes.get_legend().get_texts()
    assert [t.get_text() for t in labels] == ["a$b$ -> t", "t -> a$b$"]
    assert not any(t.get_parse_math() for t in labels)


def test_it_draws_on_given_axes_and_nothing_else(drawn: RetrievalDisplay) -> None:
    again = RetrievalDisplay(drawn.directions)
    assert again.plot(drawn.axes).figure is drawn.figure
    assert "matplotlib.pyplot" not in sys.modules or not _open_figures()
    assert again._repr_png_().startswith(b"\x89PNG")  # pyright: ignore[reportPrivateUsage]  what notebooks call


def _open_figures() -> list[int]:
    from matplotlib import pyplot  # noqa: PLC0415  only if someone else loaded it

    return pyplot.get_fignums()


def _bars(drawn: RetrievalDisplay) -> list[Any]:
    return [c for c in drawn.axes.containers if hasattr(c, "patches")]
