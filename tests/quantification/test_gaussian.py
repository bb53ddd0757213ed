"""The closed form recovers the truth of jointly Gaussian data."""

import numpy as np
import pytest

from consilience.errors import DataError
from consilience.quantification.gaussian import (
    gaussian_atoms,
    information_of_moments,
    measure_gaussian,
)
from consilience.results.interactions import QUANTITIES

COV = np.array(
    [
        [1.0, 0.3, 0.2, 0.5],
        [0.3, 1.0, 0.4, 0.4],
        [0.2, 0.4, 1.0, -0.2],
        [0.5, 0.4, -0.2, 1.0],
    ]
)
ONE, TWO = np.array([0]), np.array([1, 2])


def _entropy_form(columns: list[int]) -> float:
    """I(X; Y) = h(X) + h(Y) - h(X, Y) with Gaussian entropies."""
    y = [3]
    dets = [np.linalg.det(COV[np.ix_(c, c)]) for c in (columns, y, columns + y)]
    return float(0.5 * np.log2(dets[0] * dets[1] / dets[2]))


def _truth() -> np.ndarray:
    one, two, both = (np.array(_entropy_form(c)) for c in ([0], [1, 2], [0, 1, 2]))
    return gaussian_atoms(one, two, both)


def _sample(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).multivariate_normal(np.zeros(4), COV, n)


def test_information_is_the_difference_of_entropies() -> None:
    for columns in ([0], [1, 2], [0, 1, 2]):
        found = information_of_moments(COV, np.array(columns))
        assert float(found) == pytest.approx(_entropy_form(columns), abs=1e-10)


def test_sum_rules() -> None:
    r, u1, u2, s, one, two, both = _truth()
    assert (r + u1, r + u2, r + u1 + u2 + s) == pytest.approx((one, two, both))
    assert min(u1, u2) == 0


def test_a_sample_recovers_the_truth_within_its_intervals() -> None:
    z = _sample(3000, 1)
    found = measure_gaussian(
        z[:, :1],
        z[:, 1:3],
        z[:, 3],
        None,
        n_boot=200,
        n_null=50,
        rng=np.random.default_rng(0),
    )
    for name, truth in zip(QUANTITIES, _truth(), strict=True):
        assert found[name].low <= truth <= found[name].high
    assert found["information_12"].p_value == pytest.approx(1 / 51)


def test_bias_of_many_columns_is_taken_away() -> None:
    """12 columns of noise, 100 rows: the plug-in reads .09 bits, the corrected 0 +- .01."""
    estimates: list[float] = []
    rng = np.random.default_rng(0)
    for _ in range(40):
        z = rng.standard_normal((100, 13))
        found = measure_gaussian(z[:, :6], z[:, 6:12], z[:, 12], None, n_boot=5, n_null=0, rng=rng)
        estimates.append(found["information_12"].estimate)
    assert abs(np.mean(estimates)) < 4 * np.std(estimates) / 40**0.5
    assert abs(np.mean(estimates)) < 0.03


def test_coverage() -> None:
    """60 runs: an interval that covers 93 % fails (below 83 %) with probability 0.004."""
    truth = _truth()
    covered = np.zeros(7)
    for seed in range(60):
        z = _sample(300, seed)
        rng = np.random.default_rng(seed)
        found = measure_gaussian(z[:, :1], z[:, 1:3], z[:, 3], None, n_boot=80, n_null=0, rng=rng)
        rows = [found[name] for name in QUANTITIES]
        covered += [q.low <= t <= q.high for q, t in zip(rows, truth, strict=True)]
    assert (covered >= 50).all()


def test_units_copies_and_order_of_columns_do_not_matter() -> None:
    z = _sample(400, 3)

    def estimates(one: np.ndarray, two: np.ndarray) -> list[float]:
        rng = np.random.default_rng(0)
        found = measure_gaussian(one, two, z[:, 3], None, n_boot=10, n_null=0, rng=rng)
        return [found[name].estimate for name in QUANTITIES]

    plain = estimates(z[:, :1], z[:, 1:3])
    other = estimates(1e4 * z[:, [0, 0]] + 3, z[:, [2, 1]] * [1e-3, 5])
    assert other == pytest.approx(plain, abs=1e-6)
    swapped = estimates(z[:, 1:3], z[:, :1])
    assert [swapped[i] for i in (0, 2, 1, 3, 5, 4, 6)] == pytest.approx(plain, abs=1e-9)


def test_groups_widen_the_interval() -> None:
    z = np.repeat(_sample(100, 4), 5, axis=0)
    widths: list[float] = []
    for groups in (None, np.repeat(np.arange(100), 5)):
        rng = np.random.default_rng(0)
        q = measure_gaussian(z[:, :1], z[:, 1:3], z[:, 3], groups, n_boot=100, n_null=0, rng=rng)
        widths.append(q["information_12"].high - q["information_12"].low)
    assert widths[1] > 1.6 * widths[0]


def test_what_the_closed_form_cannot_do() -> None:
    z = _sample(20, 0)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="needs 20 rows for 3 independent columns and a target; f"):
        measure_gaussian(z[:19, :1], z[:19, 1:3], z[:19, 3], None, n_boot=9, n_null=0, rng=rng)
    z = _sample(200, 0)
    with pytest.raises(DataError, match="the target is an exact linear function of the modalit"):
        measure_gaussian(z[:, :1], z[:, 1:3], z[:, 0] + z[:, 1], None, n_boot=9, n_null=0, rng=rng)


def test_equally_informative_modalities_have_upper_ends_as_if_equal() -> None:
    """Redundancy, the lesser of both, comes out too low: 60 samples miss 7 % of the time."""
    rng = np.random.default_rng(0)
    truth, missed = -0.5 * np.log2(2 / 3), 0
    for _ in range(40):
        x = rng.standard_normal((60, 2))
        y = x.sum(1) + rng.standard_normal(60)
        found = measure_gaussian(x[:, :1], x[:, 1:], y, None, n_boot=100, n_null=0, rng=rng)
        missed += found["redundancy"].high < truth
    assert missed <= 6
