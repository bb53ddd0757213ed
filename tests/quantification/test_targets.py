"""What is told about."""

import numpy as np
import pytest

import consilience as cs
from consilience.errors import DataError
from consilience.quantification.targets import check_sizes, target_of


def _data(target: object) -> cs.MultimodalData:
    return cs.MultimodalData({"a": np.arange(8.0)}, target)  # pyright: ignore[reportArgumentType]  targets of every kind


def test_classes_keep_their_names_and_missing_ones_are_marked() -> None:
    target = target_of(_data(["no", "yes", None, "no", "yes", "no", "no", "no"]))
    assert target.names == ("no", "yes")
    assert target.codes.tolist() == [0, 1, -1, 0, 1, 0, 0, 0]
    assert target.quantity is None


def test_a_quantity_is_cut_into_equal_parts() -> None:
    values = np.append(np.exp(np.arange(7.0)), np.nan)
    target = target_of(_data(values))
    assert target.codes.tolist() == [0, 0, 1, 1, 2, 3, 3, -1]
    assert target.note == "Target is a quantity, cut into 4 classes of equal frequency"
    assert target.quantity is not None


def test_what_cannot_be_told_about() -> None:
    with pytest.raises(DataError, match="interactions are about a target; pass target="):
        target_of(_data(None))
    with pytest.raises(DataError, match="about one target at a time; found 2 outputs"):
        target_of(_data(np.ones((8, 2))))
    with pytest.raises(DataError, match="the target is missing in every row"):
        target_of(_data([None] * 8))
    with pytest.raises(DataError, match="the target is infinite in row 3"):
        target_of(_data([0.1, 0.2, 0.3, np.inf, 1, 2, 3, 4]))


def test_classes_that_cannot_be_counted() -> None:
    with pytest.raises(DataError, match=r"one class only \('no'\) in the 50 rows used; inform"):
        check_sizes(np.array([50, 0]), ("no", "yes"))
    with pytest.raises(DataError, match=r"2 of 3 classes have one sample each \('b', 'c'\); at"):
        check_sizes(np.array([50, 1, 1]), ("a", "b", "c"))
