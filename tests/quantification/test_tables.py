"""Estimates from sampled tables cover the truth, and noise is not taken for information."""

import numpy as np
import pytest

from consilience.functional.pid import pid
from consilience.quantification import tables
from consilience.quantification.correction import Null, Replicates, quantities
from consilience.quantification.folds import Fold
from consilience.quantification.tables import (
    corrected_atoms,
    informations,
    joint_information,
    measure,
)
from consilience.results.interactions import QUANTITIES
from consilience.results.quantity import Quantity

AND = np.zeros((2, 2, 2))
XOR = np.zeros((2, 2, 2))
for _a, _b in np.ndindex(2, 2):
    AND[_a, _b, _a & _b] = XOR[_a, _b, _a ^ _b] = 0.25
RANDOM = np.random.default_rng(5).dirichlet(np.ones(18)).reshape(3, 3, 2)
WIDE = np.random.default_rng(6).dirichlet(np.ones(48)).reshape(4, 4, 3)
NOISY = 0.8 * AND + 0.2 * 0.125
TRUTHS = {
    "and": AND,
    "xor": 0.8 * XOR + 0.2 * 0.125,
    "noisy and": NOISY,
    "3 x 3 x 2": RANDOM,
    "4 x 4 x 3": WIDE,
}


def _fold(p: np.ndarray, n: int, rng: np.random.Generator) -> Fold:
    table = rng.multinomial(n, p.ravel()).reshape(p.shape)
    return Fold(table, table)


def _truth(p: np.ndarray) -> np.ndarray:
    return informations(p[None])[0][0]


def test_informations_are_those_of_the_exact_solver() -> None:
    row, gap = informations(np.stack([RANDOM, RANDOM[::-1]]) * 1000)
    exact = pid(RANDOM)
    expected = [exact.redundancy, *exact.unique, exact.synergy, *exact.information]
    assert row[0] == pytest.approx(expected, abs=2e-6)
    assert row[1] == pytest.approx(expected, abs=2e-6)
    assert gap <= 1e-6
    assert joint_information(RANDOM[None])[0] == pytest.approx(exact.information[2], abs=1e-12)


@pytest.mark.parametrize(("gate", "redundancy", "synergy"), [(AND, 0.311278, 0.5), (XOR, 0, 1)])
def test_a_sampled_gate(gate: np.ndarray, redundancy: float, synergy: float) -> None:
    rng = np.random.default_rng(0)
    found = measure([_fold(gate, 20_000, rng)], n_boot=200, n_null=100, rng=rng).quantities
    for name, truth in (("redundancy", redundancy), ("synergy", synergy)):
        assert found[name].low <= truth <= found[name].high
        assert found[name].estimate == pytest.approx(truth, abs=0.02)
    assert found["synergy"].p_value == pytest.approx(1 / 101)


