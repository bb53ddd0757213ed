"""Each head has its panel on a common scale, with the network behind it."""

import pytest

from consilience.report.figures.canvas import NARROW, WIDE
from consilience.report.figures.learning import draw_learning
from consilience.results import History

CURVES = {
    "a": History((1.0, 0.6, 0.3), (1.0, 0.8, 0.9), 2, 1.0, stopped_early=True),
    "b": History((1.0, 0.9, 0.8), (1.0, 1.0, 1.1), 2, 1.0, stopped_early=True),
    "All together": History((1.0, 0.5, 0.2), (1.0, 0.5, 0.6), 2, 1.0, stopped_early=True),
}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_curve_has_a_panel_with_its_change(width: int) -> None:
    svg = draw_learning(CURVES, joint="All together", width=width)
    for title in CURVES:
        assert f">{title}</text>" in svg
    assert "1.000 → 0.800" in svg
    assert "1.000 → 0.500" in svg


def test_the_network_stands_behind_each_modality_only() -> None:
    svg = draw_learning(CURVES, joint="All together")
    assert svg.count("opacity: 0.5") == 2


def test_the_description_tells_the_numbers() -> None:
    svg = draw_learning(CURVES, joint="All together")
    assert (
        "a: validation loss 1.000 after the first epoch, 0.800 at the kept epoch 2; training "
        "loss then 0.600."
    ) in svg
