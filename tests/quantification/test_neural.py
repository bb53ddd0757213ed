"""The batch estimator with intervals and nulls."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from scipy.special import ndtr

from consilience.data.datasets.families import entropy
from consilience.quantification import neural
from consilience.quantification.batch import assemble, batch_pid, calibrate
from consilience.quantification.neural import NeuralMeasure, beyond_tie, measure_neural
from consilience.results.interactions import QUANTITIES
from consilience.results.quantity import Quantity

RNG = np.random.default_rng(0)
N = 400
SIGNS = RNG.choice([-1.0, 1.0], (2, N, 1))
XOR = (SIGNS[0] * SIGNS[1] < 0)[:, 0].astype(np.int64)
SPREAD = np.array([0.4, 1.0])


QUICK = partial(batch_pid, folds=2, max_epochs=30)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "batch_pid", QUICK)


quick = pytest.mark.usefixtures("_quick")


@pytest.fixture(scope="module")
def measured() -> Iterator[NeuralMeasure]:
    holed = SIGNS[0].copy()
    holed[0] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural, "batch_pid", QUICK)
        yield measure_neural(holed, SIGNS[1], XOR, None, n_boot=50, n_null=30, seed=0)


def gaussian(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two noisy views of a Gaussian among noise, turned; the class is its sign."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(n)
    views = z[:, None] + SPREAD * rng.standard_normal((n, 2))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    sides = [np.column_stack([v, rng.standard_normal((n, 2))]) @ turn for v in views.T]
    return sides[0], sides[1], (z > 0).astype(np.int64)


def gaussian_truth() -> np.ndarray:
    """The second view is a noisier copy of the first, so it has nothing of its own."""
    line = np.linspace(-8, 8, 4001)
    weight = np.exp(-(line**2) / 2) / np.exp(-(line**2) / 2).sum()

    def information(noise: float) -> float:
        return 1 - float(weight @ entropy(ndtr(line / np.sqrt(noise))))

    noise = SPREAD**2
    one, two, both = (information(v) for v in (*noise, 1 / (1 / noise).sum()))
    return np.array([two, one - two, 0.0, both - one, one, two, both])


def covered(n: int, seed: int) -> np.ndarray:
    found = measure_neural(*gaussian(n, seed), None, n_boot=60, n_null=0, seed=seed).quantities
    rows = [found[name] for name in QUANTITIES]
    return np.array([q.low <= t <= q.high for q, t in zip(rows, gaussian_truth(), strict=True)])


@quick
def test_a_gaussian_truth_is_within_the_intervals() -> None:
    assert covered(600, 0).all()


@pytest.mark.slow
def test_gaussian_truths_are_within_the_intervals_in_nine_of_ten_cases() -> None:
    """20 draws of 1000 samples; of 140 intervals at least 126."""
    hits = np.array([covered(1000, seed) for seed in range(20)])
    assert hits.mean() >= 0.9
    assert (hits.mean(0) >= 0.75).all()


def test_upper_ends_are_those_without_unique_information_where_none_is_found() -> None:
    known = {name: Quantity(0.5, 0.4, 0.6) for name in QUANTITIES}
    unsure = {"unique_1": Quantity(0.06, -0.01, 0.1), "unique_2": Quantity(0.02, -0.02, 0.1)}
    far = beyond_tie(known | unsure)
    assert [far[name].high for name in ("redundancy", "synergy")] == pytest.approx([0.64, 0.64])
    assert far["redundancy"].low == 0.4
    assert far["information_12"] == known["information_12"]
    for one in (Quantity(0.06, 0.01, 0.1), Quantity(-0.06, -0.1, 0.0)):
        atoms = known | unsure | {"unique_1": one}
        assert beyond_tie(atoms) == atoms


def test_synergy_of_signs_is_found(measured: NeuralMeasure) -> None:
    q = measured.quantities
    assert q["synergy"].estimate > 0.9
    assert q["synergy"].low < q["synergy"].estimate < q["synergy"].high
    for name in ("redundancy", "unique_1", "unique_2"):
        assert abs(q[name].estimate) < 0.03
        assert q[name].low <= 0 <= q[name].high
    assert measured.rows == N


def test_every_information_has_a_null(measured: NeuralMeasure) -> None:
    q = measured.quantities
    for name in ("synergy", "information_12"):
        assert q[name].p_value == pytest.approx(1 / 31)
        assert -0.001 < q[name].null_high < 0.05
    for name in ("redundancy", "unique_1", "unique_2"):
        assert not q[name].is_found


@quick
def test_the_null_of_synergy_has_that_of_independence_given_the_class() -> None:
    """Two independent noisy views of a class: their product tells all that both do."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 800)
    views = 2.0 * y + rng.standard_normal((2, 800))
    found = measure_neural(
        views[0, :, None], views[1, :, None], y, None, n_boot=50, n_null=40, seed=0
    ).quantities
    assert found["synergy"].estimate > 0.1
    assert found["synergy"].p_value > 0.05
    assert found["synergy"].null_high == pytest.approx(found["synergy"].estimate, abs=0.04)


