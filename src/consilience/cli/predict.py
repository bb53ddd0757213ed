"""`consilience predict`."""

import json
from collections.abc import Mapping, Sequence
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.cli.inputs import Id, Json, Source
from consilience.cli.writing import csv_text, require_writable, write_table
from consilience.errors import ConfigurationError, ModalityError, suggestion

if TYPE_CHECKING:
    from consilience.data.container import MultimodalData
    from consilience.data.schema import ModalitySchema, Schema
    from consilience.estimators.base import FusionEstimator


def predict(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a study or of a saved model.")
    ],
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="New samples: a file, folder or built-in data set."),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, .csv or .parquet.")
    ] = None,
    id: Id = None,  # noqa: A002  the option's name
    allow_missing: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-missing",
            metavar="MODALITY",
            help="A modality that the new samples may lack; repeat for several.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Predicts new samples with a study's recommended model.

    \b
    Example:
      consilience predict runs/died new.csv --id patient --out predictions.csv
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators import load  # noqa: PLC0415  heavy

    if out is not None:
        require_writable(out)
    model = load(run / "models" / "best" if (run / "study.json").is_file() else run)
    spared = _known(allow_missing or [], model.schema_)
    samples = _read(data, id, model.schema_, _patterns_of_study(run), spared)
    rows = _rows(model, samples)
    if out is not None:
        write_table(rows, out)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif out is None:
        typer.echo(csv_text(rows), nl=False)
    else:
        typer.echo(f"{len(rows):,} predictions in {out}")


def _known(names: Sequence[str], schema: "Schema") -> list[str]:
    faults = [
        f"--allow-missing {name!r} is no modality of the model; {suggestion(name, schema.names)}"
        for name in names
        if name not in schema.names
    ]
    if faults:
        raise ConfigurationError(faults)
    return list(names)


def _patterns_of_study(run: Path) -> Mapping[str, Sequence[str]]:
    """How columns were told apart when the study was run; empty if by their prefix."""
    path = run / "study.json"
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8")).get("source", {}).get("modalities") or {}


def _read(
    data: str,
    id: str | None,  # noqa: A002  the option's name
    schema: "Schema",
    said: Mapping[str, Sequence[str]],
    spared: Sequence[str],
) -> "MultimodalData":
    """The new samples, each modality of the model in them unless it is spared.

    Raises:
        ConfigurationError: If columns of a modality are not there.
        ModalityError: If a modality is not there.
    """
    path = Path(data)
    arrays = path.is_dir() or path.suffix == ".npz"
    wanted = {
        m.name: said.get(m.name) or ([m.name] if arrays else _columns(m, schema.names))
        for m in schema.modalities
    }
    there = {n: p for n, p in wanted.items() if n not in spared} if path.exists() else {}
    if path.exists() and not there:
        raise ConfigurationError([f"--allow-missing names every modality: {', '.join(spared)}"])
    try:
        samples = Source(data, there, None, id, None, {}).read()
    except ConfigurationError as error:
        raise ConfigurationError(
            _with_way_out(fault, schema.names) for fault in error.faults
        ) from error
    lacking = [n for n in schema.names if n not in samples.schema.names and n not in spared]
    if lacking:
        ways = " ".join(f"--allow-missing {name}" for name in lacking)
        names = ", ".join(map(repr, lacking))
        raise ModalityError(
            f"{data!r} lacks {names}, which the model was fitted with; to predict without: {ways}"
        )
    return samples


def _columns(modality: "ModalitySchema", names: Sequence[str]) -> list[str]:
    """Columns by name; of text, whose column has no name, by the prefix that is its modality."""
    if modality.columns:
        return [c.name for c in modality.columns]
    own = modality.name
    marks = [mark for mark in "_.:/" if not any(name.startswith(own + mark) for name in names)]
    return [f"{escape(own)}[{''.join(marks)}]*"]


def _with_way_out(fault: str, names: Sequence[str]) -> str:
    for name in names:
        if fault.startswith(f"modality {name!r}:"):
            return f"{fault}; to predict without it: --allow-missing {name}"
    return fault


def _rows(model: "FusionEstimator", samples: "MultimodalData") -> list[dict[str, Any]]:
    from consilience.estimators import FusionClassifier, FusionRegressor  # noqa: PLC0415  heavy

    ids = range(len(samples)) if samples.ids is None else samples.ids.tolist()
    rows: list[dict[str, Any]] = [{"id": i} for i in ids]
    if isinstance(model, FusionClassifier):
        for row, chances in zip(rows, model.predict_proba(samples), strict=True):
            row["prediction"] = model.classes_[chances.argmax()].item()
            row |= {f"p:{c}": float(p) for c, p in zip(model.classes_, chances, strict=True)}
    elif isinstance(model, FusionRegressor):
        for row, value in zip(rows, model.predict(samples), strict=True):
            row["prediction"] = value.tolist()
    return rows
