"""One table of several that are to be matched, with what it says about samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.columns import labels_of, target_of
from consilience.data.container import MultimodalData
from consilience.data.native import flat_frame, is_frame
from consilience.data.patterns import Roles
from consilience.data.schema import Schema
from consilience.errors import ConfigurationError, InputTypeError, suggestion


@final
@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One table, understood.

    Attributes:
        name: Its name.
        ids: Identifier of each row, `(rows,)`.
        data: Its modalities; None if it only tells targets or groups.
        target: What it tells to predict, or None.
        groups: Groups it tells, or None.
        columns: Names of all its columns, to suggest from.
    """

    name: str
    ids: NDArray[Any]
    data: MultimodalData | None
    target: NDArray[Any] | None
    groups: NDArray[Any] | None
    columns: tuple[str, ...]


def part_of(name: str, values: object, roles: Roles, kinds: Mapping[str, str]) -> Part:
    """A table as a part.

    Args:
        name: Name of the part; that of its modality too, unless it has several.
        values: A data frame, or `MultimodalData` with ids.
        roles: Columns that are no part of a modality; only `id` must be there.
        kinds: Kinds fixed for this part.

    Returns:
        The part.

    Raises:
        ConfigurationError: If there are no ids.
        InputTypeError: If `values` is neither.
    """
    if isinstance(values, MultimodalData):
        return _of_data(name, values)
    if not is_frame(values):
        raise InputTypeError(
            f"part {name!r} is a {type(values).__name__}; "
            "expected a data frame with an id column or MultimodalData with ids"
        )
    return part_of_frame(name, values, roles, kinds)


def _of_data(name: str, data: MultimodalData) -> Part:
    ids = data.ids
    if ids is None:
        raise ConfigurationError(
            [f"part {name!r} has no ids; build it with MultimodalData(..., ids=...)"]
        )
    columns = tuple(c.name for m in data.schema.modalities for c in m.columns)
    if data.shape[1] == 1:
        data = _renamed(data, name)
    return Part(name, ids, data, data.target, data.groups, columns)


def _renamed(data: MultimodalData, name: str) -> MultimodalData:
    (values,), (schema,) = data.modalities.values(), data.schema.modalities
    renamed = Schema(modalities=(schema.model_copy(update={"name": name}),))
    return MultimodalData.from_stored(
        {name: values},
        renamed,
        data.presence,
        target=data.target,
        ids=data.ids,
        groups=data.groups,
    )


def part_of_frame(
    name: str,
    values: object,
    roles: Roles,
    kinds: Mapping[str, str],
    *,
    numbered: bool = False,
) -> Part:
    """A data frame as a part.

    Args:
        name: Name of the part and of its modality.
        values: A data frame.
        roles: Columns that are no part of a modality.
        kinds: Kinds fixed for this part.
        numbered: Whether rows are identified by their number where `roles` has no id.

    Returns:
        The part.

    Raises:
        ConfigurationError: If there is no id column.
    """
    frame, _ = flat_frame(values)
    columns = tuple(frame.columns)
    if roles.id is None and not numbered:
        raise ConfigurationError(
            [f"part {name!r} is a data frame; name the column that identifies a sample: id=..."]
        )
    if roles.id is not None and roles.id not in columns:
        raise ConfigurationError(
            [f"part {name!r} has no id column {roles.id!r}; {suggestion(roles.id, columns)}"]
        )
    ids = np.arange(len(frame)) if roles.id is None else labels_of(frame[roles.id], "id")
    free = [c for c in columns if c not in {roles.id, *roles.targets, roles.group}]
    return Part(
        name,
        ids,
        MultimodalData({name: frame.select(free)}, kinds=kinds) if free else None,
        _target(name, frame, roles),
        labels_of(frame[roles.group], "group") if roles.group in columns else None,
        columns,
    )


def _target(name: str, frame: "nw.DataFrame[Any]", roles: Roles) -> NDArray[Any] | None:
    there = [column for column in roles.targets if column in frame.columns]
    if not there:
        return None
    if len(roles.targets) > 1:
        raise ConfigurationError(
            [
                f"part {name!r} tells several labels ({', '.join(map(repr, there))}), which are "
                "read from one table only; put them into one array of a column a label"
            ]
        )
    return target_of(frame[there[0]], "target")
