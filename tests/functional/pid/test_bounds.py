"""Bounds hold for any potentials and any kernel, however bad."""

import numpy as np
import pytest

from consilience.functional.pid.bounds import Certificate, coupled, dual_value, information
from consilience.functional.pid.interior import ABSENT


def tables(seed: int, alpha: float) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(30, alpha), 4).reshape(4, 3, 5, 2)


def test_information_is_that_of_the_definition() -> None:
    q = tables(0, 1.0)
    expected = [
        sum(
            t[x, z, y] * np.log2(t[x, z, y] / t[x, z].sum() / t[..., y].sum())
            for x, z, y in np.ndindex(3, 5, 2)
        )
        for t in q
    ]
    np.testing.assert_allclose(information(q), expected, atol=1e-13)


@pytest.mark.parametrize("alpha", [1.0, 0.1])
@pytest.mark.parametrize("spread", [0.0, 1.0, 100.0])
def test_any_kernel_becomes_a_coupling(alpha: float, spread: float) -> None:
    p = tables(1, alpha)
    rng = np.random.default_rng(2)
    kernel = rng.lognormal(0, spread, p.shape) * (rng.random(p.shape) < 0.5)
    q = coupled(kernel, p.sum(2), p.sum(1))
    assert q.min() >= 0
    np.testing.assert_allclose(q.sum(2), p.sum(2), atol=1e-14)
    np.testing.assert_allclose(q.sum(1), p.sum(1), atol=1e-14)


@pytest.mark.parametrize("alpha", [1.0, 0.1])
@pytest.mark.parametrize("spread", [0.1, 3.0, 100.0])
def test_any_potentials_give_a_lower_bound(alpha: float, spread: float) -> None:
    p = tables(3, alpha)
    rng = np.random.default_rng(4)
    for _ in range(20):
        a, b = rng.normal(0, spread, (4, 3, 2)), rng.normal(0, spread, (4, 5, 2))
        a[rng.random(a.shape) < 0.2] = ABSENT
        b[rng.random(b.shape) < 0.2] = ABSENT
        q = coupled(rng.lognormal(0, 1, p.shape), p.sum(2), p.sum(1))
        py = np.where(p.sum((1, 2)) > 0, p.sum((1, 2)), 1.0)
        entropy = -(p.sum((1, 2)) * np.log2(py)).sum(1)
        lower = entropy + dual_value(p.sum(2), p.sum(1), a, b) / np.log(2)
        assert np.all(lower <= information(q) + 1e-12)


def test_updates_only_ever_tighten() -> None:
    p = tables(5, 0.3)
    best = Certificate(p)
    rng = np.random.default_rng(6)
    for _ in range(30):
        lower, upper = best.lower.copy(), best.upper.copy()
        which = np.flatnonzero(rng.random(4) < 0.7)
        n = len(which)
        a, b = rng.normal(size=(n, 3, 2)), rng.normal(size=(n, 5, 2))
        best.update(which, a, b, p[which] * rng.lognormal(0, 0.1, (n, 3, 5, 2)))
        assert np.all(best.lower >= lower)
        assert np.all(best.upper <= upper)
        assert np.all(best.lower <= best.upper + 1e-12)
        np.testing.assert_allclose(information(best.q), best.upper, atol=1e-13)
