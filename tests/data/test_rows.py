import numpy as np
import pytest
import torch

from consilience.data.ragged import Ragged
from consilience.data.rows import common_rows, per_sample, presence_of, present_rows, row_index
from consilience.errors import ConsilienceError, DataError, InputTypeError, ShapeError


@pytest.mark.parametrize(
    ("rows", "picked"),
    [
        (1, [1]),
        (np.int64(-1), [3]),
        (slice(1, 3), [1, 2]),
        ([3, 0], [3, 0]),
        ([], []),
        ((2, Ellipsis), [2]),
        ((np.array([2, 1]), Ellipsis), [2, 1]),
        ([True, False, False, True], [0, 3]),
        (torch.tensor([1, 1]), [1, 1]),
        (range(2), [0, 1]),
    ],
)
def test_every_way_to_choose_rows(rows: object, picked: list[int]) -> None:
    assert np.arange(4)[row_index(rows, 4)].tolist() == picked


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ("labs", InputTypeError, "for a modality use .modalities['labs']"),
        ([0.5], InputTypeError, "found list of shape (1,) and type float64"),
        (np.ones((2, 2), dtype=int), InputTypeError, "of shape (2, 2)"),
        (4, IndexError, "row 4 is out of range for 4 samples"),
        ([0, -5], IndexError, "row -5 is out of range"),
        ([True], IndexError, "a mask of 1 does not fit 4 samples"),
    ],
)
def test_what_chooses_no_rows_is_refused(
    rows: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        row_index(rows, 4)
    assert message in str(caught.value)


def test_a_row_is_present_if_it_holds_anything() -> None:
    table = np.array([[np.nan, 1], [np.nan, np.nan]])
    assert present_rows(table).tolist() == [True, False]
    assert present_rows(table[:, :, None]).tolist() == [True, False]
    assert present_rows(np.array(["a", None], dtype=object)).tolist() == [True, False]
    ragged = Ragged.of([None, [np.nan], [np.nan, 2.0], None, [3.0]])
    assert present_rows(ragged).tolist() == [False, False, True, False, True]


def test_presence_is_what_is_said_and_there() -> None:
    stored = {"a": np.array([[1.0], [np.nan]]), "b": np.array([[1.0], [2.0]])}
    assert presence_of(stored, None, 2).tolist() == [[True, True], [False, True]]
    assert presence_of(stored, [[1, 0], [1, 1]], 2).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([[True]], ShapeError, "(samples, modalities) = (2, 1); found (1, 1)"),
        ([[0.5], [1]], DataError, "true or false in every cell"),
    ],
)
def test_presence_of_another_form_is_refused(
    given: list[list[float]], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        presence_of({"a": np.ones((2, 1))}, given, 2)
    assert message in str(caught.value)


def test_modalities_must_have_equally_many_rows() -> None:
    with pytest.raises(ShapeError) as caught:
        common_rows({"labs": np.ones((3, 1)), "ecg": np.ones((2, 1))})
    assert str(caught.value) == (
        "modality 'ecg' has 2 rows but 'labs' has 3; "
        'use cs.join({...}, how="outer") to match them by id'
    )
    with pytest.raises(DataError, match="modality 'labs' has no rows"):
        common_rows({"labs": np.ones((0, 1))})


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (["a"], ShapeError, "ids must be (2,), one a sample; found (1,)"),
        (["a", None], DataError, "ids are missing in 1 of 2 rows (first: row 1)"),
        ([1.0, np.nan], DataError, "ids are missing in 1 of 2 rows"),
    ],
)
def test_ids_are_one_a_sample(
    values: list[object], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        per_sample("ids", values, 2)
    assert message in str(caught.value)
