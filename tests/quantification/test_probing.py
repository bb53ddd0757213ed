"""A plain classifier tells when clusters lose what matters."""

import numpy as np
import pytest

from consilience.quantification.probing import coarse, linear_information

RNG = np.random.default_rng(0)
HALVES = np.arange(2000), np.arange(2000, 4000)


def test_logistic_regression_finds_what_a_column_tells() -> None:
    bit = RNG.integers(0, 2, 4000)
    y = bit ^ (RNG.random(4000) < 0.1)
    values = np.column_stack([bit.astype(np.float64), RNG.standard_normal((4000, 3))])
    values[::50, 1] = np.nan
    found = linear_information(values, y, *HALVES)
    assert found == pytest.approx(0.531, abs=0.05)


def test_it_finds_nothing_in_noise_and_nothing_impossible() -> None:
    values, y = RNG.standard_normal((4000, 3)), RNG.integers(0, 2, 4000)
    assert abs(linear_information(values, y, *HALVES)) < 0.01
    assert linear_information(values, np.where(np.arange(4000) < 2000, 0, y), *HALVES) == 0.0
    assert linear_information(np.zeros((4000, 501)), y, *HALVES) == 0.0


def test_the_warning_says_how_much_is_lost() -> None:
    assert coarse("labs", 0.30, 0.34) == ""
    assert coarse("labs", -0.01, 0.34) == (
        "the clusters of 'labs' keep 0.00 bits about the target where logistic regression finds "
        "0.34, so the atoms are of the clusters, not of 'labs': select or encode its columns, "
        'or use estimator="batch"'
    )
