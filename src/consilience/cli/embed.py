"""`consilience embed`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from consilience.cli.coordinated import embedding_rows, ids_of, read_some
from consilience.cli.inputs import Data, Id, Json, Kind, Modality, source
from consilience.cli.writing import require_writable, write_table


def embed(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder that `consilience coordinate` wrote.")
    ],
    data: Data,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write, .csv or .parquet.")
    ] = None,
    modality: Modality = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    as_json: Json = False,
) -> None:
    """Embeds new samples into the common space of a run.

    Modalities that the samples lack are left out.

    \b
    Examples:
      consilience embed runs/c1 new.parquet --id item --out embedded.parquet
      consilience embed runs/c1 captions.csv -m txt=caption --json
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators.loading import load_coordinator  # noqa: PLC0415  heavy

    if out is not None:
        require_writable(out)
    told = source(data, modality, target=None, id=id, group=None, kind=kind)
    model = load_coordinator(run)
    samples = read_some(data, run, model, told)
    embedded = model.transform(samples)
    rows = embedding_rows(ids_of(samples), embedded, flat=out is not None and out.suffix == ".csv")
    if out is not None:
        write_table(rows, out)
    if as_json or out is None:
        typer.echo(json.dumps(rows))
    else:
        names = " and ".join(embedded)
        typer.echo(f"{names} of {len(rows):,} samples in {out}")
