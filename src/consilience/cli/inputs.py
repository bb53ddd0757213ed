"""What commands have in common: options that say what the data are, and reading them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, final

import typer

from consilience.errors import ConfigurationError, suggestion

if TYPE_CHECKING:
    from consilience.data.container import MultimodalData

Data = Annotated[
    str,
    typer.Argument(metavar="DATA", help="A file, a folder, or the name of a built-in data set."),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        metavar="COLUMN",
        help="Column to predict; for several labels a sample repeat it, or give a pattern such "
        "as 'label_*'.",
    ),
]
Id = Annotated[
    str | None, typer.Option("--id", metavar="COLUMN", help="Column that identifies a sample.")
]
Group = Annotated[
    str | None,
    typer.Option(
        "--group",
        metavar="COLUMN",
        help="Column whose equal values stay together, such as a patient.",
    ),
]
Modality = Annotated[
    list[str] | None,
    typer.Option(
        "--modality",
        "-m",
        metavar="NAME=PATTERN",
        help="Columns of a modality, such as labs='lab_*'; repeat for each. "
        "Several patterns are separated by commas. Without it columns are split at their prefix.",
    ),
]
Kind = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="NAME=KIND",
        help="Fixes a kind that is otherwise recognised: numeric, categorical, text, sequence; "
        "NAME is a modality or modality.column.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

MODALITY_FORM = "--modality takes NAME=PATTERN, such as labs='lab_*'"
KIND_FORM = "--kind takes NAME=KIND, such as labs.sex=categorical"


@final
@dataclass(frozen=True, slots=True)
class Source:
    """Where samples come from, as said on the command line.

    Attributes:
        data: Path or name.
        modalities: Patterns by modality; empty for the prefix rule.
        target: Column to predict, or columns of several labels.
        id: Column that identifies a sample.
        group: Column whose equal values stay together.
        kinds: Fixed kinds.
    """

    data: str
    modalities: Mapping[str, Sequence[str]]
    target: str | Sequence[str] | None
    id: str | None
    group: str | None
    kinds: Mapping[str, str]

    def read(self) -> "MultimodalData":
        """The samples.

        Raises:
            ConfigurationError: If `data` is neither a path nor a built-in set.
            MissingFileError: If it looks like a path and nothing is there.
        """
        from consilience.data import datasets  # noqa: PLC0415  heavy
        from consilience.data.readers import read  # noqa: PLC0415  heavy

        path = Path(self.data).expanduser()
        if not path.exists() and self.data in datasets.list():
            return self._built_in()
        if not path.exists() and not (path.suffix or os.sep in self.data):
            raise ConfigurationError([self._unknown(datasets.list())])
        return read(
            path,
            modalities={n: p[0] if len(p) == 1 else p for n, p in self.modalities.items()} or None,
            target=self.target,
            id=self.id,
            group=self.group,
            kinds=self.kinds or None,
        )

    def _built_in(self) -> "MultimodalData":
        from consilience.data import datasets  # noqa: PLC0415  heavy

        given = {"--id": self.id, "--group": self.group, "--kind": self.kinds or None}
        faults = [
            f"{option} cannot be used with the built-in data set {self.data!r}"
            for option, value in given.items()
            if value is not None
        ]
        if self.target is not None and not isinstance(self.target, str):
            faults.append(f"the built-in data set {self.data!r} has one --target at a time")
        if faults or not (self.target is None or isinstance(self.target, str)):
            raise ConfigurationError(faults)
        loaded = datasets.load(self.data, target=self.target)
        return loaded.select(list(self.modalities)) if self.modalities else loaded

    def _unknown(self, built_in: Sequence[str]) -> str:
        near = suggestion(self.data, [*built_in, *(p.name for p in Path().glob("[!.]*"))])
        hint = near if near.startswith("did you mean") else suggestion(self.data, built_in)
        return f"{self.data!r} is neither a file nor a built-in data set; {hint}"


def source(
    data: str,
    modality: Sequence[str] | None,
    *,
    target: str | Sequence[str] | None,
    id: str | None,  # noqa: A002  the option's name
    group: str | None,
    kind: Sequence[str] | None,
) -> Source:
    """Gathers what was said about the data, or tells every fault at once.

    Args:
        data: Path or name.
        modality: `NAME=PATTERN[,PATTERN]` each.
        target: Column to predict, or columns of several labels.
        id: Column that identifies a sample.
        group: Column whose equal values stay together.
        kind: `NAME=KIND` each.

    Returns:
        The source.

    Raises:
        ConfigurationError: If an entry is not of its form.
    """
    faults: list[str] = []
    modalities: dict[str, list[str]] = {}
    for name, patterns in _pairs(MODALITY_FORM, modality, faults):
        modalities.setdefault(name, []).extend(p for p in patterns.split(",") if p)
    kinds = dict(_pairs(KIND_FORM, kind, faults))
    if faults:
        raise ConfigurationError(faults)
    several = [] if target is None else [target] if isinstance(target, str) else list(target)
    named = several if len(several) > 1 else several[0] if several else None
    return Source(data, modalities, named, id, group, kinds)


def _pairs(form: str, given: Sequence[str] | None, faults: list[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for entry in given or []:
        name, sign, value = entry.partition("=")
        if sign and name and value:
            pairs.append((name, value))
        else:
            faults.append(f"{form}; found {entry!r}")
    return pairs
