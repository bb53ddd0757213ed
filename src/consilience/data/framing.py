"""The columns of a data frame, divided among modalities: by pattern, by level, by prefix."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.columns import labels_of, target_of
from consilience.data.native import Levels, flat_frame
from consilience.data.patterns import Roles, match
from consilience.data.repeats import repeating_identifiers
from consilience.errors import ConfigurationError

SEPARATORS = ("__", ".", ":", "/", "_")
"""What may stand between a modality and its column, tried in this order."""

Pattern = str | Sequence[str]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """A data frame, divided.

    Attributes:
        modalities: The columns of each modality.
        target: What is to be predicted, `(samples,)` or `(samples, outputs)`, or None.
        target_names: Names of the target's columns, where it has several.
        ids: One identifier a sample, or None.
        groups: The group of each sample, or None.
        repeating: Columns without a part that look like identifiers and repeat, with how many
            different values they have; none where there are groups.
    """

    modalities: Mapping[str, "nw.DataFrame[Any]"]
    target: NDArray[Any] | None
    target_names: tuple[str, ...] | None
    ids: NDArray[Any] | None
    groups: NDArray[Any] | None
    repeating: Mapping[str, int]


def divide(frame: object, modalities: Mapping[str, Pattern] | None, roles: Roles) -> Divided:
    """A data frame's columns by modality and role.

    Args:
        frame: A data frame, a sample a row.
        modalities: Patterns of each modality's columns; None or none to go by
            level or prefix.
        roles: Columns of target, id and group.

    Returns:
        The parts.

    Raises:
        ConfigurationError: If a pattern matches no column, two modalities claim
            one column, or a column is not there; all faults at once.
        DataError: If a target, id or group cannot be used.
        InputTypeError: If `frame` is not a data frame.
    """
    flat, levels = flat_frame(frame)
    roles = roles.resolved(flat.columns)
    names: dict[str, list[str]]
    if modalities:
        names = match(flat.columns, modalities, roles)
    else:
        free = roles.leave(flat.columns)
        names = by_prefix(free) if levels is None else _by_level(free, levels)
    parts = {name: flat.select(columns) for name, columns in names.items()}
    if levels is not None and not modalities:
        parts = {n: part.rename({c: levels[c][1] for c in names[n]}) for n, part in parts.items()}
    taken = {column for columns in names.values() for column in columns}
    idle = [c for c in roles.leave(flat.columns) if c not in taken and roles.group is None]
    return Divided(
        parts,
        _target(flat, roles),
        None if isinstance(roles.target, str) else roles.target,
        None if roles.id is None else labels_of(flat[roles.id], "id"),
        None if roles.group is None else labels_of(flat[roles.group], "group"),
        repeating_identifiers(flat, idle),
    )


def _target(flat: "nw.DataFrame[Any]", roles: Roles) -> NDArray[Any] | None:
    if not roles.targets:
        return None
    columns = [target_of(flat[name], "target") for name in roles.targets]
    return columns[0] if isinstance(roles.target, str) else np.column_stack(columns)


def by_prefix(columns: Iterable[str]) -> dict[str, list[str]]:
    """Columns of each modality, by the first separator that stands in every name.

    Args:
        columns: Names of flat columns.

    Returns:
        The columns of each prefix, in order.

    Raises:
        ConfigurationError: If no separator stands in every name.

    Example:
        >>> by_prefix(["lab.a_1", "lab.b", "ecg.a"])
        {'lab': ['lab.a_1', 'lab.b'], 'ecg': ['ecg.a']}
    """
    names = list(columns)
    lacking = {s: [n for n in names if not _prefix(n, s)] for s in SEPARATORS}
    separator = min(SEPARATORS, key=lambda s: len(lacking[s]))
    odd = lacking[separator]
    fix = 'name the columns of each modality, such as labs="lab_*"'
    if not names:
        raise ConfigurationError([f"no column is left for the modalities; {fix}"])
    if odd:
        shown = ", ".join(map(repr, odd[:5])) + (
            f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        )
        raise ConfigurationError(
            [
                f"cannot tell the modality of column{'s' * (len(odd) > 1)} {shown}: "
                f"no prefix ends in one of {', '.join(map(repr, SEPARATORS))}; {fix}, "
                "or name the column as the target, id or group"
            ]
        )
    out: dict[str, list[str]] = {}
    for name in names:
        out.setdefault(_prefix(name, separator), []).append(name)
    return out


def _prefix(name: str, separator: str) -> str:
    """What stands before the separator; empty if it does not stand inside the name."""
    head, _, tail = name.partition(separator)
    return head if tail else ""


def _by_level(columns: Iterable[str], levels: Levels) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for column in columns:
        out.setdefault(levels[column][0], []).append(column)
    if not out:
        raise ConfigurationError(["no column is left for the modalities"])
    return out
