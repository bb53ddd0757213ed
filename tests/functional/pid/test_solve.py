"""Tables on which earlier solvers failed; each must be certified."""

import time

import numpy as np
import pytest

from consilience.functional.pid import pid


def dirichlet(rng: np.random.Generator, shape: tuple[int, ...], alpha: float) -> np.ndarray:
    return rng.dirichlet(np.full(int(np.prod(shape)), alpha)).reshape(shape)


def random_table(seed: int) -> np.ndarray:
    rng = np.random.default_rng([20, seed])
    shape = tuple(int(size) for size in rng.integers(2, 12, 3))
    p = dirichlet(rng, shape, (1.0, 0.1, 0.03)[seed % 3])
    if seed % 4 == 0:
        p = np.where(rng.random(shape) < 0.5, p, 0.0)
    if seed % 5 == 0:
        p = np.round(p, 3)
    return p / p.sum()


def test_300_random_tables_are_all_certified() -> None:
    for seed in range(300):
        found = pid(random_table(seed))
        assert found.converged, f"table {seed}: gap {found.gap}"
        assert found.gap <= 1e-7


@pytest.mark.parametrize(
    ("shape", "alpha"),
    [
        ((200, 200, 2), 0.1),
        ((200, 3, 4), 0.1),
        ((3, 200, 4), 0.03),
        ((20, 20, 10), 0.1),
        ((50, 50, 10), 0.1),
        ((2, 2, 60), 0.1),
        ((40, 40, 1), 0.1),
    ],
)
def test_large_peaky_tables_are_certified(shape: tuple[int, ...], alpha: float) -> None:
    found = pid(dirichlet(np.random.default_rng(0), shape, alpha))
    assert found.converged
    assert found.iterations <= 40


@pytest.mark.parametrize("tiny", [1e-3, 1e-9, 1e-13, 1e-15, 1e-18, 1e-30, 1e-300])
def test_cells_of_any_smallness_do_no_harm(tiny: float) -> None:
    rng = np.random.default_rng(1)
    p = dirichlet(rng, (4, 4, 3), 1.0)
    p = np.where(rng.random(p.shape) < 0.5, p, tiny)
    p[0], p[:, 1, 2] = tiny, tiny
    found = pid(p / p.sum())
    assert found.converged
    np.testing.assert_allclose(found.q.sum(1), (p / p.sum()).sum(1), atol=1e-14)


def test_a_class_that_hardly_occurs_does_no_harm() -> None:
    p = dirichlet(np.random.default_rng(2), (5, 5, 3), 1.0)
    p[..., 2] *= 1e-16
    p /= p.sum()
    found = pid(p)
    assert found.converged
    assert found.synergy == pytest.approx(pid(p[..., :2] / p[..., :2].sum()).synergy, abs=2e-7)


@pytest.mark.parametrize("pattern", ["diagonal", "blocks", "one pair a class", "triangle"])
def test_structural_zeros(pattern: str) -> None:
    rng = np.random.default_rng(3)
    i, j, y = np.indices((6, 6, 3))
    support = {
        "diagonal": (i + j) % 3 == y,
        "blocks": (i // 2 == y) & (j // 2 == y),
        "one pair a class": (i == y) & (j == 2 * y),
        "triangle": (i <= j) & (y != 1),
    }[pattern]
    p = np.where(support, rng.random((6, 6, 3)), 0.0)
    assert pid(p / p.sum(), tol=1e-10).converged


def test_a_target_copied_by_a_noisy_source() -> None:
    p = np.zeros((3, 3, 3))
    p[range(3), range(3), range(3)] = 1 / 3
    noisy = (1 - 1e-6) * p + 1e-6 / 27
    found = pid(noisy)
    assert found.converged
    assert found.redundancy == pytest.approx(np.log2(3), abs=1e-4)


def test_too_few_steps_are_admitted_and_the_interval_holds() -> None:
    p = dirichlet(np.random.default_rng(4), (8, 8, 4), 0.3)
    truth = pid(p, tol=1e-11)
    for steps in range(1, 8):
        found = pid(p, max_iter=steps)
        low, high = found.synergy_interval
        assert low - 1e-10 <= truth.synergy <= high + 1e-10
        assert found.iterations <= steps
        assert found.converged == (found.gap <= 1e-7)
    assert not pid(p, max_iter=2).converged


def test_a_second_attempt_begins_where_the_first_gave_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consilience.functional.pid.solve.PATIENCE", 2)
    found = pid(dirichlet(np.random.default_rng(5), (8, 8, 4), 0.3))
    assert found.converged
    assert found.iterations > 2


def test_a_thousand_small_tables_take_well_under_a_second() -> None:
    tables = np.random.default_rng(6).dirichlet(np.ones(8), 1000).reshape(1000, 2, 2, 2)
    start = time.perf_counter()
    assert np.all(pid(tables).converged)
    assert time.perf_counter() - start < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [1.0, 0.1])
def test_two_hundred_symbols_ten_classes_within_a_minute(alpha: float) -> None:
    p = dirichlet(np.random.default_rng(7), (200, 200, 10), alpha)
    start = time.perf_counter()
    assert pid(p).converged
    assert time.perf_counter() - start < 60
