"""Replicates of counts: halves make the whole, bootstrap heeds groups."""

import numpy as np
import pytest

from consilience.quantification.folds import Fold

RNG = np.random.default_rng(0)
CODES = (RNG.integers(0, 3, 120), RNG.integers(0, 2, 120), RNG.integers(0, 2, 120))
GROUPS = np.repeat(np.arange(30), 4)


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_halves_make_the_whole_and_differ(groups: np.ndarray | None) -> None:
    fold = Fold.of(CODES, (3, 2, 2), groups, np.random.default_rng(1))
    one, two = fold.halves(6, np.random.default_rng(2))
    assert (one + two == fold.table).all()
    assert (one >= 0).all()
    assert (two >= 0).all()
    assert one.sum((1, 2, 3)).tolist() == [60] * 6
    assert len({row.tobytes() for row in one}) == 6


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_bootstrap_has_the_mean_and_the_size_of_the_sample(groups: np.ndarray | None) -> None:
    fold = Fold.of(CODES, (3, 2, 2), groups, np.random.default_rng(1))
    drawn = fold.bootstrap(4000, np.random.default_rng(3))
    assert set(drawn.sum((1, 2, 3)).tolist()) == {120}
    error = np.sqrt(drawn.var(0) / 4000)
    assert (np.abs(drawn.mean(0) - fold.table) < 4.5 * error).all()


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_a_smooth_population_has_half_an_effective_sample_more_in_each_cell(
    groups: np.ndarray | None,
) -> None:
    codes = (np.zeros(120, dtype=np.int64), CODES[1], CODES[2])
    fold = Fold.of(codes, (3, 2, 2), groups, np.random.default_rng(1))
    drawn = fold.smooth(4000, np.random.default_rng(3))
    added = 0.5 * 120 / fold.effective
    expected = (fold.table + added) * 120 / (120 + 12 * added)
    error = np.sqrt(drawn.var(0) / 4000)
    assert (error > 0).all()
    assert (np.abs(drawn.mean(0) - expected) < 4.5 * error).all()


def test_effective_samples_are_those_of_the_design_effect() -> None:
    """Rows of a group that repeat each other count once; unrelated ones all count."""
    assert Fold.of(CODES, (3, 2, 2), None, RNG).effective == 120
    assert Fold.of(CODES, (3, 2, 2), GROUPS, RNG).effective > 90
    same = np.repeat(RNG.integers(0, 2, (3, 3000)), 4, axis=1)
    many = np.repeat(np.arange(3000), 4)
    fold = Fold.of((same[0], same[1], same[2]), (2, 2, 2), many, RNG)
    assert fold.effective == pytest.approx(3000, rel=0.01)
    half = np.where(RNG.random(12_000) < 0.5, same, RNG.integers(0, 2, (3, 12_000)))
    fold = Fold.of((half[0], half[1], half[2]), (2, 2, 2), many, RNG)
    assert fold.effective == pytest.approx(12_000 / (1 + 3 / 4), rel=0.05)


def test_effective_samples_of_one_cell_or_one_group() -> None:
    zero = np.zeros(120, dtype=np.int64)
    assert Fold.of((zero, zero, zero), (1, 1, 1), GROUPS, RNG).effective == 30
    assert Fold.of(CODES, (3, 2, 2), zero, RNG).effective == 1


def test_degrees_of_freedom_are_two_for_each_effective_sample_a_cell() -> None:
    assert Fold.of(CODES, (3, 2, 2), None, RNG).freedom == 20
    same = np.repeat(RNG.integers(0, 2, (3, 30)), 4, axis=1)
    alike = Fold.of((same[0], same[1], same[2]), (2, 2, 2), GROUPS, RNG)
    assert alike.freedom == pytest.approx(2 * 30 / 8, rel=0.05)
    few = Fold.of(CODES, (3, 2, 2), np.repeat(np.arange(6), 20), RNG)
    assert few.freedom == 5


def test_independent_are_samples_or_groups() -> None:
    assert Fold.of(CODES, (3, 2, 2), None, RNG).independent == 120
    assert Fold.of(CODES, (3, 2, 2), GROUPS, RNG).independent == 30


def test_a_group_is_drawn_whole() -> None:
    same = np.repeat(RNG.integers(0, 2, (3, 30)), 4, axis=1)
    fold = Fold.of((same[0], same[1], same[2]), (2, 2, 2), GROUPS, np.random.default_rng(1))
    for tables in (fold.bootstrap(5, RNG), fold.halves(5, RNG)[0]):
        assert (tables % 4 == 0).all()


def test_one_sample_a_group_stands_apart() -> None:
    fold = Fold.of(CODES, (3, 2, 2), GROUPS, np.random.default_rng(1))
    assert fold.apart.sum() == 30
    assert (fold.apart <= fold.table).all()
    alone = Fold.of(CODES, (3, 2, 2), None, np.random.default_rng(1))
    assert (alone.apart == alone.table).all()
