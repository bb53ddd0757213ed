"""`consilience datasets`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from textwrap import fill, indent
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.cli.inputs import Json

if TYPE_CHECKING:
    from consilience.data.datasets import Card, Listing

WIDTH = 96


def datasets(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A data set to describe.")
    ] = None,
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

    if name is not None:
        card = built_in.card(name)
        target = next(line.target for line in built_in.describe() if line.name == name)
        typer.echo(card.model_dump_json(indent=2) if as_json else _details(name, card, target))
    elif as_json:
        typer.echo(json.dumps([asdict(line) for line in built_in.describe()], indent=2))
    else:
        typer.echo(_table(built_in.describe()))
        typer.echo("\n`consilience datasets NAME` tells more; * is fetched once, when first used.")


def _table(lines: Sequence["Listing"]) -> str:
    rows = [
        (
            line.name + ("" if line.cached else " *"),
            f"{line.rows:,}",
            str(line.modalities.count(",") + 1),
            line.title,
        )
        for line in lines
    ]
    head = ("name", "samples", "modalities", "what it is")
    name, samples, modalities, _ = (max(map(len, c)) for c in zip(head, *rows, strict=True))
    return "\n".join(
        f"{a:<{name}}  {b:>{samples}}  {c:>{modalities}}  {d}" for a, b, c, d in (head, *rows)
    )


def _details(name: str, card: "Card", target: str) -> str:
    shapes = (f"{m} {' x '.join(map(str, s))}" for m, s in card.modalities.items())
    told = {
        "samples": f"{card.rows:,}",
        "modalities": ", ".join(shapes),
        "target": target,
        "groups": card.groups,
        "licence": card.licence,
        "source": card.source,
        "cite": card.citation,
        "made": card.notes.strip(),
        "truth": ", ".join(f"{fact} {value:.4g}" for fact, value in card.truth.items()),
    }
    words = (_entry(key, value) for key, value in told.items() if value)
    return "\n".join([f"{name}: {card.title}", *words])


def _entry(key: str, value: str) -> str:
    margin = " " * 12
    wrapped = indent(fill(value, WIDTH - len(margin), break_long_words=False), margin)
    return f"{key:<{len(margin)}}{wrapped.lstrip()}"
