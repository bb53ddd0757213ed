import numpy as np
import pandas as pd
import pytest

from consilience.data.missing import is_missing, missing_values


@pytest.mark.parametrize("value", [None, float("nan"), "", pd.NA, pd.NaT, np.datetime64("NaT")])
def test_every_kind_of_nothing_is_missing(value: object) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "no", " ", np.array([np.nan]), [1]])
def test_what_holds_something_is_not_missing(value: object) -> None:
    assert not is_missing(value)


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.0, np.nan]),
        np.array(["a", ""]),
        np.array(["a", None], dtype=object),
        np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
        np.array([1, np.nan + 0j]),
    ],
)
def test_arrays_of_any_type_agree_with_single_cells(array: np.ndarray) -> None:
    assert missing_values(array).tolist() == [False, True]


def test_the_shape_is_kept_and_whole_numbers_are_never_missing() -> None:
    assert missing_values(np.array([[None, 1], [2, None]], dtype=object)).tolist() == [
        [True, False],
        [False, True],
    ]
    assert not missing_values(np.arange(3)).any()
