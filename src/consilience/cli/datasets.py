"""`consilience datasets`."""

import json
from typing import Annotated

import typer

from consilience.cli.inputs import Json


def datasets(
    name: Annotated[str | None, typer.Argument(help="Name of a set to describe.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Lists the built-in data sets, or describes one.

    \b
    Example:
      consilience datasets
      consilience datasets mfeat-pairs
    """  # noqa: D301  typer's mark against reflowing
    from consilience.data import datasets as built_in  # noqa: PLC0415  heavy

    if name is None:
        names = list(built_in.list())
        typer.echo(json.dumps(names, indent=2) if as_json else "\n".join(names))
        return
    card = built_in.card(name)
    typer.echo(card.model_dump_json(indent=2) if as_json else str(card))
