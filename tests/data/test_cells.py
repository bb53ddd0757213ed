import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from consilience.data.cells import as_floats, cells_of
from consilience.data.ragged import Ragged
from consilience.errors import DataError


def test_nulls_of_numbers_and_truth_values_become_nan() -> None:
    for values in ([1, None, 3], [True, None, False]):
        cells = cells_of("x", nw.from_native(pl.Series(values), series_only=True))
        expected = [np.nan if v is None else float(v) for v in values]
        np.testing.assert_array_equal(np.asarray(cells), expected)
    whole = nw.from_native(pd.Series([1, pd.NA], dtype="Int64"), series_only=True)
    np.testing.assert_array_equal(np.asarray(cells_of("x", whole)), [1, np.nan])


def test_lists_in_pandas_objects_are_sequences() -> None:
    series = nw.from_native(pd.Series([[1.0, 2.0], None, [3.0]]), series_only=True)
    cells = cells_of("x", series)
    assert isinstance(cells, Ragged)
    assert cells.lengths.tolist() == [2, 0, 1]


def test_objects_are_read_as_floats_cell_by_cell() -> None:
    array = np.array([["1.5", None], [2, True]], dtype=object)
    np.testing.assert_array_equal(as_floats("x", array), [[1.5, np.nan], [2, 1]])


def test_the_first_cell_that_is_no_number_is_named() -> None:
    with pytest.raises(DataError, match="column 'a' holds 'high' in row 1, which is not a number"):
        as_floats("column 'a'", np.array(["1", "high", "low"]))
