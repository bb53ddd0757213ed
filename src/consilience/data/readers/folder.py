"""A folder with one file a modality."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.join import join_parts
from consilience.data.parts import Part, part_of_frame
from consilience.data.patterns import Roles
from consilience.data.ragged import Ragged
from consilience.data.readers.archive import plain, read_array, read_arrays
from consilience.data.readers.paths import (
    ARCHIVES,
    ARRAYS,
    TABLES,
    kind_of_file,
    require_path,
    stem_of,
)
from consilience.data.readers.tabular import read_table
from consilience.data.recognition import kinds_by_modality
from consilience.data.wording import shown
from consilience.errors import ConfigurationError, DataError, ShapeError, suggestion


def read_folder(
    path: Path,
    modalities: Mapping[str, str | Sequence[str]] | None,
    roles: Roles,
    kinds: Mapping[str, str] | None,
) -> MultimodalData:
    """Samples from the files of a folder.

    Args:
        path: The folder.
        modalities: File of each modality, with or without suffix; None takes every
            file that can be read.
        roles: Columns of target, id and group; files of these names hold nothing else.
        kinds: As in `MultimodalData`.

    Returns:
        The samples; matched by id if there is one, else row by row.

    Raises:
        ConfigurationError: If files or columns are not there; all faults at once.
        DataError: If there is no file to read, or ids do not match.
        ShapeError: If there is no id and files differ in length.
    """
    files = _files(path)
    wanted = _wanted(files, modalities, roles)
    fixed = kinds_by_modality(kinds or {}, list(wanted))
    parts: list[Part] = []
    faults: list[str] = []
    for name, file in wanted.items():
        try:
            parts.append(_part(name, file, roles, fixed[name]))
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    parts += _elsewhere(parts, [f for f in files.values() if f not in wanted.values()], roles)
    if roles.id is not None:
        return join_parts(parts, "outer", roles)
    _require_equal_rows(parts)
    data = join_parts(parts, "outer", roles)
    return MultimodalData.from_stored(
        data.modalities, data.schema, data.presence, target=data.target, groups=data.groups
    )


def _files(path: Path) -> dict[str, Path]:
    known = {*TABLES, *ARCHIVES, *ARRAYS}
    found = sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith("."))
    files = [p for p in found if kind_of_file(p) in known]
    if not files:
        there = f"it holds {shown([p.name for p in found])}" if found else "it is empty"
        raise DataError(
            f"folder {path.name!r} has no file that can be read ({there}); "
            f"expected one a modality: {', '.join(sorted(known))}"
        )
    out: dict[str, Path] = {}
    for file in files:
        first = out.setdefault(stem_of(file), file)
        if first != file:
            raise ConfigurationError(
                [f"{first.name!r} and {file.name!r} would be one modality; rename or remove one"]
            )
    return out


def _wanted(
    files: Mapping[str, Path], modalities: Mapping[str, str | Sequence[str]] | None, roles: Roles
) -> dict[str, Path]:
    if not modalities:
        return {n: f for n, f in files.items() if n not in {*roles.targets, roles.group}}
    by_name = {**{f.name: f for f in files.values()}, **files}
    faults = [
        f"modality {name!r}: the folder has no file {stem!r}; {suggestion(str(stem), files)}"
        for name, stem in modalities.items()
        if not isinstance(stem, str) or stem not in by_name
    ]
    if faults:
        raise ConfigurationError(faults)
    return {name: by_name[str(stem)] for name, stem in modalities.items()}


def _part(name: str, file: Path, roles: Roles, kinds: Mapping[str, str]) -> Part:
    require_path(file)
    if kind_of_file(file) in TABLES:
        part = part_of_frame(name, read_table(file), roles, kinds, numbered=roles.id is None)
    else:
        part = _part_of_arrays(name, file, roles, kinds)
    if part.data is None and name not in {*roles.targets, roles.group}:
        raise ConfigurationError([f"{file.name!r} holds no column for modality {name!r}"])
    return part


def _part_of_arrays(name: str, file: Path, roles: Roles, kinds: Mapping[str, str]) -> Part:
    arrays = _arrays(name, file)
    told = {role: plain(arrays, key) for role, key in roles.assigned() if key != name}
    rest = [key for key in arrays if key not in {c for _, c in roles.assigned()} or key == name]
    if len(rest) != 1:
        raise ConfigurationError(
            [f"{file.name!r} holds {len(rest)} arrays; expected one: a file a modality"]
        )
    if roles.id is not None and told["id"] is None:
        raise ConfigurationError(
            [f"{file.name!r} holds no ids {roles.id!r}; save it as a table with that column"]
        )
    data = MultimodalData(
        {name: arrays[rest[0]]},
        told.get("target"),
        ids=told.get("id"),
        groups=told.get("group"),
        kinds=kinds,
    )
    ids = np.arange(len(data)) if data.ids is None else data.ids
    return Part(name, ids, data, data.target, data.groups, tuple(arrays))


def _arrays(name: str, file: Path) -> Mapping[str, NDArray[Any] | Ragged]:
    return {name: read_array(file)} if kind_of_file(file) in ARRAYS else read_arrays(file)


def _elsewhere(parts: Sequence[Part], others: Sequence[Path], roles: Roles) -> list[Part]:
    """What other files say about the roles that the modalities' files do not."""
    lacking = {
        role: column
        for role, column in roles.assigned()
        if role != "id" and not any(column in part.columns for part in parts)
    }
    out: list[Part] = []
    for file in others:
        own = [column for column in lacking.values() if column == stem_of(file)]
        frame = _role_frame(file, own[0], roles) if own else None
        if frame is None and lacking and kind_of_file(file) in TABLES:
            frame = read_table(file)
        told = [c for c in lacking.values() if frame is not None and c in frame.columns]
        if frame is not None and told:
            columns = [c for c in (roles.id, *told) if c is not None and c in frame.columns]
            part = frame.select(columns)
            out.append(part_of_frame(stem_of(file), part, roles, {}, numbered=roles.id is None))
    return out


def _role_frame(file: Path, role: str, roles: Roles) -> "nw.DataFrame[Any]":
    if kind_of_file(file) in TABLES:
        frame = read_table(file)
    else:
        arrays = _arrays(role, file)
        flat = {k: v for k, v in arrays.items() if isinstance(v, np.ndarray) and v.ndim == 1}
        frame = nw.from_dict(flat, backend="pyarrow")
    if role in frame.columns:
        return frame
    free = [c for c in frame.columns if c not in {roles.id, *roles.targets, roles.group}]
    if len(free) != 1:
        raise ConfigurationError(
            [f"{file.name!r} has no column {role!r} and {len(free)} others; name one {role!r}"]
        )
    return frame.rename({free[0]: role})


def _require_equal_rows(parts: Sequence[Part]) -> None:
    first, *others = parts
    for part in others:
        if len(part.ids) != len(first.ids):
            raise ShapeError(
                f"{part.name!r} has {len(part.ids)} rows but {first.name!r} has "
                f"{len(first.ids)}; name the column that matches them: id=..."
            )
