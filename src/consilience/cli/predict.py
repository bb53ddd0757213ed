"""`consilience predict`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.cli.inputs import Id, Json, Source
from consilience.errors import ConfigurationError, suggestion

if TYPE_CHECKING:
    from consilience.data.schema import Schema
    from consilience.estimators.base import FusionEstimator


def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a study or of a saved model.")],
    data: Annotated[str, typer.Argument(help="New samples: a file, folder or built-in set.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, .csv or .parquet.")
    ] = None,
    id: Id = None,  # noqa: A002  the option's name
    allow_missing: Annotated[
        list[str] | None,
        typer.Option("--allow-missing", help="A modality the new samples may lack; repeat."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Predicts new samples with a study's recommended model.

    \b
    Example:
      consilience predict runs/died new.csv --id patient --out predictions.csv
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators import load  # noqa: PLC0415  heavy

    model = load(run / "models" / "best" if (run / "study.json").is_file() else run)
    samples = _source(run, data, id, model.schema_, allow_missing or []).read()
    rows = _rows(model, samples)
    if out is not None:
        _write(rows, out)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif out is None:
        typer.echo(_csv(rows), nl=False)
    else:
        typer.echo(f"{len(rows)} predictions  {out}")


def _source(
    run: Path,
    data: str,
    id: str | None,  # noqa: A002  the option's name
    schema: "Schema",
    allow_missing: Sequence[str],
) -> Source:
    unknown = [name for name in allow_missing if name not in schema.names]
    if unknown:
        hint = suggestion(unknown[0], schema.names)
        raise ConfigurationError([f"--allow-missing {unknown[0]!r} is no modality; {hint}"])
    summary = run / "study.json"
    said: dict[str, Any] = {}
    if summary.is_file():
        said = json.loads(summary.read_text(encoding="utf-8")).get("source", {})
    patterns = said.get("modalities") or {
        m.name: [c.name for c in m.columns] or [m.name] for m in schema.modalities
    }
    wanted = {
        name: p
        for name, p in patterns.items()
        if name in schema.names and name not in allow_missing
    }
    return Source(data, wanted if Path(data).is_file() else {}, None, id, None, {})


def _rows(model: "FusionEstimator", samples: Any) -> list[dict[str, Any]]:
    from consilience.estimators import FusionClassifier  # noqa: PLC0415  heavy

    rows: list[dict[str, Any]] = [
        {"id": i} for i in (range(len(samples)) if samples.ids is None else samples.ids.tolist())
    ]
    if isinstance(model, FusionClassifier):
        chances = model.predict_proba(samples)
        for row, p in zip(rows, chances, strict=True):
            row["prediction"] = model.classes_[p.argmax()].item()
            row |= {f"p:{c}": float(v) for c, v in zip(model.classes_, p, strict=True)}
    else:
        for row, value in zip(rows, model.predict(samples), strict=True):  # pyright: ignore[reportAttributeAccessIssue]
            row["prediction"] = float(value)
    return rows


def _write(rows: list[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415  heavy
    import pyarrow.csv as pc  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    writers = {".csv": pc.write_csv, ".parquet": pq.write_table}
    if path.suffix not in writers:
        raise ConfigurationError([f"--out must end in .csv or .parquet, found {path.name!r}"])
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f".{path.name}.part")
    writers[path.suffix](pa.Table.from_pylist(rows), staging)
    staging.replace(path)


def _csv(rows: list[dict[str, Any]]) -> str:
    import io  # noqa: PLC0415

    import pyarrow as pa  # noqa: PLC0415  heavy
    import pyarrow.csv as pc  # noqa: PLC0415

    buffer = io.BytesIO()
    pc.write_csv(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue().decode()
