"""Samples as folds of counts."""

import numpy as np
import pytest

from consilience.errors import DataError
from consilience.quantification.coding import (
    Problem,
    check_cells,
    clustered_folds,
    discrete_fold,
    sizes,
    smallest,
    split,
)
from consilience.quantification.sources import Source

RNG = np.random.default_rng(0)
N = 400
CLASSES = RNG.integers(0, 2, N)
GROUPS = np.repeat(np.arange(100), 4)
NUMBERS = Source("labs", RNG.standard_normal((N, 3)), np.arange(N))
SYMBOLS = Source("ward", (np.arange(N)[:, None] % 3).astype(np.float64), np.arange(N) % 3)


def test_distinct_rows_are_counted() -> None:
    fold = discrete_fold(Problem(SYMBOLS, SYMBOLS, CLASSES, None), RNG)
    assert fold.table.shape == (3, 3, 2)
    assert np.count_nonzero(fold.table.sum(2)) == 3
    assert fold.table.sum((0, 1)).tolist() == np.bincount(CLASSES).tolist()


def test_halves_are_disjoint_alike_and_keep_groups() -> None:
    for groups in (None, GROUPS):
        one, two = split(Problem(NUMBERS, NUMBERS, CLASSES, groups), 0)
        assert sorted([*one, *two]) == list(range(N))
        assert abs(CLASSES[one].mean() - CLASSES[two].mean()) < 0.05
        assert abs(len(one) - len(two)) <= 8
        if groups is not None:
            assert not set(groups[one]) & set(groups[two])


def test_every_sample_is_counted_once_over_both_folds() -> None:
    problem = Problem(NUMBERS, SYMBOLS, CLASSES, None)
    folds, alphabet = clustered_folds(problem, sizes(problem, 4), 0)
    assert alphabet == (4, 3)
    assert sum(int(f.table.sum()) for f in folds) == N
    assert smallest(folds) == N // 2
    together = np.sum([f.table.sum((0, 1)) for f in folds], axis=0)
    assert together.tolist() == np.bincount(CLASSES).tolist()


def test_samples_are_coded_by_quantisers_of_the_other_half() -> None:
    """Labels put into the numbers of one half only leave the clusters of the other alone."""
    problem = Problem(NUMBERS, SYMBOLS, CLASSES, None)
    one, _ = split(problem, 0)
    values = NUMBERS.numbers().copy()
    values[one] += 100 * CLASSES[one, None]
    changed = Problem(Source("labs", values, NUMBERS.rows), SYMBOLS, CLASSES, None)
    folds, _ = clustered_folds(changed, (2, 3), 0)
    joint = folds[0].table.sum(1) if folds[0].table.sum() == N - len(one) else None
    assert joint is not None
    assert np.count_nonzero(joint.sum(1)) == 1


def test_sizes_follow_the_rule_unless_fixed() -> None:
    assert sizes(Problem(NUMBERS, NUMBERS, CLASSES, None), None) == (3, 3)
    assert sizes(Problem(NUMBERS, NUMBERS, CLASSES, None), 5) == (5, 5)
    assert sizes(Problem(SYMBOLS, NUMBERS, CLASSES, None), None) == (3, 3)


def test_few_samples_a_cell_are_warned_of_and_too_few_refused() -> None:
    assert check_cells(("a", "b"), 40, (2, 2, 2)) == ()
    assert check_cells(("a", "b"), 39, (2, 2, 2)) == (
        "39 rows are few for a table of 2 x 2 x 2 = 8 cells: below 40 some bias of the synergy "
        "may be left",
    )
    with pytest.raises(DataError) as caught:
        check_cells(("a", "b"), 500, (20, 20, 2))
    assert str(caught.value) == (
        "'a' and 'b': 500 rows are too few for a table of 20 x 20 x 2 = 800 cells; at least 1600 "
        "are needed, else noise looks like synergy: use fewer clusters, symbols or classes, or "
        'estimator="clustered"'
    )


def test_grouped_sides_are_clustered_and_the_rows_stay() -> None:
    codes = np.arange(240) % 16
    digit = Source("digit", codes[:, None].astype(np.float64), codes)
    bit = Source("bit", (codes[:, None] % 2).astype(np.float64), codes % 2)
    problem = Problem(digit, bit, codes % 2, None)
    assert sizes(problem, None) == (16, 2)
    assert sizes(problem.grouped(), None) == (3, 2)
    folds, alphabet = clustered_folds(problem.grouped(), (3, 2), 0)
    assert alphabet == (3, 2)
    assert sum(fold.table.sum() for fold in folds) == 240
