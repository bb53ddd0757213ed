"""Conjugate gradients against the factored system, and within the memory of the table."""

import tracemalloc

import numpy as np
import pytest

from consilience.functional.pid import krylov, pid
from consilience.functional.pid.blocks import Blocks
from consilience.functional.pid.krylov import KrylovSystem
from consilience.functional.pid.newton import NewtonSystem


def dirichlet(seed: int, shape: tuple[int, ...], alpha: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(int(np.prod(shape)), alpha)).reshape(shape)


@pytest.mark.parametrize(("n1", "n2", "k"), [(4, 3, 2), (3, 3, 1), (9, 7, 5)])
def test_solves_the_same_system(n1: int, n2: int, k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(krylov, "RELATIVE_RESIDUAL", 1e-9)
    rng = np.random.default_rng(n1)
    r, c = rng.random((2, n1, n2)), rng.random((2, n1, n2)) * 10
    v = rng.dirichlet(np.ones(k), (2, n1, n2))
    rows, columns = np.ones((2, n1, k), dtype=bool), np.ones((2, n2, k), dtype=bool)
    rows[1, 0, 0] = columns[0, 1, 0] = False
    v = np.where(rows[:, :, None] & columns[:, None], v, 0.0)
    fa = np.where(rows, rng.normal(size=rows.shape), 0.0)
    fb = np.where(columns, rng.normal(size=columns.shape), 0.0)
    fb -= columns * ((fb.sum(1) - fa.sum(1)) / columns.sum(1))[:, None]
    exact = NewtonSystem(Blocks.of(r, c, v, rows, columns)).solve(fa, fb)
    found = KrylovSystem(Blocks.of(r, c, v, rows, columns)).solve(fa, fb)
    for one, two in zip(found, exact, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)


@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_large_alphabets_get_the_same_certificate(
    alpha: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = dirichlet(0, (30, 25, 6), alpha)
    exact = pid(p)
    monkeypatch.setattr("consilience.functional.pid.solve.EXACT_WORK", 0)
    found = pid(p)
    assert found.converged
    assert found.gap <= 1e-7
    assert found.synergy == pytest.approx(exact.synergy, abs=2e-7)


def test_memory_grows_no_faster_than_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consilience.functional.pid.solve.EXACT_WORK", 0)
    monkeypatch.setattr("consilience.functional.pid.solve.EXACT_MEMORY", 0)
    share: list[float] = []
    for n in (40, 80):
        p = dirichlet(1, (n, n, 10), 1.0)
        tracemalloc.start()
        pid(p, max_iter=2)
        share.append(tracemalloc.get_traced_memory()[1] / p.nbytes)
        tracemalloc.stop()
    assert share[1] <= share[0] * 1.05
    assert share[1] < 20


def test_a_system_without_mass_does_not_divide_by_zero() -> None:
    zero = np.zeros((1, 2, 2))
    nothing = np.zeros((1, 2, 2), dtype=bool)
    system = KrylovSystem(Blocks.of(zero, zero, np.zeros((1, 2, 2, 2)), nothing, nothing))
    da, db = system.solve(zero, zero)
    assert not da.any()
    assert not db.any()


@pytest.mark.slow
def test_three_hundred_symbols_ten_classes() -> None:
    found = pid(dirichlet(2, (300, 300, 10), 1.0))
    assert found.converged
