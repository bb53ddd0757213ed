"""Dots lie at true and predicted values; the diagonal is where they are equal."""

import re

import numpy as np
import pytest

from consilience.report.figures.scatter import LIMIT, draw_scatter


def dots(svg: str) -> np.ndarray:
    found = re.findall(r'<use xlink:href="[^"]+" x="([\d.-]+)" y="([\d.-]+)"', svg)
    return np.array([[float(x), float(y)] for x, y in found])


def test_dots_are_linear_in_the_values_with_one_scale_for_both() -> None:
    true, guess = np.array([1.0, 2.0, 5.0]), np.array([2.0, 2.0, 4.0])
    places = dots(draw_scatter(true, guess, method="m"))
    across = np.polyfit(true, places[:, 0], 1)
    down = np.polyfit(guess, places[:, 1], 1)
    np.testing.assert_allclose(np.polyval(across, true), places[:, 0], atol=1e-3)
    np.testing.assert_allclose(np.polyval(down, guess), places[:, 1], atol=1e-3)
    assert across[0] == pytest.approx(-down[0], rel=1e-4)


def test_many_samples_are_thinned_and_described_whole() -> None:
    true = np.linspace(0, 1, 5000)
    svg = draw_scatter(true, true, method="m")
    assert LIMIT / 2 < len(dots(svg)) <= LIMIT
    assert "5,000 samples; R² 1.000, root mean squared error 0.000" in svg


def test_one_constant_value_still_draws() -> None:
    assert len(dots(draw_scatter(np.ones(2), np.ones(2), method="m"))) == 2
