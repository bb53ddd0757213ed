"""Where files are, and what their names say they are."""

from pathlib import Path

from consilience.errors import DataError, MissingFileError, suggestion

TABLES = (".csv", ".tsv", ".parquet", ".arrow", ".feather")
ARCHIVES = (".npz",)
ARRAYS = (".npy",)
_COMPRESSED = (".gz", ".bz2")


def kind_of_file(path: Path) -> str:
    """The suffix that tells a file's format, without that of a compression.

    Example:
        >>> kind_of_file(Path("labs.csv.gz")), kind_of_file(Path("ECG.NPY"))
        ('.csv', '.npy')
    """
    suffixes = [s.lower() for s in path.suffixes]
    squeezed = len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and suffixes[-2] in TABLES[:2]
    return suffixes[-2] if squeezed else (suffixes or [""])[-1]


def stem_of(path: Path) -> str:
    """A file's name without what tells its format.

    Example:
        >>> stem_of(Path("labs.v2.csv.gz"))
        'labs.v2'
    """
    name = path.name
    return name[: name.lower().rindex(kind_of_file(path))] if kind_of_file(path) else name


def require_path(path: Path) -> Path:
    """A path that is there.

    Args:
        path: File or folder; `~` is the home folder.

    Returns:
        The path with `~` filled in.

    Raises:
        DataError: If it is an empty file.
        MissingFileError: If there is nothing there; the error names what is near.
    """
    path = path.expanduser()
    if not path.exists():
        raise MissingFileError(_nothing_at(path))
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path.name!r} is an empty file")
    return path


def _nothing_at(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no {str(path)!r}: its folder {str(folder)!r} does not exist"
    names = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    return f"there is no {path.name!r} in {str(folder)!r}; {suggestion(path.name, names)}"
