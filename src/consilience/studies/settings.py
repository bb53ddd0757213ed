"""A study's settings as a TOML file: the same names as in Python and on the command line."""

import os
import platform
import tempfile
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, final, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from consilience.data.container import MultimodalData
from consilience.data.fingerprint import fingerprint
from consilience.data.target import Task
from consilience.errors import ConfigurationError, DataError, MissingFileError, suggestion
from consilience.fusion.catalogue import available
from consilience.studies.metrics import hint, metrics_for

RECORDED = ("consilience", "torch", "numpy", "scipy", "scikit-learn")


@final
class Settings(BaseModel):
    """Everything that can be said of a study.

    Attributes:
        data: Path of the samples, or the name of a built-in set.
        modalities: Column patterns by modality; empty for the prefix rule.
        target: Column to predict; several, or a pattern, for several labels a sample.
        id: Column that identifies a sample.
        group: Column whose equal values stay together.
        kinds: Fixed kinds by modality or modality.column.
        out: Folder to write.
        methods: `"default"`, or names of fusion methods.
        metric: What methods are judged by.
        task: What the target is.
        folds: Folds of each cross-validation.
        seeds: Repeats of the cross-validation.
        budget: Minutes of the study.
        max_epochs: Most epochs of each training.
        random_state: Seed.
        workers: Processes to use.
        backend: Where fits are carried out.
        strict: Whether an error found by the audit stops the study.
        record: What was written down about an earlier run; not a setting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str | None = None
    modalities: dict[str, str | list[str]] = Field(default_factory=dict)
    target: str | list[str] | None = None
    id: str | None = None
    group: str | None = None
    kinds: dict[str, str] = Field(default_factory=dict)
    out: str | None = None
    methods: str | list[str] | None = None
    metric: str | None = None
    task: Literal["classification", "multilabel", "regression"] | None = None
    folds: int | None = Field(default=None, ge=2)
    seeds: int | None = Field(default=None, ge=1)
    budget: float | None = Field(default=None, gt=0)
    max_epochs: int | None = Field(default=None, ge=1)
    random_state: int | None = None
    workers: int | None = Field(default=None, ge=1)
    backend: Literal["local", "ray"] | None = None
    strict: bool | None = None
    record: dict[str, Any] = Field(default_factory=dict)

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, value: str | list[str] | None) -> str | list[str] | None:
        named = [value] if isinstance(value, str) else value or []
        unknown = [name for name in named if name not in {"default", "all", *available()}]
        if unknown:
            hints = "; ".join(f"{name!r}: {suggestion(name, available())}" for name in unknown)
            raise ValueError(f"not known: {hints}")
        return value

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, value: str | None) -> str | None:
        names = sorted({m.name for task in get_args(Task) for m in metrics_for(task)})
        if value is not None and value not in names:
            raise ValueError(f"not known: {hint(value, names)}")
        return value


def read_settings(path: Path) -> Settings:
    """Settings from a TOML file, such as the `study.toml` of an earlier run.

    Args:
        path: The file.

    Returns:
        The settings; None where the file is silent.

    Raises:
        ConfigurationError: If a setting is not known or cannot be used; all at once.
        DataError: If the file is not TOML.
        MissingFileError: If it is not there.
    """
    content = read_record(path)
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(_fault(path, dict(e)) for e in error.errors()) from error


def _fault(path: Path, error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"] if part not in {"str", "list[str]"})
    if error["type"] == "extra_forbidden":
        known = [name for name in Settings.model_fields if name != "record"]
        return f"{path}: there is no setting {where!r}; {suggestion(where, known)}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{path}: {where} is {error['input']!r}; {message[0].lower()}{message[1:]}"


def record(settings: Mapping[str, Any], data: MultimodalData, command: str) -> dict[str, Any]:
    """Settings with what else is needed to tell a run again.

    Args:
        settings: By name; those that are None are left out.
        data: The samples, for their fingerprint.
        command: The command line, for the record.

    Returns:
        What `study.toml` holds; under `record` versions, time and the data's hash.
    """
    said = {name: value for name, value in settings.items() if value not in (None, {}, [])}
    return {
        **said,
        "record": {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": command,
            "rows": len(data),
            "fingerprint": fingerprint(data),
            "python": platform.python_version(),
            **{name: version(name) for name in RECORDED},
        },
    }


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a TOML file, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(tomli_w.dumps(dict(content)))
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


def read_record(path: Path) -> dict[str, Any]:
    """Reads a TOML file.

    Raises:
        DataError: If the file is not TOML.
        MissingFileError: If it is not there.
    """
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError as error:
        raise MissingFileError(f"there is no file {path}") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not TOML: {error}") from error
