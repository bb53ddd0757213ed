"""A study's settings put together from a file, an interrupted run and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from consilience.cli.inputs import Source
from consilience.errors import ConfigurationError, MissingFileError
from consilience.studies.settings import Settings, read_settings
from consilience.studies.workspace import RECORD, Workspace

OF_THE_DATA = ("data", "modalities", "target", "id", "group", "kinds")


@final
@dataclass(frozen=True, slots=True)
class Said:
    """What a study is to be.

    Attributes:
        source: Where its samples come from.
        folder: The folder to write.
        options: What else `cs.study` is told.
    """

    source: Source
    folder: Path
    options: Mapping[str, Any]


def merged(config: Path | None, given: Mapping[str, Any]) -> Said:
    """Settings of a file with those of the command line over them.

    Args:
        config: A TOML file, or None.
        given: By name what the command line says; None and empty where it is silent.

    Returns:
        The settings.

    Raises:
        ConfigurationError: If the file has faults, or nothing says what the data are.
        DataError: If the file is not TOML.
        MissingFileError: If it is not there.
    """
    filed = read_settings(config) if config else Settings()
    said = {**_spoken(filed.model_dump(exclude={"record"})), **_spoken(given)}
    if "data" not in said:
        raise ConfigurationError(
            ["nothing says what the data are; pass DATA, such as `consilience study watch`"]
        )
    name = Path(said["data"]).resolve().name.split(".")[0] or "study"
    return _said(said, Path(said.pop("out", Path("runs") / name)))


def unfinished(run: Path, given: Mapping[str, Any]) -> Said:
    """Settings of a study that was interrupted.

    Args:
        run: The folder it was to write.
        given: By name what the command line says beside it; it may say nothing but `workers`
            and `backend`.

    Returns:
        The settings it began with.

    Raises:
        ConfigurationError: If the command line says more.
        DataError: If its record is damaged.
        MissingFileError: If there is no such study.
    """
    beside = _spoken(given)
    where = {name: beside.pop(name, None) for name in ("workers", "backend")}
    if beside:
        raise ConfigurationError(
            [
                f"--resume takes its settings from the run; leave out {', '.join(beside)}, "
                "or start anew with --overwrite"
            ]
        )
    workspace = Workspace(run)
    if not workspace.exists:
        workspace.go_on({})
    filed = read_settings(workspace.path / RECORD)
    said = _spoken({**filed.model_dump(exclude={"record"}), **where})
    said.setdefault("data", "")
    return _said(said, run)


def recorded(run: Path) -> Source:
    """Where the samples of a finished study came from.

    Args:
        run: Its folder.

    Returns:
        The source.

    Raises:
        ConfigurationError: If the study was made in Python of samples in memory.
        MissingFileError: If the folder holds no study.
    """
    if not (run / RECORD).is_file():
        raise MissingFileError(
            f"{run} holds no finished study: there is no {RECORD}; pass the folder given as --out"
        )
    said = _spoken(read_settings(run / RECORD).model_dump(exclude={"record"}))
    if "data" not in said:
        raise ConfigurationError(
            [f"the study in {run} was made in Python of samples in memory; pass them as DATA"]
        )
    return _said(said, run).source


def _said(said: dict[str, Any], folder: Path) -> Said:
    patterns = said.get("modalities", {})
    where = Source(
        data=said["data"],
        modalities={n: [p] if isinstance(p, str) else list(p) for n, p in patterns.items()},
        target=said.get("target"),
        id=said.get("id"),
        group=said.get("group"),
        kinds=said.get("kinds", {}),
    )
    return Said(where, folder, {n: v for n, v in said.items() if n not in {*OF_THE_DATA, "out"}})


def _spoken(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, {}, [])}
