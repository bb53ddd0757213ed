"""Spectra, co-regularised, and agreement of partitions."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from consilience.errors import ShapeError
from consilience.functional.clustering import (
    affinity,
    coassociation,
    coregularised,
    diffused,
    drawn_together,
    fisher,
    leading,
    matched_accuracy,
    normalised,
    powers,
    weighted,
)


def blocks(codes: list[int]) -> np.ndarray:
    """A graph whose parts are not joined at all."""
    y = np.array(codes)
    out = (y[:, None] == y).astype(float)
    np.fill_diagonal(out, 0)
    return out


def test_affinity_is_its_equation_joins_neighbours_and_follows_the_local_density() -> None:
    x = np.array([[0.0], [1.0], [3.0], [30.0]])
    h = np.array([3.0, 2.0, 3.0, 29.0])
    expected = np.exp(-((x - x.T) ** 2) / np.outer(h, h))
    np.fill_diagonal(expected, 0)
    assert expected[0, 3] > 0
    expected[0, 3] = expected[3, 0] = 0
    assert np.allclose(affinity(x, neighbours=2), expected)
    assert np.allclose(affinity(1000 * x, neighbours=2), expected)


def test_equal_samples_give_no_nan() -> None:
    assert np.isfinite(affinity(np.zeros((5, 2)))).all()
    assert np.isfinite(normalised(np.zeros((3, 3)))).all()
    with pytest.raises(ShapeError, match=r"3 samples or more; found \(2, 1\)"):
        affinity(np.zeros((2, 1)))


def test_each_part_of_a_graph_has_an_eigenvalue_of_1() -> None:
    graph = normalised(blocks([0, 0, 0, 1, 1, 1, 1]))
    values = np.linalg.eigvalsh(graph)
    assert np.allclose(values[-2:], 1)
    assert values[-3] < 0.5
    u = leading(graph, 2)
    together = u @ u.T
    assert np.allclose(together[:3, 3:], 0)
    assert np.allclose(weighted(graph, u).T @ weighted(graph, u), np.eye(2))


def test_diffusion_is_a_power_of_what_is_positive() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 5))
    matrix = root @ root.T
    assert np.allclose(diffused(matrix, 3), np.linalg.matrix_power(matrix, 3))


def test_powers_are_each_that_of_diffusion() -> None:
    root = np.random.default_rng(0).normal(size=(6, 6))
    matrix = root + root.T
    for steps, found in zip((1, 3, 8), powers(matrix, (1, 3, 8)), strict=True):
        assert np.allclose(found, diffused(matrix, steps))


def test_embeddings_are_those_of_as_many_passes_as_change_them() -> None:
    rng = np.random.default_rng(0)
    graphs = [normalised(affinity(rng.normal(size=(30, 2)), neighbours=8)) for _ in range(2)]
    few, many = (drawn_together(graphs, 3, weight=0.1, rounds=r) for r in (40, 400))
    assert all(np.allclose(x @ x.T, y @ y.T, atol=1e-2) for x, y in zip(few, many, strict=True))
    once = drawn_together(graphs, 3, weight=0.1, rounds=1)
    first = [weighted(g, leading(g, 3)) for g in graphs]
    u = leading(graphs[0] + 0.1 * (first[1] @ first[1].T), 3)
    assert np.allclose(once[0] @ once[0].T, weighted(graphs[0], u) @ weighted(graphs[0], u).T)
    u = leading(graphs[1] + 0.1 * (once[0] @ once[0].T), 3)
    assert np.allclose(once[1] @ once[1].T, weighted(graphs[1], u) @ weighted(graphs[1], u).T)


def test_views_that_each_show_two_parts_show_four_together() -> None:
    y = np.repeat([0, 1, 2, 3], 6)
    noise = np.random.default_rng(0).uniform(0.5, 1.5, size=(24, 24))
    noise = noise + noise.T
    views = [blocks((y // 2).tolist()) * noise, blocks((y % 2).tolist()) * noise]
    together = np.hstack(coregularised(views, 4, weight=0.5))
    same = together @ together.T
    same = same / np.sqrt(np.outer(same.diagonal(), same.diagonal()))
    assert same[y[:, None] == y].min() > 0.99
    assert same[y[:, None] != y].max() < 0.9
    alone = coregularised(views, 2, weight=0.0)
    assert np.allclose(
        alone[0],
        weighted(
            diffused(normalised(views[0]), 32), leading(diffused(normalised(views[0]), 32), 2)
        ),
    )


def test_fisher_columns_solve_their_eigenproblem_and_have_unit_spread_within() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [800, 300, 100])
    x = 9 * rng.normal(size=(3, 4))[codes] + 2 * rng.normal(size=(1200, 4))
    found = fisher(x, codes)
    assert found.shape == (1200, 2)
    means = np.array([found[codes == c].mean(axis=0) for c in range(3)])
    within = found - means[codes]
    assert np.allclose(within.T @ within / 1200, np.eye(2), atol=0.12)
    known = LinearDiscriminantAnalysis(solver="svd").fit(x, codes)
    theirs = known.transform(x)
    assert np.allclose(np.abs(np.corrcoef(found.T, theirs.T)[:2, 2:]), np.eye(2), atol=0.02)


def test_fisher_columns_are_finite_where_columns_are_many_constant_or_pure() -> None:
    codes = np.array([0, 0, 1, 1, 2, 2])
    wide = fisher(np.random.default_rng(0).normal(size=(6, 50)), codes)
    assert wide.shape == (6, 2)
    assert np.allclose(fisher(np.ones((6, 2)), codes), 0)
    pure = fisher(codes[:, None].astype(float), codes)
    assert np.isfinite(pure).all()
    assert len(np.unique(pure.round(6))) == 3


def test_partitions_are_counted_and_matched() -> None:
    parts = [np.array([0, 0, 1, 1]), np.array([5, 5, 5, 7])]
    assert coassociation(parts)[1].tolist() == [1, 1, 0.5, 0]
    rng = np.random.default_rng(1)
    found, truth = rng.integers(0, 3, 30), rng.integers(0, 3, 30)
    best = max(float((np.array(p)[found] == truth).mean()) for p in permutations(range(3)))
    assert matched_accuracy(found, truth) == pytest.approx(best)
