"""The closed form for two values against the interior-point method and against hard tables."""

from collections.abc import Iterator

import numpy as np
import pytest

from consilience.functional.pid.binary import Experiment, least
from consilience.functional.pid.blocks import Cells
from consilience.functional.pid.bounds import Certificate, coupled, information
from consilience.functional.pid.interior import Iterate, advance


def random_table(rng: np.random.Generator, alpha: float = 0.5) -> Cells:
    n1, n2 = rng.integers(1, 9, 2)
    return rng.dirichlet(np.full(n1 * n2 * 2, alpha)).reshape(1, n1, n2, 2)


def hard_tables(number: int) -> Iterator[Cells]:
    rng = np.random.default_rng(3)
    for case in range(number):
        p = random_table(rng, rng.choice([0.01, 0.1, 1.0, 100.0]))
        small = 10.0 ** -rng.integers(1, 18)
        if case % 6 == 1:
            p = p.round(2)
        elif case % 6 == 2:
            p[..., 1] *= small
        elif case % 6 == 3:
            p[:, 0] *= small
        elif case % 6 == 4:
            p = np.concatenate([p, p * rng.random()], axis=1)
        elif case % 6 == 5:
            p[..., 1] = p[..., 0]
        if p.sum((0, 1, 2)).all():
            yield p / p.sum()


def lower_bound(p: Cells) -> float:
    best = Certificate(p)
    x = Iterate.start(best.p1, best.p2)
    for _ in range(30):
        x = advance(x, 1e-10)
        best.update(np.array([0]), x.a, x.b, x.r[..., None] * x.v)
    return float(best.lower[0])


def test_no_feasible_potentials_rise_above_it_and_the_best_ones_reach_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(25):
        p = random_table(rng)
        bits, _ = least(p.sum(2), p.sum(1))
        assert lower_bound(p) == pytest.approx(bits[0], abs=1e-7)
        assert lower_bound(p) <= bits[0] + 1e-12


def test_the_coupling_attains_it_on_hard_tables() -> None:
    tables = list(hard_tables(240))
    assert len(tables) > 200
    for p in tables:
        p1, p2 = p.sum(2), p.sum(1)
        bits, q = least(p1, p2)
        np.testing.assert_allclose(q.sum(2), p1, atol=1e-12)
        np.testing.assert_allclose(q.sum(1), p2, atol=1e-12)
        assert (q >= 0).all()
        assert information(coupled(q, p1, p2))[0] == pytest.approx(bits[0], abs=1e-12)
        assert bits[0] >= max(information(p1)[0], information(p2)[0]) - 1e-12


def test_a_source_that_tells_less_everywhere_adds_nothing() -> None:
    p1 = np.array([[[0.4, 0.1], [0.1, 0.4]]])
    blurred = np.einsum("ab,tay->tby", np.array([[0.8, 0.2], [0.3, 0.7]]), p1)
    bits, _ = least(p1, blurred)
    assert bits[0] == pytest.approx(information(p1)[0], abs=1e-15)


def test_tables_of_a_stack_do_not_touch_each_other() -> None:
    p = np.random.default_rng(1).dirichlet(np.ones(24), 7).reshape(7, 4, 3, 2)
    p[3, 0] = 0
    p[4, :, 1, 0] = 0
    p /= p.sum((1, 2, 3), keepdims=True)
    together = least(p.sum(2), p.sum(1))
    alone = [least(t.sum(2), t.sum(1)) for t in p[:, None]]
    np.testing.assert_allclose(together[0], [bits[0] for bits, _ in alone], atol=1e-15)
    np.testing.assert_allclose(together[1], np.concatenate([q for _, q in alone]), atol=1e-15)


def test_an_experiment_knows_its_symbols_and_its_information() -> None:
    p = np.array([[[0.1, 0.3], [0.25, 0.05], [0.0, 0.0], [0.3, 0.0]]])
    found, order = Experiment.of(p)
    np.testing.assert_allclose(found.mass, p.sum(2)[:, order[0]])
    assert (np.diff(found.posterior) >= 0).all()
    assert found.information()[0] == pytest.approx(information(p)[0], abs=1e-15)


def test_excess_is_the_mean_above_a_level() -> None:
    found = Experiment(np.array([[0.2, 0.3, 0.5]]), np.array([[0.1, 0.4, 0.9]]))
    mass, excess = found.above(np.array([[0.0, 0.4, 0.95]]))
    np.testing.assert_allclose(mass, [[1.0, 0.5, 0.0]])
    np.testing.assert_allclose(excess, [[0.59, 0.25, 0.0]])


def test_curves_that_touch_up_to_rounding_do_not_tear_the_join() -> None:
    """Source 2 tells as much as source 1, with every symbol split into two of unequal sizes."""
    rng = np.random.default_rng(4)
    for _ in range(100):
        p1 = rng.dirichlet(np.ones(12)).reshape(1, 6, 2)
        share = rng.random((6, 1))
        p2 = np.concatenate([p1 * share, p1 * (1 - share)], axis=1)
        bits, q = least(p1, p2)
        assert bits[0] == pytest.approx(information(p1)[0], abs=1e-13)
        np.testing.assert_allclose(q.sum(2), p1, atol=1e-13)