def test_synergy_is_found_beside_much_that_each_tells_alone() -> None:
    """The class is a bit of each and whether two others differ, all certain."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (4, 600))
    y = 4 * bits[0] + 2 * bits[1] + (bits[2] ^ bits[3])
    places = np.arange(8)
    known = [places >> 2 == bits[0, :, None], (places >> 1) & 1 == bits[1, :, None], np.eye(8)[y]]
    said = np.log(np.maximum(np.asarray(known, dtype=np.float64), 1e-6))
    said -= np.log(np.exp(said).sum(2, keepdims=True))
    found = assemble(calibrate(said, y), y, judged=said)
    null = neural.null_of(found, y, None, 20, 0)
    assert found.synergy == pytest.approx(1, abs=0.01)
    assert null.p_values()[3] == pytest.approx(1 / 21)
    assert null.high()[3] == pytest.approx(0, abs=0.02)


@quick
def test_noise_is_covered_and_has_no_small_p() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 500, 4)), rng.integers(0, 2, 500)
    found = measure_neural(x[0], x[1], y, None, n_boot=50, n_null=40, seed=0).quantities
    for quantity in found.values():
        assert quantity.low <= 0 <= quantity.high
        assert quantity.p_value > 0.03


@quick
def test_what_the_second_half_of_the_samples_brought_widens_the_interval() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 500, 6))
    y = (x[0, :, 0] * x[1, :, 0] > 0).astype(np.int64)
    found = measure_neural(x[0], x[1], y, None, n_boot=50, n_null=0, seed=0).quantities
    synergy = found["synergy"]
    assert synergy.high - synergy.estimate > 2 * (synergy.estimate - synergy.low)


@quick
def test_groups_widen_the_interval_and_thin_the_null() -> None:
    y = np.where(RNG.random(100) < 0.85, XOR[:100], 1 - XOR[:100])
    one, two = (np.repeat(v[:100], 5, axis=0) for v in SIGNS)
    groups = np.repeat(np.arange(100), 5)
    found = measure_neural(
        one, two, np.repeat(y, 5), groups, n_boot=50, n_null=30, seed=0
    ).quantities["information_12"]
    assert found.high - found.low > 0.15
    assert found.p_value == pytest.approx(1 / 31)
    assert found.null_high > 0.005


@quick
def test_too_few_groups_have_no_null() -> None:
    groups = np.arange(N) % 30
    found = measure_neural(SIGNS[0], SIGNS[1], XOR, groups, n_boot=50, n_null=9, seed=0)
    assert all(np.isnan(q.p_value) for q in found.quantities.values())


@quick
def test_the_same_seed_gives_the_same_bits() -> None:
    one, two = (
        measure_neural(
            SIGNS[0, :150], SIGNS[1, :150], XOR[:150], None, n_boot=50, n_null=5, seed=3
        )
        for _ in range(2)
    )
    assert one == two


@quick
def test_of_many_rows_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "MOST_ROWS", 200)
    found = measure_neural(SIGNS[0], SIGNS[1], XOR, None, n_boot=50, n_null=0, seed=0)
    assert found.rows == 200
    assert found.notes[0] == "200 of 400 rows were drawn at random, to save time"
