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
    from consilience.results.conformal import Calibration

Rows = Sequence[dict[str, Any]]


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
    sets: Annotated[
        float | None,
        typer.Option(
            "--sets",
            metavar="COVERAGE",
            help="Also the classes, or the range, that holds the truth in this share of new "
            "samples, such as 0.9.",
        ),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="The network's own probabilities, not the calibrated ones."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Predicts new samples with a study's recommended model.

    Probabilities are calibrated by the study's out-of-fold predictions.

    \b
    Examples:
      consilience predict runs/died new.csv --id patient --out predictions.csv
      consilience predict runs/died new.csv --sets 0.9 --allow-missing ecg
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators.loading import load_predictor  # noqa: PLC0415  heavy
    from consilience.studies.calibrating import read_calibration  # noqa: PLC0415  heavy
    from consilience.studies.predicting import predict_rows  # noqa: PLC0415  heavy

    if out is not None:
        require_writable(out)
    folder = run / "models" / "best" if (run / "study.json").is_file() else run
    model = load_predictor(folder)
    known = read_calibration(folder)
    if sets is not None:
        _require_calibration(known, folder)
    spared = _known(looked_at(allow_missing or [], run, model.schema_), model.schema_)
    samples = _read(data, id, model.schema_, _patterns_of_study(run), spared)
    _tell_of_absence(run, samples, model.schema_)
    found = predict_rows(model, samples, known, level=sets, raw=raw)
    for note in found.notes:
        typer.echo(f"warning: {note}", err=True)
    rows = found.rows
    if out is not None:
        write_table(rows if out.suffix == ".parquet" else _flat(rows), out)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif out is None:
        typer.echo(csv_text(_flat(rows)), nl=False)
    else:
        typer.echo(f"{len(rows):,} predictions in {out}")


def _require_calibration(known: "Calibration | None", folder: Path) -> None:
    if known is None:
        raise ConfigurationError(
            [
                f"--sets needs a study's own predictions, and {folder} holds no calibration.json; "
                "run the study again, or leave --sets out"
            ]
        )


def looked_at(names: Sequence[str], run: Path, schema: "Schema") -> list[str]:
    """The names without modalities of the study that its recommended model never looks at.

    Args:
        names: Names of modalities.
        run: Folder of a study or of a saved model.
        schema: Of the model.

    Returns:
        The names that are left.
    """
    path = run / "schema.json"
    known: list[str] = []
    if path.is_file():
        known = [m["name"] for m in json.loads(path.read_text(encoding="utf-8"))["modalities"]]
    return [name for name in names if name in schema.names or name not in known]


def _known(names: Sequence[str], schema: "Schema") -> list[str]:
    faults = [
        f"--allow-missing {name!r} is no modality of the model; {suggestion(name, schema.names)}"
        for name in names
        if name not in schema.names
    ]
    if names and not faults and set(names) >= set(schema.names):
        faults.append(f"--allow-missing names every modality: {', '.join(names)}")
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
    """The new samples, each modality of the model in them unless it may be lacking.

    Raises:
        ConfigurationError: If columns of a modality are not there.
        ModalityError: If a modality is not there.
    """
    path = Path(data).expanduser()
    arrays = path.is_dir() or path.suffix == ".npz"
    wanted: dict[str, Sequence[str]] = {}
    if path.exists():
        wanted = {
            m.name: said.get(m.name) or ([m.name] if arrays else _columns(m, schema.names))
            for m in schema.modalities
        }
    samples = _read_what_is_there(Source(data, wanted, None, id, None, {}), schema, spared)
    lacking = [n for n in schema.names if n not in samples.schema.names and n not in spared]
    if lacking:
        ways = " ".join(f"--allow-missing {name}" for name in lacking)
        names = ", ".join(map(repr, lacking))
        there = ", ".join(map(repr, samples.schema.names))
        raise ModalityError(
            f"{data!r} lacks {names}, which the model was fitted with; there are: {there}; "
            f"to predict without: {ways}"
        )
    return samples


def _read_what_is_there(
    source: Source, schema: "Schema", spared: Sequence[str]
) -> "MultimodalData":
    """The samples without what lacks and may.

    Raises:
        ConfigurationError: If something lacks that may not.
    """
    try:
        return source.read()
    except ConfigurationError as error:
        blamed = {fault: _blamed(fault, schema.names) for fault in error.faults}
        grave = [fault for fault, name in blamed.items() if name not in spared]
        if grave:
            raise ConfigurationError(
                f"{fault}; to predict without it: --allow-missing {blamed[fault]}"
                if blamed[fault]
                else fault
                for fault in grave
            ) from error
        left = {n: p for n, p in source.modalities.items() if n not in blamed.values()}
        return Source(source.data, left, None, source.id, None, {}).read()


def _blamed(fault: str, names: Sequence[str]) -> str | None:
    """The modality that a sentence says is not there."""
    return next((name for name in names if fault.startswith(f"modality {name!r}:")), None)


def _columns(modality: "ModalitySchema", names: Sequence[str]) -> list[str]:
    """Columns by name; of text, whose column has no name, by the prefix that is its modality."""
    if modality.columns:
        return [c.name for c in modality.columns]
    own = modality.name
    marks = [mark for mark in "_.:/" if not any(name.startswith(own + mark) for name in names)]
    return [f"{escape(own)}[{''.join(marks)}]*"]


def _tell_of_absence(run: Path, samples: "MultimodalData", schema: "Schema") -> None:
    """Warns of modalities that lack altogether, with what is known of the model without them."""
    from consilience.studies.predicting import known_without  # noqa: PLC0415  heavy

    absent = [n for n in schema.names if n not in samples.schema.names]
    if absent:
        typer.echo(
            f"warning: {' and '.join(map(repr, absent))} count{'' if len(absent) > 1 else 's'} as "
            f"absent in all {len(samples):,} samples; {known_without(run, absent)}",
            err=True,
        )


def _flat(rows: Rows) -> Rows:
    """Sets as words, for tables that hold no lists."""
    return [
        {name: "|".join(map(str, v)) if isinstance(v, list) else v for name, v in row.items()}
        for row in rows
    ]
