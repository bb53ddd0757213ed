"""The rows and the classes that an estimate of information uses."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.target import Task, infer_task, missing_target
from consilience.errors import DataError

BINS = 4
"""Equal-frequency classes that a quantity is cut into."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What is told about: classes, and the quantity behind them if it is one.

    Attributes:
        codes: Class from 0 of each sample; -1 where the target is missing.
        names: Names of the classes.
        task: What the target is.
        quantity: Numbers `(samples,)` of a regression target, else None.
        note: What it is and how it is used, in a sentence.
    """

    codes: NDArray[np.int64]
    names: tuple[str, ...]
    task: Task
    quantity: NDArray[np.float64] | None
    note: str


def target_of(data: MultimodalData) -> Target:
    """The target of samples as classes.

    Args:
        data: Samples.

    Returns:
        Classes as they are; a quantity cut into 4 classes of equal frequency.

    Raises:
        DataError: If there is no target, it has several outputs, or it is infinite.

    Example:
        >>> data = MultimodalData({"a": [1.0, 2.0, 3.0]}, ["no", "yes", None])
        >>> target_of(data).codes.tolist(), target_of(data).note
        ([0, 1, -1], 'Target of 2 classes')
    """
    target = data.target
    if target is None:
        raise DataError("interactions are about a target; pass target= (--target)")
    if target.ndim == 2:
        raise DataError(
            f"interactions are about one target at a time; found {target.shape[1]} outputs"
        )
    present = ~missing_target(target)
    if not present.any():
        raise DataError("the target is missing in every row")
    if infer_task(target) == "classification":
        return _classes(target, present)
    return _binned(target.astype(np.float64), present)


def _classes(target: NDArray[Any], present: NDArray[np.bool_]) -> Target:
    values = target[present]
    values = values.astype(str) if values.dtype == object else values
    names, inverse = np.unique(values, return_inverse=True)
    codes = np.full(len(target), -1, dtype=np.int64)
    codes[present] = inverse
    words = tuple(str(name) for name in names.tolist())
    return Target(codes, words, "classification", None, f"Target of {len(words)} classes")


def _binned(target: NDArray[np.float64], present: NDArray[np.bool_]) -> Target:
    if np.isinf(target[present]).any():
        row = int(np.flatnonzero(np.isinf(target))[0])
        raise DataError(f"the target is infinite in row {row}; drop such rows or cap them")
    cuts = np.unique(np.quantile(target[present], np.arange(1, BINS) / BINS))
    binned = np.searchsorted(cuts, target[present], side="left")
    found, inverse = np.unique(binned, return_inverse=True)
    codes = np.full(len(target), -1, dtype=np.int64)
    codes[present] = inverse
    names = tuple(f"bin {i + 1}" for i in range(len(found)))
    note = f"Target is a quantity, cut into {len(found)} classes of equal frequency"
    return Target(codes, names, "regression", target, note)


def check_sizes(sizes: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Refuses classes that cannot be counted.

    Args:
        sizes: Number of samples of each class.
        names: Names of the classes.

    Raises:
        DataError: If there is one class only, or a class with one sample.

    Example:
        >>> check_sizes(np.array([20, 22]), ("no", "yes"))
    """
    seen = np.flatnonzero(sizes)
    if len(seen) < 2:
        which = "".join(f" ({names[i]!r})" for i in seen)
        raise DataError(
            f"the target has one class only{which} in the {sizes.sum()} rows used; information "
            "about it is 0 whatever the modalities hold"
        )
    lone = [names[i] for i in np.flatnonzero(sizes == 1)]
    if lone:
        shown = ", ".join(map(repr, lone[:5])) + (" and more" if len(lone) > 5 else "")
        raise DataError(
            f"{len(lone)} of {len(seen)} classes have one sample each ({shown}); at least 2 are "
            "needed: merge or leave out rare classes"
        )
