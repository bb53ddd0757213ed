"""Modalities that come apart, matched by the identifier of their samples."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.missing import missing_values
from consilience.data.parts import Part, part_of
from consilience.data.patterns import Roles
from consilience.data.recognition import kinds_by_modality
from consilience.data.scattering import agreed, scattered
from consilience.data.schema import Schema
from consilience.data.wording import counted, shown
from consilience.errors import ConfigurationError, DataError, InputTypeError, suggestion

How = Literal["inner", "outer"]


def join(
    parts: Mapping[str, Any],
    how: How = "inner",
    *,
    id: str | None = None,  # noqa: A002  the contract's name
    target: str | None = None,
    group: str | None = None,
    kinds: Mapping[str, str] | None = None,
) -> MultimodalData:
    """Samples whose modalities stand in different tables, matched by id.

    Args:
        parts: By name: data frames with an id column, or `MultimodalData` with
            ids. A data frame's other columns are the modality of that name (a
            frame with none but `target` and `group` only gives these);
            `MultimodalData` of one modality takes the name of its part, of several
            keeps theirs.
        how: `"inner"` keeps the ids that every part has, `"outer"` keeps all and
            marks absent what a part lacks.
        id: Column of the data frames that identifies a sample.
        target: Column to predict; in any part.
        group: Column whose equal values belong together; in any part.
        kinds: As in `MultimodalData`.

    Returns:
        The samples, in the order in which their ids first appear.

    Raises:
        ConfigurationError: If a column is not there or names collide; all faults
            at once.
        DataError: If an id occurs twice in a part, no id matches, or two parts
            contradict each other about target or group.
        InputTypeError: If a part is neither a data frame nor `MultimodalData`.

    Example:
        >>> import pandas as pd
        >>> labs = pd.DataFrame({"pid": ["a", "b"], "sodium": [140.0, 138.0], "died": [0, 1]})
        >>> ecg = pd.DataFrame({"pid": ["b", "c"], "rate": [60.0, 80.0]})
        >>> data = join({"labs": labs, "ecg": ecg}, how="outer", id="pid", target="died")
        >>> data.ids.tolist(), data.presence.tolist()
        (['a', 'b', 'c'], [[True, False], [True, True], [False, True]])
    """
    if not isinstance(parts, Mapping) or not parts:  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError('parts must be a mapping of names to tables, such as {"labs": df}')
    if how not in get_args(How):
        raise ConfigurationError([f"how is {how!r}; {suggestion(str(how), get_args(How))}"])
    roles = Roles(target=target, id=id, group=group)
    fixed = kinds_by_modality(kinds or {}, [str(name) for name in parts])
    read: list[Part] = []
    faults: list[str] = []
    for name, values in parts.items():
        try:
            read.append(part_of(str(name), values, roles, fixed[str(name)]))
        except ConfigurationError as error:
            faults += error.faults
    if faults:
        raise ConfigurationError(faults)
    return join_parts(read, how, roles)


def join_parts(parts: Sequence[Part], how: How, roles: Roles) -> MultimodalData:
    """Samples out of parts that are already understood.

    Args:
        parts: At least one.
        how: As in `join`.
        roles: Columns that were asked for, to tell which was not found.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If a column is not there or names collide.
        DataError: If ids occur twice, match nowhere, or parts contradict.
    """
    _require_roles(parts, roles)
    _require_names(parts)
    places = {part.name: _places(part) for part in parts}
    ids = _ids(parts, places, how)
    keys = ids.tolist()
    rows = {p.name: np.array([places[p.name].get(k, -1) for k in keys], dtype=int) for p in parts}
    held = [(p, p.data) for p in parts if p.data is not None]
    presence = [scattered(data.presence, rows[part.name], fill=False) for part, data in held]
    return MultimodalData.from_stored(
        {
            name: scattered(values, rows[part.name])
            for part, data in held
            for name, values in data.modalities.items()
        },
        Schema(modalities=tuple(m for _, data in held for m in data.schema.modalities)),
        np.concatenate(presence, axis=1),
        target=agreed("target", parts, rows, keys),
        ids=ids,
        groups=_complete_groups(agreed("groups", parts, rows, keys), keys),
    )


def _require_roles(parts: Sequence[Part], roles: Roles) -> None:
    columns = list(dict.fromkeys(c for part in parts for c in part.columns))
    absent = [
        (role, column)
        for role, column in roles.assigned()
        if role != "id" and column not in columns
    ]
    if absent:
        raise ConfigurationError(
            [f"no part has {role} column {c!r}; {suggestion(c, columns)}" for role, c in absent]
        )


def _require_names(parts: Sequence[Part]) -> None:
    owner: dict[str, str] = {}
    faults: list[str] = []
    for part in parts:
        for name in part.data.schema.names if part.data else ():
            first = owner.setdefault(name, part.name)
            if first != part.name:
                faults.append(
                    f"modality {name!r} comes from both {first!r} and {part.name!r}; "
                    f"leave one out with .select([...])"
                )
    if not owner:
        faults.append("no part holds a modality: every column is an id, a target or a group")
    if faults:
        raise ConfigurationError(faults)


def _places(part: Part) -> dict[Any, int]:
    keys = part.ids.tolist()
    places = {key: i for i, key in enumerate(keys)}
    if len(places) < len(keys):
        twice = [key for key, n in Counter(keys).items() if n > 1]
        raise DataError(
            f"{part.name!r} has {counted(len(twice), 'id')} more than once: {shown(twice)}; "
            "keep one row an id, or make the id finer"
        )
    return places


def _ids(parts: Sequence[Part], places: Mapping[str, Mapping[Any, int]], how: How) -> NDArray[Any]:
    count = Counter(key for own in places.values() for key in own)
    if len(parts) > 1 and max(count.values()) == 1:
        raise DataError(f"no id occurs in two parts. {_lonely(parts, places, count)}")
    kept = [key for key, n in count.items() if how == "outer" or n == len(parts)]
    if not kept:
        raise DataError(
            f"no id occurs in every part. {_lonely(parts, places, count)} "
            'Use how="outer" to mark absent what a part lacks'
        )
    ids = np.array(kept) if all(p.ids.dtype.kind in "iu" for p in parts) else None
    if ids is None:
        ids = np.empty(len(kept), dtype=object)
        ids[:] = kept
    return ids


def _lonely(
    parts: Sequence[Part], places: Mapping[str, Mapping[Any, int]], count: Mapping[Any, int]
) -> str:
    """What occurs in one part only, and whether types explain it."""
    told: list[str] = []
    for name, own in places.items():
        alone = [key for key in own if count[key] == 1]
        if alone:
            told.append(f"{counted(len(alone), 'id')} only in {name!r}: {shown(alone)}.")
    types = {p.name: "numbers" if p.ids.dtype.kind in "iuf" else "words" for p in parts}
    if len(set(types.values())) > 1:
        told.append("Ids are " + ", ".join(f"{t} in {n!r}" for n, t in types.items()) + ".")
    return " ".join(told)


def _complete_groups(groups: NDArray[Any] | None, keys: list[Any]) -> NDArray[Any] | None:
    missing = [] if groups is None else np.flatnonzero(missing_values(groups)).tolist()
    if missing:
        raise DataError(
            f"{counted(len(missing), 'id')} without a group: {shown([keys[i] for i in missing])}; "
            "put the group column into the part that has every id"
        )
    return groups
