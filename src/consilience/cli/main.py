"""The command `consilience` and what it does with errors."""

import logging
import os
import sys
import traceback
from typing import Annotated

import typer

from consilience import __version__
from consilience.cli.audit import audit
from consilience.cli.compare import compare
from consilience.cli.coordinate import coordinate
from consilience.cli.datasets import datasets
from consilience.cli.doctor import doctor
from consilience.cli.embed import embed
from consilience.cli.export import export
from consilience.cli.interactions import interactions
from consilience.cli.predict import predict
from consilience.cli.report import report
from consilience.cli.retrieve import retrieve
from consilience.cli.robustness import robustness
from consilience.cli.study import study
from consilience.errors import ConsilienceError, UnavailableError

app = typer.Typer(
    name="consilience",
    help="Multimodal machine learning that says whether fusing your modalities is worth it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    study,
    interactions,
    robustness,
    audit,
    predict,
    export,
    compare,
    coordinate,
    embed,
    retrieve,
    report,
    datasets,
    doctor,
):
    app.command()(command)


def _show_version(wanted: bool) -> bool:  # noqa: FBT001  a typer callback
    if wanted:
        typer.echo(f"consilience {__version__}")
        sys.exit(0)
    return wanted


@app.callback()
def options(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Multimodal machine learning that says whether fusing your modalities is worth it."""


def main() -> None:
    """Runs the command line.

    Exit codes: 0 done, 2 bad input, 1 failure, 130 interrupted. With `CONSILIENCE_DEBUG=1` in the
    environment every error shows where it arose.
    """
    logging.basicConfig(format="%(message)s", level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("consilience").setLevel(logging.INFO)
    try:
        app()
    except UnavailableError as error:
        _fail(str(error), code=1)
    except ConsilienceError as error:
        _fail(str(error), code=2)
    except Exception as error:  # noqa: BLE001  whatever else happens is told in one line
        _fail(f"{_in_a_line(error)} (CONSILIENCE_DEBUG=1 shows where)", code=1)


def _in_a_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _fail(message: str, *, code: int) -> None:
    if os.environ.get("CONSILIENCE_DEBUG", "0") not in {"", "0"}:
        typer.echo(traceback.format_exc(), err=True, nl=False)
    typer.echo(f"error: {message}", err=True)
    sys.exit(code)
