"""The decomposition against closed forms, an independent solver and its own invariances."""

import itertools
from collections.abc import Callable, Hashable
from typing import Any

import dit
import numpy as np
import pytest
from dit.pid import PID_BROJA
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.errors import ConfigurationError
from consilience.functional.pid import pid
from consilience.results.information import PID


def gate(function: Callable[[int, int], Hashable], size: int = 2) -> np.ndarray:
    pairs = list(itertools.product(range(size), repeat=2))
    values = list(dict.fromkeys(function(a, b) for a, b in pairs))
    table = np.zeros((size, size, len(values)))
    for a, b in pairs:
        table[a, b, values.index(function(a, b))] += 1 / len(pairs)
    return table


def together(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    shape = [a * b for a, b in zip(p.shape, q.shape, strict=True)]
    return np.einsum("abc,def->adbecf", p, q).reshape(shape)


def dirichlet(seed: int, shape: tuple[int, ...], alpha: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(int(np.prod(shape)), alpha)).reshape(shape)


def atoms(found: PID) -> np.ndarray:
    return np.array([found.redundancy, *found.unique, found.synergy])


RDN = np.zeros((2, 2, 2))
RDN[[0, 1], [0, 1], [0, 1]] = 0.5
XOR = gate(lambda a, b: a ^ b)
AND = gate(lambda a, b: a & b)
SUM = gate(lambda a, b: a + b)
HALF_AND = 0.75 * np.log2(4 / 3)
GATES = {
    "xor": (XOR, (0, 0, 0, 1)),
    "and": (AND, (HALF_AND, 0, 0, 0.5)),
    "or": (gate(lambda a, b: a | b), (HALF_AND, 0, 0, 0.5)),
    "redundant": (RDN, (1, 0, 0, 0)),
    "unique": (gate(lambda a, _: a), (0, 1, 0, 0)),
    "copy": (gate(lambda a, b: (a, b)), (0, 1, 1, 0)),
    "sum": (SUM, (0.5, 0, 0, 1)),
    "independent": (np.full((3, 4, 2), 1 / 24), (0, 0, 0, 0)),
    "constant target": (np.full((3, 4, 1), 1 / 12), (0, 0, 0, 0)),
    "constant source": (gate(lambda a, b: (a, b))[:, :1, ::2] * 2, (0, 1, 0, 0)),
    "modular sum": (gate(lambda a, b: (a + b) % 5, 5), (0, 0, 0, np.log2(5))),
    "redundant and xor": (together(RDN, XOR), (1, 0, 0, 1)),
    "and twice": (together(AND, AND), (2 * HALF_AND, 0, 0, 1)),
    "and with sum": (together(AND, SUM), (HALF_AND + 0.5, 0, 0, 1.5)),
    "copy with and": (together(gate(lambda a, b: (a, b)), AND), (HALF_AND, 1, 1, 0.5)),
}


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("tol", [1e-7, 1e-12])
def test_gates_have_their_known_atoms(name: str, tol: float) -> None:
    table, expected = GATES[name]
    found = pid(table, tol=tol)
    assert found.converged
    np.testing.assert_allclose(atoms(found), expected, atol=max(2 * tol, 1e-11))


def test_products_of_independent_systems_add_up() -> None:
    one, two = dirichlet(0, (2, 3, 2), 0.5), dirichlet(1, (3, 2, 2), 0.5)
    np.testing.assert_allclose(
        atoms(pid(together(one, two))), atoms(pid(one)) + atoms(pid(two)), atol=3e-7
    )


def reference_unique(p: np.ndarray) -> tuple[float, float]:
    cells = itertools.product(*map(range, p.shape))
    outcomes = {tuple(map(str, cell)): float(p[cell]) for cell in cells if p[cell] > 0}
    table = dit.Distribution(list(outcomes), list(outcomes.values()))
    found = PID_BROJA(table, ((0,), (1,)), (2,), method="cone")
    return float(found.get_pi(((0,),))), float(found.get_pi(((1,),)))


def test_agrees_with_an_independent_solver_on_200_tables() -> None:
    rng = np.random.default_rng(7)
    for seed in range(200):
        shape = tuple(int(size) for size in rng.integers(2, 4, 3))
        p = dirichlet(seed, shape, alpha=(1.0, 0.5)[seed % 2])
        if seed % 4 == 3:
            p = np.where(rng.random(shape) < 0.7, p, 0.0)
            p /= p.sum()
        np.testing.assert_allclose(atoms(pid(p))[1:3], reference_unique(p), atol=1e-5)


def entropy(p: np.ndarray) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def information(q: np.ndarray) -> float:
    return entropy(q.sum((0, 1))) + entropy(q.sum(2)) - entropy(q)


@pytest.mark.parametrize("seed", range(20))
def test_the_certificate_bounds_every_feasible_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(int(size) for size in rng.integers(2, 6, 3))
    p = dirichlet(seed, shape, alpha=(1.0, 0.1)[seed % 2])
    found = pid(p)
    np.testing.assert_allclose(found.q.sum(1), p.sum(1), atol=1e-14)
    np.testing.assert_allclose(found.q.sum(0), p.sum(0), atol=1e-14)
    assert found.q.min() >= 0
    upper = found.unique[0] + found.information[1]
    assert information(found.q) == pytest.approx(upper, abs=1e-12)
    assert information(p) == pytest.approx(found.information[2], abs=1e-12)
    lower = upper - found.gap
    for _ in range(20):
        q = found.q * rng.lognormal(0.0, rng.choice([0.01, 1.0, 5.0]), p.shape) + 1e-9 * p
        for _ in range(2000):
            q *= (p.sum(1) / q.sum(1))[:, None]
            q *= (p.sum(0) / q.sum(0))[None]
            if np.abs(q.sum(1) - p.sum(1)).max() < 1e-13:
                break
        assert information(q) >= lower - 1e-10


@pytest.mark.parametrize("alpha", [1.0, 0.1, 0.02])
def test_atoms_are_not_negative_and_add_up(alpha: float) -> None:
    rng = np.random.default_rng(3)
    tables = rng.dirichlet(np.full(36, alpha), 100).reshape(100, 4, 3, 3)
    found = pid(tables)
    redundancy, (first, second), synergy = found.redundancy, found.unique, found.synergy
    assert min(np.min(x) for x in (redundancy, first, second, synergy, found.gap)) >= 0
    one, two, both = found.information
    np.testing.assert_allclose(redundancy + first, one, atol=1e-12)
    np.testing.assert_allclose(redundancy + second, two, atol=1e-12)
    np.testing.assert_allclose(redundancy + first + second + synergy, both, atol=1e-12)


def test_a_batch_is_its_tables_one_by_one() -> None:
    tables = np.stack([GATES[name][0] for name in ("xor", "and", "or", "redundant", "unique")])
    tables = np.concatenate([tables, np.stack([dirichlet(s, (2, 2, 2), 0.2) for s in range(7)])])
    found = pid(tables.reshape(3, 4, 2, 2, 2))
    assert found.shape == (3, 4)
    assert found.q.shape == (3, 4, 2, 2, 2)
    assert np.all(found.converged)
    for index in np.ndindex(3, 4):
        alone = pid(tables[index[0] * 4 + index[1]])
        np.testing.assert_allclose(atoms(found[index]), atoms(alone), atol=1e-7)


def test_a_batch_larger_than_a_group_comes_back_in_order() -> None:
    tables = np.stack([dirichlet(s % 5, (3, 30, 8), 0.3) for s in range(400)])
    found = pid(tables)
    np.testing.assert_allclose(atoms(found)[:, :5], atoms(found)[:, 395:], atol=1e-12)
    np.testing.assert_allclose(found.q.sum(-2), tables.sum(-2), atol=1e-14)
    np.testing.assert_allclose(found.q.sum(-3), tables.sum(-3), atol=1e-14)


def test_one_table_gives_plain_numbers() -> None:
    found = pid(AND)
    plain = (found.redundancy, *found.unique, found.synergy, found.gap, *found.information)
    assert {type(value) for value in plain} == {float}
    assert (type(found.converged), type(found.iterations)) == (bool, int)


def test_the_input_is_left_alone_and_may_be_of_any_real_kind() -> None:
    p = dirichlet(0, (3, 2, 2))
    before = p.copy()
    exact = atoms(pid(p))
    assert np.array_equal(p, before)
    np.testing.assert_allclose(atoms(pid(p.astype(np.float32))), exact, atol=1e-5)
    np.testing.assert_allclose(atoms(pid(p.tolist())), exact, atol=1e-12)
    np.testing.assert_allclose(atoms(pid(np.ones((1, 1, 1), dtype=int))), 0)


TABLES = st.tuples(
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from([1.0, 0.3, 0.1]),
)
quick = settings(max_examples=40, deadline=None)


def drawn(recipe: tuple[int, int, int, int, float]) -> tuple[np.random.Generator, np.ndarray]:
    seed, n1, n2, k, alpha = recipe
    return np.random.default_rng(seed), dirichlet(seed, (n1, n2, k), alpha)


@quick
@given(TABLES)
def test_names_of_symbols_do_not_matter(recipe: tuple[int, int, int, int, float]) -> None:
    rng, p = drawn(recipe)
    shuffled = p[rng.permutation(p.shape[0])][:, rng.permutation(p.shape[1])]
    shuffled = shuffled[..., rng.permutation(p.shape[2])]
    np.testing.assert_allclose(atoms(pid(shuffled)), atoms(pid(p)), atol=2e-7)


@quick
@given(TABLES, st.floats(0.01, 0.99), st.integers(0, 2))
def test_splitting_a_symbol_into_twins_does_not_matter(
    recipe: tuple[int, int, int, int, float], share: float, axis: int
) -> None:
    _, p = drawn(recipe)
    first = np.take(p, [0], axis)
    rest = np.delete(p, 0, axis)
    split = np.concatenate([share * first, rest, (1 - share) * first], axis)
    np.testing.assert_allclose(atoms(pid(split)), atoms(pid(p)), atol=2e-7)


@quick
@given(TABLES, st.integers(0, 2), st.integers(0, 4))
def test_symbols_that_never_occur_do_not_matter(
    recipe: tuple[int, int, int, int, float], axis: int, where: int
) -> None:
    _, p = drawn(recipe)
    wider = np.insert(p, min(where, p.shape[axis]), 0.0, axis)
    found = pid(wider)
    np.testing.assert_allclose(atoms(found), atoms(pid(p)), atol=2e-7)
    assert found.q.shape == wider.shape
    assert np.array_equal(
        found.q.sum(axis=tuple({0, 1, 2} - {axis})) == 0,
        wider.sum(axis=tuple({0, 1, 2} - {axis})) == 0,
    )


@quick
@given(TABLES)
def test_swapping_the_sources_swaps_their_parts(
    recipe: tuple[int, int, int, int, float],
) -> None:
    _, p = drawn(recipe)
    found, swapped = pid(p), pid(p.swapaxes(0, 1))
    np.testing.assert_allclose(atoms(swapped)[[0, 2, 1, 3]], atoms(found), atol=2e-7)
    assert swapped.information[0] == pytest.approx(found.information[1], abs=1e-12)
    np.testing.assert_allclose(swapped.q.sum(0), p.sum(1), atol=1e-14)


@quick
@given(TABLES, st.integers(0, 10_000))
def test_coarsening_a_source_loses_what_it_can_tell(
    recipe: tuple[int, int, int, int, float], seed: int
) -> None:
    _, p = drawn(recipe)
    merge = np.random.default_rng(seed).integers(0, 2, p.shape[0])
    coarse = np.stack([p[merge == value].sum(0) for value in (0, 1)])
    fine, less = pid(p), pid(coarse)
    assert less.redundancy <= fine.redundancy + 1e-7
    assert less.unique[0] <= fine.unique[0] + 1e-7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0.0}, "tol must be a number of bits above 0, such as 1e-7; found 0.0"),
        ({"tol": float("nan")}, "found nan"),
        ({"max_iter": 0}, "max_iter must be a whole number of at least 1; found 0"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        pid(AND, **options)
