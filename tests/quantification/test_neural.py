"""The batch estimator with intervals."""

import numpy as np
import pytest

from consilience.quantification.neural import FIXED, NeuralMeasure, measure_neural
from consilience.results.interactions import ATOMS

RNG = np.random.default_rng(0)
N = 400
SIGNS = RNG.choice([-1.0, 1.0], (2, N, 1))
XOR = (SIGNS[0] * SIGNS[1] < 0)[:, 0].astype(np.int64)


@pytest.fixture(scope="module")
def measured() -> NeuralMeasure:
    holed = SIGNS[0].copy()
    holed[0] = np.nan
    return measure_neural(holed, SIGNS[1], XOR, None, n_boot=50, n_null=30, seed=0)


def test_synergy_of_signs_is_found(measured: NeuralMeasure) -> None:
    q = measured.quantities
    assert q["synergy"].estimate > 0.9
    assert q["synergy"].low < q["synergy"].estimate < q["synergy"].high
    for name in ("redundancy", "unique_1", "unique_2"):
        assert abs(q[name].estimate) < 0.03


def test_informations_have_a_null_and_atoms_have_none(measured: NeuralMeasure) -> None:
    q = measured.quantities
    assert q["information_12"].p_value == pytest.approx(1 / 31)
    assert q["information_12"].null_high < 0
    assert all(np.isnan(q[name].p_value) for name in ATOMS)
    assert measured.notes[-1] == FIXED


def test_groups_widen_the_interval() -> None:
    y = np.where(RNG.random(100) < 0.85, XOR[:100], 1 - XOR[:100])
    one, two = (np.repeat(v[:100], 5, axis=0) for v in SIGNS)
    groups = np.repeat(np.arange(100), 5)
    found = measure_neural(
        one, two, np.repeat(y, 5), groups, n_boot=50, n_null=9, seed=0
    ).quantities
    width = found["information_12"].high - found["information_12"].low
    assert width > 0.15
    assert np.isnan(found["information_12"].p_value)
