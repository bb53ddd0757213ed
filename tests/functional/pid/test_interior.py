import numpy as np
import pytest

from consilience.functional.pid.interior import ABSENT, Iterate, advance, softmax


@pytest.fixture
def tables() -> np.ndarray:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(4 * 3 * 2), size=5).reshape(5, 4, 3, 2)
    p[0, 0, :, 0] = 0
    return p / p.sum((1, 2, 3), keepdims=True)


def start(p: np.ndarray) -> Iterate:
    return Iterate.start(p.sum(2), p.sum(1))


def test_the_start_is_the_conditionally_independent_coupling(tables: np.ndarray) -> None:
    x = start(tables)
    p1, p2 = tables.sum(2), tables.sum(1)
    expected = np.einsum("tiy,tjy,ty->tij", p1, p2, 1 / tables.sum((1, 2)))
    np.testing.assert_allclose(x.weight, expected, rtol=1e-12)
    np.testing.assert_allclose(x.weight.sum((1, 2)), 1)
    assert x.a[0, 0, 0] == ABSENT
    assert (x.r > 0).all()
    assert (x.s > 0).all()


def test_softmax_is_the_conditional_of_y_given_the_pair(tables: np.ndarray) -> None:
    x = start(tables)
    logs, v = softmax(x.a, x.b, x.possible)
    plain = np.exp(x.a[:, :, None, :] + x.b[:, None, :, :])
    np.testing.assert_allclose(np.exp(logs), plain.sum(-1), rtol=1e-12)
    np.testing.assert_allclose(np.moveaxis(v, np.argmax(np.array(v.shape) == 2), -1).sum(-1), 1)


def test_steps_reach_the_constraints_and_close_the_gap(tables: np.ndarray) -> None:
    x = start(tables)
    first = x.complementarity()
    for _ in range(25):
        x = advance(x, 1e-9)
    assert (np.abs(x.excess) < 1e-8).all()
    assert (x.complementarity() < 1e-7).all()
    assert (x.complementarity() < first).all()
    np.testing.assert_allclose(x.r.sum((1, 2)), 1, atol=1e-7)


def test_the_coupling_has_the_marginals_of_the_table(tables: np.ndarray) -> None:
    x = start(tables)
    for _ in range(25):
        x = advance(x, 1e-9)
    q = x.r[:, :, :, None] * np.exp(x.a[:, :, None, :] + x.b[:, None, :, :])
    np.testing.assert_allclose(q.sum(2), tables.sum(2), atol=1e-6)
    np.testing.assert_allclose(q.sum(1), tables.sum(1), atol=1e-6)


def test_tables_of_a_stack_do_not_touch_each_other(tables: np.ndarray) -> None:
    together, alone = start(tables), start(tables[2:3])
    for _ in range(5):
        together, alone = advance(together, 1e-9), advance(alone, 1e-9)
    np.testing.assert_allclose(together.take(np.array([2])).r, alone.r, rtol=1e-9)
