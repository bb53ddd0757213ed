from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from consilience.data.target import as_target, infer_task, missing_target, require_target
from consilience.errors import DataError, ShapeError


def test_numbers_stay_as_they_are() -> None:
    assert as_target([0, 1, 1], 3).dtype.kind == "i"
    assert as_target(np.ones((3, 1)), 3).shape == (3,)
    assert as_target(np.ones((3, 2)), 3).shape == (3, 2)


def test_objects_that_are_numbers_become_numbers() -> None:
    target = as_target(pd.Series([1, None, 3], dtype="Int64"), 3)
    np.testing.assert_array_equal(target, [1.0, np.nan, 3.0])


@pytest.mark.parametrize("words", [["a", None], ["a", float("nan")], ["a", ""], [True, None]])
def test_words_and_truth_values_have_none_where_missing(words: list[Any]) -> None:
    target = as_target(words, 2)
    assert target.dtype == object
    assert target.tolist() == [words[0], None]
    assert missing_target(target).tolist() == [False, True]


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ([1, 2], ShapeError, "target must have 3 rows, one a sample; found shape (2,)"),
        (np.ones((3, 2, 2)), ShapeError, "found shape (3, 2, 2)"),
        (np.ones((3, 0)), ShapeError, "target has no column"),
        ([[1], [2, 3], [4]], ShapeError, "target must be (3,) or (3, outputs)"),
        (np.array(["2020-01-01"] * 3, dtype="datetime64[D]"), DataError, "holds dates"),
        (np.ones(3) * 1j, DataError, "holds complex numbers"),
    ],
)
def test_what_is_no_target_is_refused(
    target: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        as_target(cast("Any", target), 3)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([0, 1, 1], "classification"),
        ([0.0, 1.0, np.nan], "classification"),
        ([True, False, True], "classification"),
        (["a", "b", "a"], "classification"),
        ([0.5, 1.0, 2.0], "regression"),
        (list(range(20)), "classification"),
        (list(range(21)), "regression"),
        ([[0, 1], [1, 1]], "multilabel"),
        ([[0.0, 1.0], [1.0, np.nan]], "multilabel"),
        ([[True, False], [True, True]], "multilabel"),
        ([[0, 1], [2, 1]], "classification"),
        ([[0.0, 1.5], [1.0, 1.0]], "regression"),
    ],
)
def test_the_task_is_seen_from_the_values(target: list[Any], task: str) -> None:
    assert infer_task(as_target(target, len(target))) == task


def test_a_row_with_any_output_missing_is_missing() -> None:
    assert missing_target(np.array([[0.0, np.nan], [1.0, 1.0]])).tolist() == [True, False]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "a study needs a target; pass target="),
        (np.array([1, np.nan, np.nan]), "the target is missing in 2 of 3 rows (first: row 1)"),
        (np.array([1, 2, np.inf]), "the target is infinite in 1 of 3 rows (first: row 2)"),
    ],
)
def test_an_unusable_target_says_where(target: np.ndarray | None, message: str) -> None:
    with pytest.raises(DataError) as caught:
        require_target(target, "a study")
    assert message in str(caught.value)


def test_a_complete_target_is_passed_on() -> None:
    target = np.array([0, 1])
    assert require_target(target, "a study") is target
