import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather

from consilience.data.readers.tabular import read_table
from consilience.errors import ConfigurationError, ConsilienceError, DataError

FRAME = pd.DataFrame({"a": [1.0, None], "w": ["x", "NA"], "n": [3, 4]})


def write(path: Path) -> None:
    """The frame in the format that the path's suffix tells."""
    suffix = "".join(path.suffixes)
    if suffix == ".parquet":
        FRAME.to_parquet(path)
    elif suffix == ".feather":
        feather.write_feather(pa.Table.from_pandas(FRAME), str(path))
    elif suffix == ".arrow":
        table = pa.Table.from_pandas(FRAME)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        text = FRAME.to_csv(sep="\t" if suffix == ".tsv" else ";" if "semi" in path.name else ",")
        path.write_bytes(gzip.compress(text.encode()) if suffix == ".csv.gz" else text.encode())


@pytest.mark.parametrize(
    "name", ["a.csv", "semi.csv", "a.tsv", "a.csv.gz", "a.parquet", "a.arrow", "a.feather"]
)
def test_every_format_gives_the_same_table(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    table = read_table(tmp_path / name)
    assert table.columns == ["a", "w", "n"]
    assert table["a"].to_list() == [1.0, None]
    assert table["n"].to_list() == [3, 4]
    assert table["w"].to_list() == ["x", None if "csv" in name or "tsv" in name else "NA"]


def test_the_index_that_pandas_stores_is_left_out(tmp_path: Path) -> None:
    FRAME.set_index(pd.Index([7, 9])).to_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").columns == ["a", "w", "n"]


def test_a_word_far_down_does_not_break_reading(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a\n" + "1234567\n" * 200_000 + "unknown\n")
    assert read_table(path)["a"].to_list()[-1] == "unknown"


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("a.csv", b"a,b\n", DataError, "'a.csv' has columns but no rows"),
        ("a.csv", b"a,b\n1,2\n3\n", DataError, "cannot read 'a.csv': CSV parse error: Expected 2"),
        ("a.csv", b"a,b\n1,\xff\xfe\n", DataError, "column 'b' of 'a.csv' is not UTF-8 text"),
        ("a.csv", b"a,a\n1,2\n", ConfigurationError, "column 'a' stands in the frame more"),
        ("a.parquet", b"garbage", DataError, "cannot read 'a.parquet': "),
        ("a.arrow", b"garbage", DataError, "cannot read 'a.arrow': "),
        ("a.csv.gz", b"garbage", DataError, "cannot read 'a.csv.gz': "),
    ],
)
def test_broken_files_say_which(
    tmp_path: Path, name: str, content: bytes, error: type[ConsilienceError], message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error) as caught:
        read_table(tmp_path / name)
    assert message in str(caught.value)
