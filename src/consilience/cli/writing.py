"""Rows as a table in a file, or as CSV text."""

import io
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from consilience.errors import ConfigurationError, suggestion

SUFFIXES = (".csv", ".parquet")


def require_writable(path: Path) -> None:
    """Sees that a table can be written there, before anything is computed.

    Args:
        path: File to write.

    Raises:
        ConfigurationError: If its format is not known, or it is a folder.
    """
    if path.suffix not in SUFFIXES:
        hint = suggestion(path.suffix, SUFFIXES)
        raise ConfigurationError(
            [f"--out must end in .csv or .parquet, found {path.name!r}; {hint}"]
        )
    if path.is_dir():
        raise ConfigurationError([f"--out {path} is a folder; name a file"])


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Writes a table; the file appears when it is whole.

    Args:
        rows: Values by column, the same columns in each.
        path: A file that ends in `.csv` or `.parquet`.
    """
    import pyarrow as pa  # noqa: PLC0415  heavy
    from pyarrow import csv, parquet  # noqa: PLC0415  heavy

    write = csv.write_csv if path.suffix == ".csv" else parquet.write_table
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(pa.Table.from_pylist([dict(row) for row in rows]), file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table as CSV.

    Args:
        rows: Values by column, the same columns in each.

    Returns:
        The text, a header first.

    Example:
        >>> print(csv_text([{"id": "a", "prediction": 1.5}]), end="")
        "id","prediction"
        "a",1.5
    """
    import pyarrow as pa  # noqa: PLC0415  heavy
    from pyarrow import csv  # noqa: PLC0415  heavy

    buffer = io.BytesIO()
    csv.write_csv(pa.Table.from_pylist([dict(row) for row in rows]), buffer)
    return buffer.getvalue().decode()
