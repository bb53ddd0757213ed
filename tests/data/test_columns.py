from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from consilience.data.columns import labels_of, target_of
from consilience.errors import DataError


def column(values: list[Any], dtype: Any = None) -> "nw.Series[Any]":
    """A column named c."""
    return nw.from_native(pl.Series("c", values, dtype=dtype), series_only=True)


def test_targets_keep_their_type() -> None:
    assert target_of(column([1, 2]), "target").dtype == np.int64
    assert target_of(column([True, False]), "target").dtype == np.bool_
    assert target_of(column(["a", None]), "target").tolist() == ["a", None]
    np.testing.assert_array_equal(target_of(column([1, None]), "target"), [1, np.nan])


def test_labels_are_complete() -> None:
    assert labels_of(column([3, 1]), "id").tolist() == [3, 1]
    assert labels_of(column(["a", "b"]), "id").dtype == object
    with pytest.raises(DataError) as caught:
        labels_of(column(["a", None, ""]), "group")
    assert str(caught.value).startswith("group column 'c' is empty in 2 of 3 rows (first: row 1)")


def test_dates_are_no_target() -> None:
    with pytest.raises(DataError, match="target column 'c' holds dates"):
        target_of(column([0], pl.Date), "target")
