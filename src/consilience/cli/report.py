"""`consilience report`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from consilience.cli.inputs import Json


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a study.")],
    *,
    as_json: Json = False,
) -> None:
    """Renders a study's report.html anew from its files; needs no torch.

    \b
    Example:
      consilience report runs/watch
    """  # noqa: D301  typer's mark against reflowing
    from consilience.report import render  # noqa: PLC0415  heavy

    page = render(run)
    typer.echo(json.dumps({"report": str(page)}) if as_json else str(page))
