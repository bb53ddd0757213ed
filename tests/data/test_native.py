import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from consilience.data.native import flat_frame, is_frame
from consilience.errors import ConfigurationError, ConsilienceError, InputTypeError


@pytest.mark.parametrize(
    "frame", [pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), pa.table({"a": [1]})]
)
def test_frames_of_every_library_are_known_and_wrapped(frame: object) -> None:
    assert is_frame(frame)
    flat, levels = flat_frame(frame)
    assert flat["a"].to_list() == [1]
    assert levels is None


@pytest.mark.parametrize("other", [[1], {"a": [1]}, pd.Series([1]), pl.LazyFrame({"a": [1]})])
def test_anything_else_is_no_frame(other: object) -> None:
    assert not is_frame(other)


def test_two_levels_become_one_name_and_are_remembered() -> None:
    frame = pd.DataFrame({("labs", "na"): [1], ("died", ""): [0], ("ecg", 3): [2]})
    flat, levels = flat_frame(frame)
    assert flat.columns == ["labs.na", "died", "ecg.3"]
    assert levels == {
        "labs.na": ("labs", "na"),
        "died": ("died", "died"),
        "ecg.3": ("ecg", "3"),
    }
    assert list(frame.columns) == [("labs", "na"), ("died", ""), ("ecg", 3)]


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        (pl.LazyFrame({"a": [1]}), InputTypeError, "frame is a LazyFrame; expected a pandas"),
        (pd.DataFrame({("a", "b", "c"): [1]}), ConfigurationError, "columns have 3 levels"),
        (pa.table([[1], [2]], names=["a", "a"]), ConfigurationError, "'a' stands in the frame"),
    ],
)
def test_frames_without_clear_names_are_refused(
    frame: object, error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        flat_frame(frame)
    assert message in str(caught.value)
