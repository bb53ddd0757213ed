from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal, from_frame
from consilience.errors import InputTypeError

FLAT = {
    "pid": ["a", "b", "c"],
    "lab_na": [1.0, 2.0, None],
    "lab_sex": ["f", "m", None],
    "ecg_1": [1, 2, 3],
    "died": [0, 1, 0],
}


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table])
def test_every_library_gives_the_same_samples(library: Any) -> None:
    data = from_frame(
        library(FLAT), {"labs": "lab_*", "ecg": "ecg_*"}, target="died", id="pid", group="pid"
    )
    assert data.schema.names == ("labs", "ecg")
    np.testing.assert_array_equal(
        np.asarray(data.modalities["labs"]), [[1, 0], [2, 1], [np.nan, np.nan]]
    )
    assert data.presence.tolist() == [[True, True], [True, True], [False, True]]
    assert data.target is not None
    assert data.target.tolist() == [0, 1, 0]
    assert data.ids is not None
    assert data.groups is not None
    assert data.ids.tolist() == data.groups.tolist() == ["a", "b", "c"]


def test_the_first_level_is_the_modality() -> None:
    frame = pd.DataFrame(
        {
            ("lab", "na"): [1.0, 2.0],
            ("lab", "k"): [3, 4],
            ("ecg", "1"): [5, 6],
            ("died", ""): [0, 1],
        }
    )
    data = from_frame(frame, target="died")
    assert data.schema.names == ("lab", "ecg")
    assert [c.name for c in data.schema["lab"].columns] == ["na", "k"]
    chosen = from_frame(frame, {"all": ["lab.*", "ecg.1"]}, target="died")
    assert [c.name for c in chosen.schema["all"].columns] == ["lab.na", "lab.k", "ecg.1"]


def test_at_the_door_data_pass_and_a_new_target_replaces() -> None:
    data = MultimodalData({"a": [1.0, 2.0]}, target=[0, 1])
    assert as_multimodal(data) is data
    replaced = as_multimodal(data, [1, 0]).target
    assert replaced is not None
    assert replaced.tolist() == [1, 0]
    framed = as_multimodal(pd.DataFrame({"lab_a": [1.0], "ecg_b": [2.0]}), ["x"])
    assert framed.schema.names == ("lab", "ecg")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": [1]}, "X is a dict, which has no rows to index; wrap it: cs.MultimodalData({...})"),
        (np.ones((2, 2)), "X is a ndarray, which names no modality; wrap it: "
         'cs.MultimodalData({"name": X}), or one array a modality'),
        ([1, 2], "X is a list; expected MultimodalData or a data frame; give the modalities "
         "names: cs.MultimodalData({...})"),
        (pl.LazyFrame({"a_b": [1]}), "X is a LazyFrame, whose rows are not in memory; "
         "pass X.collect()"),
    ],
)  # fmt: skip
def test_what_names_no_modality_is_refused_with_the_fix(given: object, message: str) -> None:
    with pytest.raises(InputTypeError) as caught:
        as_multimodal(given)
    assert str(caught.value) == message
