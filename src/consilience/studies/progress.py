"""How far a study is: a bar on a terminal, plain lines elsewhere."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from consilience.studies.running import OnOutcome, Outcome

log = logging.getLogger("consilience")

EVERY = 10.0
"""Seconds between two plain lines."""


@contextmanager
def progress(show: bool) -> Generator[OnOutcome]:  # noqa: FBT001  one clear switch
    """Something to tell each outcome to.

    Args:
        show: Whether to show anything; otherwise outcomes are only logged.

    Yields:
        A function of the outcome, how many are done, and how many there are.
    """
    console = Console(stderr=True)
    if show and console.is_terminal:
        with _bar(console) as tell:
            yield tell
    else:
        yield _lines()


@contextmanager
def _bar(console: Console) -> Generator[OnOutcome]:
    columns = (
        TextColumn("[bold]fitting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("fitting", total=None, last="")

        def tell(outcome: Outcome, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, last=outcome.method)

        yield tell


def _lines() -> OnOutcome:
    began = perf_counter()
    last, said = began, 0

    def tell(outcome: Outcome, done: int, total: int) -> None:
        nonlocal last, said
        now = perf_counter()
        if done > said and (now - last >= EVERY or done == total):
            last, said = now, done
            left = (now - began) / done * (total - done)
            log.info("fitted %d of %d (%s), about %.0f s left", done, total, outcome.method, left)

    return tell
