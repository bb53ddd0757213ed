"""Counts of shards add up to those of the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.quantification.counts import Counts, table_of

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.sampled_from(["no", "yes"])),
    min_size=2,
    max_size=40,
)


def _counts(rows: list[tuple[str, int, str]]) -> Counts:
    one, two, y = zip(*rows, strict=True)
    return Counts.of(list(one), list(two), list(y))


@given(ROWS, st.integers(1, 39))
def test_merged_shards_equal_the_whole(rows: list[tuple[str, int, str]], cut: int) -> None:
    cut = min(cut, len(rows) - 1)
    left, right = _counts(rows[:cut]), _counts(rows[cut:])
    assert left + right == _counts(rows) == right + left
    assert (left + right).total == len(rows)


def test_each_cell_counts_its_rows() -> None:
    counts = Counts.of(["a", "b", "a"], [5, 5, 5], [True, False, True], names=("m", "n"))
    assert (counts.first, counts.second, counts.classes) == (("a", "b"), (5,), (False, True))
    assert counts.table.tolist() == [[[0, 2]], [[1, 0]]]
    one, two, y = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1]])
    assert table_of(one, two, y, (2, 1, 2)).tolist() == [[[0, 1]], [[0, 2]]]


def test_samples_with_something_missing_are_left_out_and_counted() -> None:
    nan = float("nan")
    one = Counts.of(["a", None, "b", "a", ""], [1.0, 1.0, nan, 2.0, 1.0], [0, 1, 1, nan, 0])
    assert (one.first, one.second, one.classes, one.total) == (("a",), (1.0,), (0,), 1)
    two = Counts.of(["a", "b"], [1, 2], [0, 1])
    assert (one.left_out, two.left_out, (one + two).left_out) == (4, 0, 4)
    assert one != Counts.of(["a"], [1.0], [0])
    assert sum([one, two, two]) == one + two + two


def test_nothing_but_counts_is_added() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = 1 + Counts.of([0], [0], [0])


def test_counts_of_other_sources_or_numbers_are_not_equal() -> None:
    one = Counts.of([0, 1], [0, 1], [0, 1])
    assert one != Counts.of([0, 1], [0, 1], [0, 1], names=("a", "b"))
    assert one != Counts.of([0, 1], [1, 0], [0, 1])
    assert one != "counts"


def test_what_cannot_be_counted_or_added() -> None:
    with pytest.raises(ShapeError, match=r"found shapes \(2,\), \(3,\) and \(2,\)"):
        Counts.of([0, 1], [0, 1, 2], [0, 1])
    with pytest.raises(ShapeError, match=r"shape \(1, 1, 1\) does not fit 2 and 1 symbols and 1"):
        Counts(np.ones((1, 1, 1), dtype=np.int64), (0, 1), (0,), (0,))
    with pytest.raises(DataError, match="counts must be whole numbers of at least 0"):
        Counts(np.array([[[-1]]]), (0,), (0,), (0,))
    one, two = (Counts.of([0], [0], [0], names=(n, "x")) for n in "ab")
    with pytest.raises(ConfigurationError, match="cannot be added up"):
        _ = one + two
