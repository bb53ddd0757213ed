"""`consilience retrieve`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.cli.coordinated import ids_of, read_some, stored_embeddings
from consilience.cli.inputs import Data, Id, Json, Kind, Modality, source
from consilience.cli.writing import csv_text, require_writable, write_table
from consilience.errors import ConfigurationError, suggestion

if TYPE_CHECKING:
    from consilience.estimators.coordination import Coordinator


def retrieve(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `consilience coordinate` wrote.")
    ],
    data: Data,
    *,
    query: Annotated[str, typer.Option("--from", metavar="MODALITY", help="To ask with.")],
    of: Annotated[str, typer.Option("--to", metavar="MODALITY", help="To be found.")],
    k: Annotated[int, typer.Option("--k", help="Items a query.")] = 5,
    items: Annotated[
        str | None,
        typer.Option(
            "--items", metavar="DATA", help="Samples to search; default: all samples of the run."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, .csv or .parquet.")
    ] = None,
    modality: Modality = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    as_json: Json = False,
) -> None:
    """Finds the items of one modality nearest to queries of another: exact search.

    \b
    Examples:
      consilience retrieve runs/c1 questions.csv --from txt --to img --k 5
      consilience retrieve runs/c1 new.parquet --from img --to txt --items captions.parquet
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators.coordination import search  # noqa: PLC0415  heavy
    from consilience.estimators.loading import load_coordinator  # noqa: PLC0415  heavy

    if out is not None:
        require_writable(out)
    told = source(data, modality, target=None, id=id, group=None, kind=kind)
    model = load_coordinator(run)
    _require_known(model, {"--from": query, "--to": of}, k)
    asked = read_some(data, run, model, told, [query])
    if items is None:
        names, sought = stored_embeddings(run, of)
    else:
        others = read_some(items, run, model, told, [of])
        names, sought = ids_of(others), model.transform(others)[of]
    scores, found = search(model.transform(asked)[query], sought, k)
    rows = [
        {"query": who, "rank": rank + 1, "item": names[at], "cosine": round(float(score), 6)}
        for who, best, values in zip(ids_of(asked), found.tolist(), scores, strict=True)
        for rank, (at, score) in enumerate(zip(best, values, strict=True))
        if at >= 0
    ]
    _tell(rows, out, as_json=as_json)


def _require_known(model: "Coordinator", named: dict[str, str], k: int) -> None:
    names = model.schema_.names
    faults = [
        f"{option} names {name!r}, no modality of the run; {suggestion(name, names)}"
        for option, name in named.items()
        if name not in names
    ]
    faults += [f"--k must be at least 1, found {k}"] if k < 1 else []
    if faults:
        raise ConfigurationError(faults)


def _tell(rows: Sequence[dict[str, Any]], out: Path | None, *, as_json: bool) -> None:
    if out is not None:
        write_table(rows, out)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif out is None:
        typer.echo(csv_text(rows), nl=False)
    else:
        typer.echo(f"{len(rows):,} items found in {out}")
