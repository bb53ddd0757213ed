"""Which columns belong to which modality: names, patterns and reserved roles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import final

from consilience.errors import ConfigurationError, suggestion


@final
@dataclass(frozen=True, slots=True)
class Roles:
    """Columns that say something about a sample and are no part of a modality.

    Attributes:
        target: Column to predict; several, or patterns, for several labels a sample.
        id: Column that identifies a sample.
        group: Column whose equal values belong together.
    """

    target: str | tuple[str, ...] | None = None
    id: str | None = None
    group: str | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns to predict."""
        if self.target is None:
            return ()
        return (self.target,) if isinstance(self.target, str) else self.target

    def assigned(self) -> list[tuple[str, str]]:
        """Role and column, for the roles that are set."""
        pairs = [("id", self.id), ("group", self.group)]
        return [
            *(("target", name) for name in self.targets),
            *((role, column) for role, column in pairs if column is not None),
        ]

    def resolved(self, columns: Sequence[str]) -> "Roles":
        """The same roles with the columns that patterns of the target match.

        Args:
            columns: All columns there are.

        Returns:
            The roles; what matches nothing stays as it is.

        Example:
            >>> Roles(target="label_*").resolved(["label_a", "label_b", "x"]).target
            ('label_a', 'label_b')
        """
        known = set(columns)
        found = [_matches(name, columns, known) or [name] for name in self.targets]
        names = tuple(dict.fromkeys(c for some in found for c in some if c not in self._others))
        if self.target is None or names == self.targets:
            return self
        return replace(self, target=names[0] if len(names) == 1 else names)

    @property
    def _others(self) -> set[str]:
        """Columns of id and group that no name but a pattern of the target means."""
        return {c for c in (self.id, self.group) if c is not None and c not in self.targets}

    def faults(self, columns: Sequence[str]) -> list[str]:
        """A sentence for each role whose column is not there, or is the target as well."""
        found = [
            f"{role} column {column!r} is not there; {suggestion(column, columns)}"
            for role, column in self.assigned()
            if column not in columns
        ]
        found += [
            f"column {column!r} is both target and {role}; name another {role} column"
            for role, column in self.assigned()[len(self.targets) :]
            if column in self.targets
        ]
        return found

    def leave(self, columns: Sequence[str]) -> list[str]:
        """The columns without a role.

        Raises:
            ConfigurationError: If a role's column is not there.
        """
        faults = self.faults(columns)
        if faults:
            raise ConfigurationError(faults)
        taken = {column for _, column in self.assigned()}
        return [c for c in columns if c not in taken]


def match(
    columns: Sequence[str], patterns: Mapping[str, str | Sequence[str]], roles: Roles
) -> dict[str, list[str]]:
    """Columns of each modality.

    A pattern is first taken as a column's exact name, then as a shell pattern
    with `*`, `?` and `[...]`. Columns with a role are left out of what a shell
    pattern matches; to name one exactly is a fault.

    Args:
        columns: All columns there are.
        patterns: By modality: a name, a pattern, or a list of these.
        roles: Columns set apart.

    Returns:
        The columns of each modality, in the order of `columns` within a pattern.

    Raises:
        ConfigurationError: With every fault found.

    Example:
        >>> match(["lab_a", "lab_b", "died"], {"labs": "lab_*"}, Roles(target="died"))
        {'labs': ['lab_a', 'lab_b']}
    """
    faults = roles.faults(columns)
    reserved = {column: role for role, column in roles.assigned()}
    known = set(columns)
    claimed: dict[str, str] = {}
    out: dict[str, list[str]] = {}
    for modality, given in patterns.items():
        out[modality] = []
        for pattern in [given] if isinstance(given, str) else given:
            if pattern in known and pattern in reserved:
                faults.append(_reserved(modality, pattern, reserved[pattern]))
                continue
            found = _matches(pattern, columns, known)
            if not found:
                faults.append(_nothing(modality, pattern, columns))
            out[modality] += [c for c in found if c not in reserved and c not in out[modality]]
        if not out[modality] and not faults:
            faults.append(
                f"modality {modality!r} has no column but those of {', '.join(reserved)}"
            )
        faults += _claims(modality, out[modality], claimed)
    if faults:
        raise ConfigurationError(faults)
    return out


def _matches(pattern: str, columns: Sequence[str], known: set[str]) -> list[str]:
    return [pattern] if pattern in known else [c for c in columns if fnmatchcase(c, pattern)]


def _reserved(modality: str, column: str, role: str) -> str:
    return (
        f"modality {modality!r} names column {column!r}, which is the {role}; "
        "leave it out of one of them"
    )


def _nothing(modality: str, pattern: str, columns: Iterable[str]) -> str:
    stem = pattern.strip("*?")
    hint = suggestion(stem, columns)
    return f"modality {modality!r}: pattern {pattern!r} matches no column; {hint}"


def _claims(modality: str, columns: Sequence[str], claimed: dict[str, str]) -> list[str]:
    """A fault for each modality that already has some of these columns."""
    shared: dict[str, list[str]] = {}
    for column in columns:
        owner = claimed.setdefault(column, modality)
        if owner != modality:
            shared.setdefault(owner, []).append(column)
    return [
        f"column{'s' * (len(both) > 1)} {', '.join(map(repr, both[:3]))}"
        f"{f' and {len(both) - 3} more' if len(both) > 3 else ''} "
        f"belong{'s' * (len(both) == 1)} to both {owner!r} and {modality!r}; narrow one pattern"
        for owner, both in shared.items()
    ]
