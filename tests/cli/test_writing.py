"""A table in a file: whole or not at all."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from consilience.cli.writing import csv_text, require_writable, write_table
from consilience.errors import ConfigurationError

ROWS = [{"id": "a", "prediction": 1}, {"id": "b", "prediction": 0}]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_table_reads_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "made" / name
    write_table(ROWS, path)
    read = csv.read_csv if name.endswith("csv") else pq.read_table
    assert read(path).to_pylist() == ROWS
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_the_text_is_the_file(tmp_path: Path) -> None:
    write_table(ROWS, tmp_path / "t.csv")
    assert csv_text(ROWS) == (tmp_path / "t.csv").read_text(encoding="utf-8")


def test_a_failure_keeps_the_old_file_and_leaves_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(Exception, match="Could not convert"):
        write_table([{"x": 1}, {"x": object()}], path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("t.parq", "--out must end in .csv or .parquet, found 't.parq'; did you mean '.parquet'?"),
        ("folder.csv", "--out {place} is a folder; name a file"),
    ],
)
def test_what_cannot_be_written_is_told_before(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError) as told:
        require_writable(tmp_path / name)
    assert str(told.value) == expected.format(place=tmp_path / name)
