"""Which estimator suits two modalities, and why."""

from dataclasses import dataclass
from typing import final

from consilience.data.target import Task
from consilience.errors import ConfigurationError, suggestion
from consilience.quantification.sources import Source

ESTIMATORS = ("auto", "discrete", "clustered", "gaussian", "batch")


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


def choose(first: Source, second: Source, estimator: str) -> Choice:
    """The estimator for two sources.

    Args:
        first: One side.
        second: The other side.
        estimator: One of `ESTIMATORS`.

    Returns:
        What was asked for; for `"auto"` the discrete estimator where both sides have few
        distinct rows, else the clustered one.

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
    told = " and ".join(f"{s.name!r} has {s.symbols} distinct rows" for s in wide)
    return Choice(
        "clustered",
        f'The estimator is "clustered": {told} in {len(first.rows)} samples, so rows are grouped '
        "by clusters that were fitted on other samples.",
    )
