"""`consilience compare`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from consilience.cli.inputs import Json


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a study.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of another study.")],
    *,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="What to compare by; default: what the first is judged by."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compares two finished studies, fold by fold where data and splits are the same.

    \b
    Example:
      consilience compare runs/before runs/after
    """  # noqa: D301  typer's mark against reflowing
    from consilience.studies.comparing_runs import compare_runs  # noqa: PLC0415  heavy

    found = compare_runs(first, second, metric=metric)
    typer.echo(json.dumps(found.to_dict(), indent=2) if as_json else str(found))
