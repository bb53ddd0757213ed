"""Which estimator suits two modalities, and why."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from consilience.data.target import Task
from consilience.errors import ConfigurationError, suggestion
from consilience.quantification.sources import Source

ESTIMATORS = ("auto", "discrete", "clustered", "gaussian", "batch")
LEAST_ROWS = 300
"""Samples from which classifiers came nearer to every known truth than clusters did."""
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
    """

    estimator: str
    reason: str


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
        distinct rows; else the batch estimator where a side of many has several columns and
        samples suffice; else the clustered one.

    Raises:
        ConfigurationError: If `estimator` is not known.
    """
    if estimator not in ESTIMATORS:
        raise ConfigurationError(check_estimator(estimator, "regression"))
    if estimator != "auto":
        return Choice(estimator, f'The estimator is "{estimator}" because it was asked for.')
    wide = [s for s in (first, second) if not s.is_discrete]
    if not wide:
        return Choice(
            "discrete",
            'The estimator is "discrete": both sides have few distinct rows '
            f"({first.symbols} and {second.symbols}) for {len(first.rows)} samples.",
        )
    several = [s for s in wide if s.columns > 1]
    lack = _lacking(first, second, sizes)
    if several and not lack:
        told = " and ".join(f"{s.name!r} has {s.columns} columns" for s in several)
        return Choice(
            "batch",
            f'The estimator is "batch": {told}, of which clusters lose much, and '
            f"{len(first.rows)} samples suffice for classifiers.",
        )
    told = " and ".join(f"{s.name!r} has {s.symbols} distinct rows" for s in wide)
    why = f' Not "batch": {lack}.' if several else ""
    return Choice(
        "clustered",
        f'The estimator is "clustered": {told} in {len(first.rows)} samples, so rows are grouped '
        f"by clusters that were fitted on other samples.{why}",
    )


def _lacking(first: Source, second: Source, sizes: Codes) -> str:
    """What the batch estimator lacks; empty if nothing."""
    if sizes.sum() < LEAST_ROWS:
        return f"classifiers need {LEAST_ROWS} samples"
    if len(sizes) > MOST_CLASSES:
        return f"there are more than {MOST_CLASSES} classes"
    if sizes.min() < LEAST_OF_A_CLASS:
        return f"the rarest class has fewer than {LEAST_OF_A_CLASS} samples"
    words = [s.name for s in (first, second) if s.values is None and not s.is_discrete]
    return f"{words[0]!r} is text" if words else ""
