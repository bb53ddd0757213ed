"""Arrays in NumPy's own files, read without pickle."""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.patterns import Roles
from consilience.data.ragged import Ragged
from consilience.errors import ConfigurationError, DataError, ShapeError, suggestion

Arrays = dict[str, NDArray[Any] | Ragged]


def read_archive(
    path: Path,
    modalities: Mapping[str, str | Sequence[str]] | None,
    roles: Roles,
    kinds: Mapping[str, str] | None,
) -> MultimodalData:
    """Samples from an NPZ file, an array a modality.

    Args:
        path: The file.
        modalities: Key of each modality; None takes every key without a role.
        roles: Keys of target, ids and groups.
        kinds: As in `MultimodalData`.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If a key is not there; all faults at once.
        DataError: If the file is broken or holds Python objects.
    """
    arrays = read_arrays(path)
    keys = list(arrays)
    taken = {key for _, key in roles.assigned()}
    wanted = modalities or {k: k for k in keys if k not in taken}
    faults = roles.faults(keys)
    chosen: dict[str, str] = {}
    for name, key in wanted.items():
        if not isinstance(key, str) or key not in arrays:
            near = suggestion(key if isinstance(key, str) else name, keys)
            faults.append(f"modality {name!r}: {path.name!r} has no array {key!r}; {near}")
        else:
            chosen[name] = key
    if faults:
        raise ConfigurationError(faults)
    return MultimodalData(
        {name: arrays[key] for name, key in chosen.items()},
        plain(arrays, roles.targets[0] if roles.targets else None),
        ids=plain(arrays, roles.id),
        groups=plain(arrays, roles.group),
        kinds=kinds,
    )


def plain(arrays: Mapping[str, NDArray[Any] | Ragged], key: str | None) -> NDArray[Any] | None:
    """An array that says one thing a row.

    Args:
        arrays: Arrays by key.
        key: The key, or None.

    Returns:
        The array; None without a key, or where it is not there.

    Raises:
        DataError: If there are sequences under the key.
    """
    values = arrays.get(key) if key is not None else None
    if isinstance(values, Ragged):
        raise DataError(f"array {key!r} holds sequences; a target, id or group is one value a row")
    return values


def read_arrays(path: Path) -> Arrays:
    """All arrays of an NPZ file.

    Args:
        path: The file.

    Returns:
        Arrays by key; pairs `name.values` and `name.offsets` as `Ragged`.

    Raises:
        DataError: If the file is broken, empty, or holds Python objects.
    """
    with path.open("rb") as file:
        arrays = _entries(path, file)
    if not arrays:
        raise DataError(f"{path.name!r} holds no array")
    return _with_sequences(path, arrays)


def _entries(path: Path, file: BinaryIO) -> Arrays:
    try:
        archive = np.load(file, allow_pickle=False)
    except (BadZipFile, EOFError, OSError, ValueError) as error:
        raise DataError(_broken(path, error)) from error
    if not isinstance(archive, NpzFile):
        raise DataError(f"{path.name!r} is a single array, not an NPZ archive")
    with archive:
        return {key: _entry(path, key, archive) for key in archive.files}


def read_array(path: Path) -> NDArray[Any]:
    """The array of an NPY file.

    Args:
        path: The file.

    Returns:
        The array.

    Raises:
        DataError: If the file is broken or holds Python objects.
    """
    try:
        return np.load(path, allow_pickle=False)
    except (EOFError, OSError, ValueError) as error:
        raise DataError(_broken(path, error)) from error


def _entry(path: Path, key: str, archive: NpzFile) -> NDArray[Any]:
    try:
        return archive[key]
    except (BadZipFile, EOFError, OSError, ValueError, zlib.error) as error:
        raise DataError(_broken(path, error, key)) from error


def _broken(path: Path, error: Exception, key: str | None = None) -> str:
    where = f"{path.name!r}" if key is None else f"array {key!r} of {path.name!r}"
    if "Object arrays" in str(error):
        return (
            f"{where} holds Python objects, which only pickle reads and which could run code; "
            "save words as array.astype(str), sequences end to end as 'name.values' and "
            "'name.offsets'"
        )
    if "pickled" in str(error):
        return f"cannot read {where}: it is none of NumPy's files (damaged, or a pickle)"
    return f"cannot read {where}: {error}"


def _with_sequences(path: Path, arrays: Arrays) -> Arrays:
    """Pairs of values and offsets as one entry each, where they stood."""
    out: Arrays = {}
    for key, array in arrays.items():
        name, _, part = key.rpartition(".")
        values, offsets = arrays.get(f"{name}.values"), arrays.get(f"{name}.offsets")
        if part not in {"values", "offsets"} or values is None or offsets is None:
            out[key] = array
        elif name not in out:
            out[name] = _sequences(path, name, np.asarray(values), np.asarray(offsets))
    return out


def _sequences(path: Path, name: str, values: NDArray[Any], offsets: NDArray[Any]) -> Ragged:
    if offsets.dtype.kind not in "iu":
        raise DataError(f"array '{name}.offsets' of {path.name!r} must hold whole numbers")
    try:
        return Ragged(values[:, None] if values.ndim == 1 else values, offsets)
    except ShapeError as error:
        raise DataError(f"sequences {name!r} of {path.name!r}: {error}") from error
