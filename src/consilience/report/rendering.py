"""A run folder in, one HTML file out."""

import os
import tempfile
from pathlib import Path

from consilience.report.artefacts import read_run


def render(run: Path) -> Path:
    """Writes the report of a study's run folder.

    The report is one file without network requests, for screens light and dark,
    phones and paper. It is drawn from the folder's plain files alone.

    Args:
        run: The folder that a study wrote.

    Returns:
        Path of the report, `report.html` in that folder.

    Raises:
        MissingFileError: If the folder or one of its files is not there.
        DataError: If a file's content or format version cannot be read.
    """
    folder = Path(run)
    content = read_run(folder)
    from consilience.report.page import page  # noqa: PLC0415  drawing loads matplotlib

    target = folder / "report.html"
    _write(target, page(content))
    return target


def _write(target: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".report-", suffix=".html")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
