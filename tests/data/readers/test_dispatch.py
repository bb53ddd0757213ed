from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from consilience.data.readers import read
from consilience.errors import ConfigurationError, DataError, MissingFileError

FRAME = pd.DataFrame(
    {"pid": ["a", "b"], "lab_na": [1.0, 2.0], "ecg_1": [3, 4], "site": [0, 1], "died": [0, 1]}
)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_columns_go_to_modalities_by_pattern_or_prefix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    FRAME.to_csv(path, index=False) if name.endswith("csv") else FRAME.to_parquet(path)
    by_prefix = read(path, target="died", id="pid", group="site")
    assert by_prefix.schema.names == ("lab", "ecg")
    assert by_prefix.groups is not None
    assert by_prefix.groups.tolist() == [0, 1]
    chosen = read(str(path), modalities={"all": ["lab_*", "ecg_*"]}, kinds={"all": "categorical"})
    assert [c.kind for c in chosen.schema["all"].columns] == ["categorical"] * 2


def test_lists_in_parquet_are_sequences(tmp_path: Path) -> None:
    table = pa.table({"acc_x": [[1.0], [2.0, 3.0]], "acc_y": [[4.0], [5.0, 6.0]], "lab_a": [1, 2]})
    parquet.write_table(table, tmp_path / "a.parquet")
    data = read(tmp_path / "a.parquet")
    assert data.schema["acc"].describe() == "sequence of any length, 2 channels"
    assert data.modalities["acc"][1].tolist() == [[2, 5], [3, 6]]


def test_archives_and_folders_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones((2, 3)))
    assert read(tmp_path / "a.npz").schema.names == ("x",)
    folder = tmp_path / "folder"
    folder.mkdir()
    FRAME[["lab_na", "died"]].to_csv(folder / "labs.csv", index=False)
    assert read(folder, target="died").schema.names == ("labs",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.xlsx", "'a.xlsx' is a spreadsheet; save it as CSV"),
        ("a.pkl", "'a.pkl' is a pickle, which could run code; save it as Parquet or NPZ"),
        ("a.npy", "'a.npy' is one array without a name; put it into a folder"),
        ("a.csvv", "its format '.csvv' is not known; did you mean '.csv' or '.tsv'?"),
    ],
)
def test_formats_that_are_not_read_say_what_to_do(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path / name)
    assert message in str(caught.value)


def test_text_in_a_column_of_numbers_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lab_a,lab_b\n1,2\n3,?\n4,5\n")
    with pytest.raises(DataError, match="column 'lab_b' of modality 'lab' holds numbers but also"):
        read(tmp_path / "a.csv")


def test_a_file_that_is_not_there_leads_to_the_nearest(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "cohort.csv")
    with pytest.raises(MissingFileError, match=r"did you mean 'cohort\.csv'"):
        read(tmp_path / "cohrt.csv")
