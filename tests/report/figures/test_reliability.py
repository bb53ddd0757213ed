"""Dots lie at claimed and observed shares; intervals and counts go with them."""

import re

import numpy as np

from consilience.report.diagnosis import Bin, Reliability
from consilience.report.figures.reliability import draw_reliability

TOLD = Reliability(
    "probability of yes",
    (Bin(0.25, 0.5, 0.3, 0.7, 40), Bin(0.75, 0.6, 0.5, 0.7, 12345)),
    brier=0.1,
    ece=0.02,
)


def test_dots_and_intervals_share_the_scale_of_the_diagonal() -> None:
    svg = draw_reliability(TOLD, method="m")
    dots = [
        (float(x), float(y))
        for x, y in re.findall(r'<use xlink:href="[^"]+" x="([\d.]+)" y="([\d.]+)"', svg)
    ]
    scale = (dots[1][0] - dots[0][0]) / 0.5
    zero = dots[0][0] - 0.25 * scale
    floor = dots[0][1] + 0.5 * scale
    np.testing.assert_allclose(dots[1][1], floor - 0.6 * scale, atol=0.01)
    bars = re.findall(r'd="M ([\d.]+) ([\d.]+) L \1 ([\d.]+) ?"[^>]*stroke-opacity: 0.55', svg)
    found = [[float(v) for v in bar] for bar in bars]
    expected = [
        [zero + c * scale, floor - low * scale, floor - high * scale]
        for c, low, high in ((0.25, 0.3, 0.7), (0.75, 0.5, 0.7))
    ]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_counts_stand_over_their_bars() -> None:
    svg = draw_reliability(TOLD, method="m")
    assert ">40</text>" in svg
    assert ">12k</text>" in svg


def test_the_description_states_bins_and_scores() -> None:
    svg = draw_reliability(TOLD, method="m")
    assert "Brier score 0.100, expected calibration error 0.020." in svg
    assert "claimed 25 %, came true 50 % (95 % interval 30 % to 70 %, 40 predictions)" in svg
    assert "Claimed probability of yes" in svg
