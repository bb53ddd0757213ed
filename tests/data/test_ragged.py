from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.data.ragged import Ragged
from consilience.errors import ShapeError

LISTS = st.lists(st.lists(st.floats(-5, 5), max_size=4), min_size=1, max_size=6)


@given(LISTS, st.data())
def test_any_index_picks_the_same_sequences_as_a_list(
    rows: list[list[float]], data: st.DataObject
) -> None:
    ragged = Ragged.of(rows)
    index = data.draw(st.lists(st.integers(-len(rows), len(rows) - 1), max_size=5))
    picked = ragged[np.array(index, dtype=int)]
    assert [s[:, 0].tolist() for s in picked] == [rows[i] for i in index]
    assert [s[:, 0].tolist() for s in ragged[1:]] == rows[1:]
    mask = np.array([len(row) > 1 for row in rows])
    assert [s[:, 0].tolist() for s in ragged[mask]] == [row for row in rows if len(row) > 1]


@given(LISTS)
def test_padding_keeps_every_step_and_adds_only_nan(rows: list[list[float]]) -> None:
    padded = Ragged.of(rows).padded()
    assert padded.shape == (len(rows), max(1, *map(len, rows), 1), 1)
    for row, line in zip(rows, padded[:, :, 0], strict=True):
        assert line[: len(row)].tolist() == row
        assert np.isnan(line[len(row) :]).all()


def test_none_is_an_empty_sequence_and_precision_is_kept() -> None:
    ragged = Ragged.of([None, np.ones((2, 3), dtype=np.float32)])
    assert ragged.lengths.tolist() == [0, 2]
    assert ragged.shape == (2, None, 3)
    assert ragged.values.dtype == np.float32
    assert Ragged.of([None, None]).shape == (2, None, 1)
    assert Ragged.of([[1, 2]]).values.dtype == np.float64


def test_single_positions_count_from_both_ends() -> None:
    ragged = Ragged.of([[1.0], [2.0, 3.0]])
    assert ragged[-1].ravel().tolist() == [2.0, 3.0]
    with pytest.raises(IndexError):
        ragged[2]


@pytest.mark.parametrize(
    ("values", "offsets", "message"),
    [
        (np.ones(3), np.array([0, 3]), "sequence values must be numbers"),
        (np.array([["a"]]), np.array([0, 1]), "found <U1"),
        (np.ones((3, 1)), np.array([0, 2]), "offsets must run from 0 to 3"),
        (np.ones((3, 1)), np.array([1, 3]), "found [1] to [3]"),
        (np.ones((3, 1)), np.array([], dtype=int), "offsets must run from 0 to 3"),
        (np.ones((3, 1)), np.array([0, 2, 1, 3]), "offsets must not decrease"),
    ],
)
def test_values_and_offsets_that_do_not_fit_are_refused(
    values: np.ndarray, offsets: np.ndarray, message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        Ragged(values, offsets)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([np.ones((2, 1)), np.ones((2, 3))], "differ in their number of channels: [1, 3]"),
        ([[1.0], np.ones((1, 1, 1))], "number 1 has shape (1, 1, 1)"),
        ([3.0], "number 0 has shape ()"),
    ],
)
def test_sequences_that_do_not_fit_together_are_refused(
    sequences: list[Any], message: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        Ragged.of(sequences)
    assert message in str(caught.value)
