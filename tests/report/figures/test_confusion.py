"""The confusion matrix writes the share and count of every cell in its place."""

import re

import numpy as np
import pytest

from consilience.report.diagnosis import Confusions
from consilience.report.figures.canvas import NARROW, WIDE
from consilience.report.figures.confusion import LIMIT, draw_confusion


def test_cells_hold_shares_by_true_class_and_counts() -> None:
    found = Confusions(("a", "b"), np.array([[3, 1], [0, 12]]))
    texts = re.findall(
        r'x="([\d.]+)" y="([\d.]+)"[^>]*>([\d,]+)</text>', draw_confusion(found, method="m")
    )
    by_word = {word: (float(x), float(y)) for x, y, word in texts}
    assert set(by_word) == {"75", "3", "25", "1", "100", "12"}
    assert by_word["75"][1] == pytest.approx(by_word["25"][1])
    assert by_word["75"][0] < by_word["25"][0] == pytest.approx(by_word["100"][0])
    assert by_word["25"][1] < by_word["100"][1]


def test_darkness_follows_the_share() -> None:
    found = Confusions(("a", "b"), np.array([[9, 1], [5, 5]]))
    svg = draw_confusion(found, method="m")
    shades = [
        float(shade) for shade in re.findall(r"fill: var\(--fusion\); opacity: ([\d.]+)", svg)
    ]
    assert shades == pytest.approx([0.08 + 0.92 * s for s in (0.9, 0.1, 0.5, 0.5)])


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("size", [2, 5, LIMIT])
def test_the_matrix_fits_the_width(width: int, size: int) -> None:
    labels = tuple(f"a class with a long name {i}" for i in range(size))
    svg = draw_confusion(Confusions(labels, np.eye(size, dtype=np.int64)), method="m", width=width)
    box = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    assert box is not None
    assert int(box[1]) <= width + 1


def test_the_description_names_the_errors() -> None:
    svg = draw_confusion(Confusions(("a", "b"), np.array([[3, 1], [0, 12]])), method="m")
    assert "Predicted correctly: a 75 %, b 100 %. Most frequent errors: a taken for b 25 %." in svg
    perfect = draw_confusion(Confusions(("a",), np.array([[3]])), method="m")
    assert "Predicted correctly: a 100 %. No errors." in perfect
