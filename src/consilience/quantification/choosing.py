"""Which estimator suits two modalities, and why."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from consilience.data.target import Task
from consilience.errors import ConfigurationError, suggestion
from consilience.quantification.coding import LEAST_A_CELL
from consilience.quantification.quantising import LEAST_CLUSTERS
from consilience.quantification.sources import Source

ESTIMATORS = ("auto", "discrete", "clustered", "gaussian", "batch")
LEAST_ROWS = 300
"""Samples from which classifiers came nearer to every known truth than clusters did."""
LEAST_ROWS_OF_FEW = 150
"""The same where distinct rows are few but their table is too large: clusters of symbols, such as
combinations of bits, kept nothing of an exclusive or that classifiers found."""
LEAST_OF_A_CLASS = 20
MOST_CLASSES = 20

Codes = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """An estimator and the reason for it.

    Attributes:
        estimator: `"discrete"`, `"clustered"`, `"gaussian"` or `"batch"`.
        reason: A sentence.
        grouped: Whether sides of few distinct rows are clustered as well, for a table of them
            as they are would be too large.
        warnings: What the choice may hide.
    """

    estimator: str
    reason: str
    grouped: bool = False
    warnings: tuple[str, ...] = ()


def check_estimator(estimator: str, task: Task) -> list[str]:
    """Faults of a wish for an estimator, each with its fix.

    Args:
        estimator: The wish.
        task: What the target is.

    Returns:
        The faults, perhaps none.

    Example:
        >>> check_estimator("gauss", "regression")
        ["estimator 'gauss' is not known; did you mean 'gaussian'?"]
    """
    if estimator not in ESTIMATORS:
        return [f"estimator {estimator!r} is not known; {suggestion(estimator, ESTIMATORS)}"]
    if estimator == "gaussian" and task == "classification":
        return [
            'estimator "gaussian" needs a target that is a quantity; this one is of classes: '
            'use "auto"'
        ]
    return []


def choose(first: Source, second: Source, sizes: Codes, estimator: str) -> Choice:
    """The estimator for two sources.

    Args:
        first: One side.
        second: The other side.
        sizes: Number of samples of each class.
        estimator: One of `ESTIMATORS`.

    Returns:
        What was asked for; for `"auto"` the discrete estimator where both sides have few
        distinct rows and samples suffice for a table of them; else the batch estimator where
        a side of many (of both, if neither has many) has several columns and samples suffice;
        else the clustered one.

    Raises:
        ConfigurationError: If `estimator` is not known.
    """
    if estimator not in ESTIMATORS:
        raise ConfigurationError(check_estimator(estimator, "regression"))
    if estimator != "auto":
        return Choice(estimator, f'The estimator is "{estimator}" because it was asked for.')
    wide = [s for s in (first, second) if not s.is_discrete]
    crowd = _crowd(first, second, len(sizes))
    if not wide and not crowd:
        return Choice(
            "discrete",
            'The estimator is "discrete": both sides have few distinct rows '
            f"({first.symbols} and {second.symbols}) for {len(first.rows)} samples.",
        )
    unseen = "what only single combinations of symbols tell is not seen; the truth may be larger"
    hidden = (f"{crowd}: {unseen}",) if crowd else ()
    several = [s for s in wide or (first, second) if s.columns > 1]
    lack = _lacking(first, second, sizes, LEAST_ROWS if wide else LEAST_ROWS_OF_FEW)
    if several and not lack:
        told = " and ".join(f"{s.name!r} has {s.columns} columns" for s in several)
        return Choice(
            "batch",
            f'The estimator is "batch": {crowd or told}, of which clusters lose much, and '
            f"{len(first.rows)} samples suffice for classifiers.",
            warnings=hidden,
        )
    told = " and ".join(f"{s.name!r} has {s.symbols} distinct rows" for s in wide)
    told = f"{told} in {len(first.rows)} samples" if wide else crowd
    why = f' Not "batch": {lack}.' if several else ""
    return Choice(
        "clustered",
        f'The estimator is "clustered": {told}, so rows are grouped '
        f"by clusters that were fitted on other samples.{why}",
        grouped=bool(crowd),
        warnings=hidden,
    )


def _crowd(first: Source, second: Source, classes: int) -> str:
    """What says that distinct rows are too many for a table of them; empty if they are not.

    Wide sides count with as few clusters as they can have, on half of the samples.
    """
    sides = (first, second)
    if all(not s.is_discrete or not s.groupable for s in sides):
        return ""
    one, two = (s.symbols if s.is_discrete else LEAST_CLUSTERS for s in sides)
    rows = len(first.rows) // (1 if first.is_discrete and second.is_discrete else 2)
    cells = one * two * classes
    if rows >= LEAST_A_CELL * cells:
        return ""
    return f"a table of {one} x {two} x {classes} = {cells} cells is too large for {rows} samples"


def _lacking(first: Source, second: Source, sizes: Codes, least: int) -> str:
    """What the batch estimator lacks; empty if nothing."""
    if sizes.sum() < least:
        return f"classifiers need {least} samples"
    if len(sizes) > MOST_CLASSES:
        return f"there are more than {MOST_CLASSES} classes"
    if sizes.min() < LEAST_OF_A_CLASS:
        return f"the rarest class has fewer than {LEAST_OF_A_CLASS} samples"
    words = [s.name for s in (first, second) if s.values is None and not s.is_discrete]
    return f"{words[0]!r} is text" if words else ""
