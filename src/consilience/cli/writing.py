"""Rows as a table in a file, or as CSV text; a figure in a file."""

import io
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from consilience.errors import ConfigurationError, suggestion

SUFFIXES = (".csv", ".parquet")
FIGURES = (".svg", ".png", ".pdf")


def require_writable(
    path: Path, *, option: str = "--out", suffixes: Sequence[str] = SUFFIXES
) -> None:
    """Sees that a file can be written there, before anything is computed.

    Args:
        path: File to write.
        option: The option that names it.
        suffixes: Endings of the formats that are known.

    Raises:
        ConfigurationError: If its format is not known, or it is a folder.
    """
    if path.suffix not in suffixes:
        hint = suggestion(path.suffix, suffixes)
        known = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}"
        raise ConfigurationError([f"{option} must end in {known}, found {path.name!r}; {hint}"])
    if path.is_dir():
        raise ConfigurationError([f"{option} {path} is a folder; name a file"])


def write_table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Writes a table; the file appears when it is whole.

    Args:
        rows: Values by column, the same columns in each.
        path: A file that ends in `.csv` or `.parquet`.
    """
    import pyarrow as pa  # noqa: PLC0415  heavy
    from pyarrow import csv, parquet  # noqa: PLC0415  heavy

    def write(file: BinaryIO) -> None:
        form = csv.write_csv if path.suffix == ".csv" else parquet.write_table
        form(pa.Table.from_pylist([dict(row) for row in rows]), file)

    _write_whole(path, write)


def write_figure(figure: Any, path: Path) -> None:  # noqa: ANN401  a matplotlib figure
    """Writes a figure; the file appears when it is whole, and is the same each time.

    Args:
        figure: A matplotlib figure.
        path: A file that ends in `.svg`, `.png` or `.pdf`.
    """
    import matplotlib as mpl  # noqa: PLC0415  heavy

    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix, {})
    with mpl.rc_context({"svg.hashsalt": "consilience"}):
        _write_whole(
            path,
            lambda file: figure.savefig(
                file, format=path.suffix[1:], dpi=150, metadata=undated, bbox_inches="tight"
            ),
        )


def _write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
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
