"""The one door to data in files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from consilience.data.container import MultimodalData
from consilience.data.frames import from_frame
from consilience.data.patterns import Roles
from consilience.data.readers.archive import read_archive
from consilience.data.readers.folder import read_folder
from consilience.data.readers.paths import ARCHIVES, ARRAYS, TABLES, kind_of_file, require_path
from consilience.data.readers.tabular import read_table
from consilience.errors import ConfigurationError, suggestion


def read(
    path: str | Path,
    *,
    modalities: Mapping[str, str | Sequence[str]] | None = None,
    target: str | Sequence[str] | None = None,
    id: str | None = None,  # noqa: A002  the contract's name
    group: str | None = None,
    kinds: Mapping[str, str] | None = None,
) -> MultimodalData:
    """Samples from a file or folder.

    - `.csv`, `.tsv` (also `.gz`), `.parquet`, `.arrow`, `.feather`: a sample a row;
      columns belong to modalities by pattern or by prefix, as in
      `MultimodalData.from_frame`. Columns of lists are sequences.
    - `.npz`: an array a modality, a sample an entry of the first axis. Two arrays
      `name.values` and `name.offsets` are sequences of any length. Arrays of Python
      objects are refused: reading them could run code.
    - a folder: a file a modality, in any of these formats or `.npy`, named by the
      file. With `id`, files are matched by that column, and a sample that a file
      lacks has that modality absent; without, row `i` of all files is one sample.
      `target` and `group` may stand in any file, or in a file of that name.

    Args:
        path: File or folder.
        modalities: By name: patterns of columns for a table, the key of an array
            for NPZ, the name of a file for a folder.
        target: Column, key or file to predict. Of a table several columns, or a pattern
            that matches several, are several labels a sample; an array holds them in columns.
        id: Column or key that identifies a sample.
        group: Column, key or file whose equal values belong together.
        kinds: As in `MultimodalData`.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If the format is unknown, or columns or keys are not
            there; all faults at once.
        DataError: If a file is empty or broken, or its content cannot be used.
        MissingFileError: If there is no such file.
    """
    path = require_path(Path(path))
    named = target if target is None or isinstance(target, str) else tuple(target)
    roles = Roles(target=named, id=id, group=group)
    if path.is_dir():
        return read_folder(path, modalities, roles, kinds)
    suffix = kind_of_file(path)
    if suffix in ARCHIVES:
        _require_one(roles)
        return read_archive(path, modalities, roles, kinds)
    if suffix in TABLES:
        table = read_table(path)
        data = from_frame(table, modalities, target=target, id=id, group=group, kinds=kinds)
        del table
        _give_back()
        return data
    raise ConfigurationError([_unknown(path, suffix)])


def _give_back() -> None:
    """Hands memory that Arrow keeps for later back to the system: twice the size of a file."""
    import pyarrow as pa  # noqa: PLC0415  slow to import

    pa.default_memory_pool().release_unused()


def _require_one(roles: Roles) -> None:
    if len(roles.targets) > 1:
        raise ConfigurationError(
            [
                f"an archive holds several labels in one array, a column a label; found "
                f"{len(roles.targets)} keys to predict ({', '.join(map(repr, roles.targets))})"
            ]
        )


def _unknown(path: Path, suffix: str) -> str:
    if suffix in ARRAYS:
        return (
            f"{path.name!r} is one array without a name; put it into a folder, a file a modality"
        )
    if suffix in {".pkl", ".pickle", ".joblib"}:
        return f"{path.name!r} is a pickle, which could run code; save it as Parquet or NPZ"
    if suffix in {".xlsx", ".xls", ".ods"}:
        return f"{path.name!r} is a spreadsheet; save it as CSV"
    return (
        f"cannot read {path.name!r}: its format {suffix!r} is not known; "
        f"{suggestion(suffix, [*TABLES, *ARCHIVES])}"
    )
