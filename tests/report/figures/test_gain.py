"""Differences are told against the right reference, coloured by their interval."""

import pytest

from consilience.report.figures.canvas import BETTER, MUTED, WORSE
from consilience.report.figures.gain import difference_mark, draw_gain, draw_interactions
from consilience.results import Contrast, MethodRow


@pytest.mark.parametrize(
    ("low", "high", "shape", "colour"),
    [
        (0.01, 0.05, "filled", BETTER),
        (-0.05, -0.01, "filled", WORSE),
        (-0.01, 0.05, "hollow", MUTED),
        (0.0, 0.05, "hollow", MUTED),
    ],
)
def test_what_an_interval_means(low: float, high: float, shape: str, colour: str) -> None:
    mark = difference_mark("m", (low + high) / 2, low, high)
    assert (mark.shape, mark.colour, mark.strong) == (shape, colour, shape == "filled")


def test_only_fusion_methods_are_compared() -> None:
    rows = (
        MethodRow("concat", "fusion", 0.84, 0.8, 0.88, 0.05, 0.02, 0.08, 0.0004, 1.0),
        MethodRow("gyro", "unimodal", 0.79, 0.75, 0.83, 0.0, 0.0, 0.0, None, 1.0),
        MethodRow("acc", "unimodal", 0.7, 0.6, 0.8, -0.09, -0.1, -0.08, None, 1.0),
    )
    svg = draw_gain(rows, metric="roc_auc", best_unimodal="gyro")
    assert "Difference in ROC AUC to gyro" in svg
    assert ">acc</text>" not in svg
    assert (
        ">concat minus gyro: +0.050, 95 % interval 0.020 to 0.080, adjusted p &lt; 0.001.<" in svg
    )


def test_contrasts_with_one_reference_name_it_once() -> None:
    svg = draw_interactions(
        [Contrast("low_rank", "additive", 0.1, 0.05, 0.15, 0.01)], metric="accuracy"
    )
    assert "Difference in accuracy to additive" in svg
    assert ">low_rank</text>" in svg


def test_contrasts_with_several_references_name_each() -> None:
    contrasts = [
        Contrast("low_rank", "additive", 0.1, 0.05, 0.15, 0.01),
        Contrast("gated", "concat", 0.1, 0.05, 0.15, 0.01),
    ]
    svg = draw_interactions(contrasts, metric="accuracy")
    assert ">gated against concat</text>" in svg
    assert ">Difference in accuracy</text>" in svg
