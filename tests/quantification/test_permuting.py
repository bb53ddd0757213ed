"""Drawn tables have the law of permuted samples."""

import numpy as np

from consilience.quantification.permuting import permuted_target, permuted_within

RNG = np.random.default_rng(5)
CODES = np.stack([RNG.integers(0, 2, 60), RNG.integers(0, 3, 60), RNG.integers(0, 2, 60)])
TABLE = np.zeros((2, 3, 2), dtype=np.int64)
np.add.at(TABLE, tuple(CODES), 1)


def _close(drawn: np.ndarray, oracle: np.ndarray) -> None:
    for moment in (1, 2):
        a, b = drawn**moment, oracle**moment
        error = np.sqrt(a.var(0) / len(a) + b.var(0) / len(b))
        assert (np.abs(a.mean(0) - b.mean(0)) <= 4.5 * error + 1e-12).all()


def _oracle(within: bool) -> np.ndarray:  # noqa: FBT001  a test's helper
    tables = np.zeros((3000, 2, 3, 2))
    for table in tables:
        one, two, y = CODES
        if within:
            two = two.copy()
            for c in (0, 1):
                two[y == c] = RNG.permutation(two[y == c])
        else:
            y = RNG.permutation(y)
        np.add.at(table, (one, two, y), 1)
    return tables


def test_the_target_is_permuted() -> None:
    drawn = permuted_target(TABLE, 3000, np.random.default_rng(1))
    assert (drawn.sum(3) == TABLE.sum(2)).all()
    assert (drawn.sum((1, 2)) == TABLE.sum((0, 1))).all()
    _close(drawn, _oracle(within=False))


def test_the_second_source_is_permuted_within_classes() -> None:
    drawn = permuted_within(TABLE, 3000, np.random.default_rng(1))
    assert (drawn.sum(2) == TABLE.sum(1)).all()
    assert (drawn.sum(1) == TABLE.sum(0)).all()
    _close(drawn, _oracle(within=True))


def test_a_margin_of_one_entry_leaves_nothing_to_draw() -> None:
    table = np.array([[[700, 0], [300, 0]], [[300, 0], [200, 500]]])
    drawn = permuted_within(table, 5, np.random.default_rng(0))
    assert (drawn[..., 1] == table[..., 1]).all()
    assert (drawn >= 0).all()
    constant = np.array([[[5, 6]]])
    assert (permuted_target(constant, 4, np.random.default_rng(0)) == constant).all()


def test_an_empty_class_stays_empty() -> None:
    table = np.concatenate([TABLE, np.zeros((2, 3, 1), dtype=np.int64)], axis=2)
    for draw in (permuted_target, permuted_within):
        assert draw(table, 3, np.random.default_rng(0))[..., 2].sum() == 0
        assert draw(table, 0, np.random.default_rng(0)).shape == (0, 2, 3, 3)
