"""Tables in files: CSV, Parquet and Arrow."""

from pathlib import Path
from typing import Any

import narwhals as nw

from consilience.data.native import flat_frame
from consilience.data.readers.paths import kind_of_file
from consilience.errors import DataError

_BLOCK = 2**30
"""Types of CSV columns are inferred from this many bytes, so that a late word is seen."""


def read_table(path: Path) -> "nw.DataFrame[Any]":
    """A table as it stands in a file.

    Columns that only number the rows (without a name, or pandas' stored index) are
    left out.

    Args:
        path: A CSV, TSV, Parquet, Arrow or Feather file.

    Returns:
        The table.

    Raises:
        DataError: If the file cannot be read or has no rows.
    """
    import pyarrow as pa  # noqa: PLC0415  slow to import

    suffix = kind_of_file(path)
    try:
        if suffix in {".csv", ".tsv"}:
            table = _csv(path, "\t" if suffix == ".tsv" else _delimiter(path))
        else:
            table = _parquet(path) if suffix == ".parquet" else _arrow(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot read {path.name!r}: {error}") from error
    if len(table) == 0:
        raise DataError(f"{path.name!r} has columns but no rows")
    counters = [c for c in table.columns if not c or c.startswith("__index_level_")]
    return table.drop(counters)


def _csv(path: Path, delimiter: str) -> "nw.DataFrame[Any]":
    from pyarrow import csv  # noqa: PLC0415  loaded when a file is read

    size = min(max(path.stat().st_size + 1, 2**20), _BLOCK)
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(block_size=size),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=csv.ConvertOptions(strings_can_be_null=True),
    )
    frame = _table(table)
    broken = [c for c in frame.columns if frame[c].dtype == nw.Binary]
    if broken:
        raise DataError(
            f"column {broken[0]!r} of {path.name!r} is not UTF-8 text; save the file as UTF-8"
        )
    return frame


def _delimiter(path: Path) -> str:
    """A comma, or a semicolon or tab where the header has these and no comma."""
    from pyarrow import input_stream  # noqa: PLC0415  loaded when a file is read

    with input_stream(path) as stream:
        header = bytes(stream.read(2**16)).split(b"\n", 1)[0]
    found = [d for d in (",", ";", "\t") if d.encode() in header]
    return found[0] if found else ","


def _parquet(path: Path) -> "nw.DataFrame[Any]":
    from pyarrow import parquet  # noqa: PLC0415  loaded when a file is read

    return _table(parquet.ParquetFile(path).read())


def _arrow(path: Path) -> "nw.DataFrame[Any]":
    import pyarrow as pa  # noqa: PLC0415  loaded when a file is read

    with pa.OSFile(str(path)) as source:
        try:
            return _table(pa.ipc.open_file(source).read_all())
        except pa.ArrowInvalid:
            source.seek(0)
            return _table(pa.ipc.open_stream(source).read_all())


def _table(table: object) -> "nw.DataFrame[Any]":
    frame, _ = flat_frame(table)
    return frame