def _coverage(p: np.ndarray, n: int, runs: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    truth = _truth(p)
    covered = np.zeros(7)
    for _ in range(runs):
        found = measure([_fold(p, n, rng)], n_boot=100, n_null=0, rng=rng).quantities
        rows = [found[name] for name in QUANTITIES]
        covered += [q.low <= t <= q.high for q, t in zip(rows, truth, strict=True)]
    return covered / runs


def test_intervals_cover_in_short() -> None:
    """40 runs: an atom covered 93 % of the time fails with probability 0.0007."""
    for table, n in ((WIDE, 960), (NOISY, 40)):
        assert (_coverage(table, n, 40, 0) >= 0.8).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("per_cell", [5, 20, 50])
def test_intervals_cover_90_to_99_percent(name: str, per_cell: int) -> None:
    """500 runs: standard error of one number 1.3 % at 90, so 88 or less has probability 0.06.

    Where the truth is 0 an interval can miss on one side only.
    """
    p = TRUTHS[name]
    covered = _coverage(p, per_cell * p.size, 500, 1)
    away = _truth(p) > 1e-3
    assert 0.90 <= covered[away].mean() <= 0.99
    assert (covered[away] >= 0.88).all()
    assert (covered[~away] >= 0.95).all()


def test_noise_is_not_taken_for_information() -> None:
    """Synergy of 10 x 10 clusters without a target is 0 on average, not the plug-in's .035."""
    rng = np.random.default_rng(0)
    p = np.full((10, 10, 2), 1 / 200)
    estimates: list[float] = []
    for _ in range(8):
        fold = _fold(p, 2000, rng)
        estimates.append(corrected_atoms([fold], rng)[3])
        assert informations(fold.table[None])[0][0, 3] > 0.02
    assert abs(np.mean(estimates)) < 0.004


def test_null_p_values_are_uniform_enough() -> None:
    """30 nulls of 5 tests: each p <= 0.05 in 5 %; more than 6 of 30 has probability 0.0003."""
    rng = np.random.default_rng(1)
    p = np.full((4, 4, 2), 1 / 32)
    low = np.zeros(7)
    zero = np.zeros(7)
    for _ in range(30):
        found = measure([_fold(p, 500, rng)], n_boot=60, n_null=60, rng=rng).quantities
        rows = [found[name] for name in QUANTITIES]
        low += [q.p_value <= 0.05 for q in rows]
        zero += [q.low <= 0 <= q.high for q in rows]
    assert (low <= 6).all()
    assert (zero >= 27).all()


def test_the_null_of_synergy_has_the_synergy_of_independence_given_the_class() -> None:
    rng = np.random.default_rng(2)
    first, second = RANDOM.sum(1), RANDOM.sum(0)
    independent = np.einsum("ay,by->aby", first, second) / RANDOM.sum((0, 1))
    expected = _truth(independent)[3]
    found = measure([_fold(RANDOM, 40_000, rng)], n_boot=60, n_null=100, rng=rng).quantities
    assert found["synergy"].null_high == pytest.approx(expected, abs=0.01)


def test_groups_of_repeated_rows_widen_the_interval() -> None:
    rng = np.random.default_rng(3)
    one, two, y = np.unravel_index(rng.choice(18, 400, p=RANDOM.ravel()), (3, 3, 2))
    once = Fold.of((one, two, y), (3, 3, 2), None, rng)
    repeated = np.repeat(one, 4), np.repeat(two, 4), np.repeat(y, 4)
    plain = Fold.of(repeated, (3, 3, 2), None, rng)
    grouped = Fold.of(repeated, (3, 3, 2), np.repeat(np.arange(400), 4), rng)
    widths = [
        {
            name: q.high - q.low
            for name, q in measure([f], n_boot=300, n_null=0, rng=rng).quantities.items()
        }
        for f in (once, plain, grouped)
    ]
    for name in ("synergy", "information_12", "redundancy"):
        assert widths[1][name] < 0.7 * widths[2][name]
        assert widths[2][name] == pytest.approx(widths[0][name], rel=0.25)


def test_folds_add_their_degrees_of_freedom(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def spy(replicates: Replicates, null: Null) -> dict[str, Quantity]:
        seen.append(replicates.freedom)
        return quantities(replicates, null)

    monkeypatch.setattr(tables, "quantities", spy)
    rng = np.random.default_rng(5)
    one, two, y = rng.integers(0, 2, (3, 200))
    alone = Fold.of((one, two, y), (2, 2, 2), None, rng)
    grouped = Fold.of((one, two, y), (2, 2, 2), np.repeat(np.arange(20), 10), rng)
    for folds in ([alone], [grouped], [alone, grouped]):
        measure(folds, n_boot=50, n_null=0, rng=rng)
    assert seen == [50, 19, 69]


def test_too_few_independent_samples_have_no_null() -> None:
    rng = np.random.default_rng(4)
    one, two, y = rng.integers(0, 2, (3, 200))
    fold = Fold.of((one, two, y), (2, 2, 2), np.repeat(np.arange(10), 20), rng)
    found = measure([fold], n_boot=60, n_null=50, rng=rng).quantities
    assert all(np.isnan(q.p_value) for q in found.values())
