"""Targets: what they are, and when they cannot be used."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import Values, array_of, missing_values
from consilience.errors import DataError, ShapeError

Task = Literal["classification", "multilabel", "regression"]

MOST_CLASSES = 20
"""Whole numbers with more different values than this are taken as quantities."""


def as_target(target: Values, rows: int) -> NDArray[Any]:
    """A target as an array.

    Args:
        target: Array, tensor, list or series, `(samples,)` or `(samples, outputs)`.
        rows: Number of samples expected.

    Returns:
        Numbers as they are, with NaN where missing; words and truth values with
        missing ones as an object array with None where missing.

    Raises:
        DataError: If it holds dates or complex numbers.
        ShapeError: If its length is not `rows`.

    Example:
        >>> as_target([1, None, 3], 3).tolist()
        [1.0, nan, 3.0]
    """
    try:
        array = array_of(target)
    except ValueError as error:
        raise ShapeError(f"target must be ({rows},) or ({rows}, outputs): {error}") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in {1, 2} or len(array) != rows:
        raise ShapeError(f"target must have {rows} rows, one a sample; found shape {array.shape}")
    if array.ndim == 2 and array.shape[1] == 0:
        raise ShapeError("target has no column")
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind in "mMc":
        what = "complex numbers" if array.dtype.kind == "c" else "dates"
        raise DataError(f"the target holds {what}; turn them into real numbers")
    return _objects(array)


def _objects(array: NDArray[Any]) -> NDArray[Any]:
    out = array.astype(object)
    missing = missing_values(out)
    present = out[~missing]
    if present.size and all(_is_quantity(v) for v in present):
        out[missing] = np.nan
        return out.astype(np.float64)
    out[missing] = None
    return out


def _is_quantity(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def missing_target(target: NDArray[Any]) -> NDArray[np.bool_]:
    """Which samples lack their target or a part of it, bool `(samples,)`."""
    missing = missing_values(target)
    return missing if missing.ndim == 1 else np.asarray(missing.any(axis=1))


def infer_task(target: NDArray[Any]) -> Task:
    """Whether a target is a set of classes, several labels a sample, or a quantity.

    Several columns of 0 and 1, or truth values, are labels. Words, truth values and up to
    `MOST_CLASSES` different whole numbers are classes; everything else is a quantity.

    Example:
        >>> infer_task(np.array([0, 1, 1])), infer_task(np.array([0.5, 1.0, 2.0]))
        ('classification', 'regression')
        >>> infer_task(np.array([[0, 1], [1, 1], [0, 0]]))
        'multilabel'
    """
    if target.ndim == 2 and holds_labels(target):
        return "multilabel"
    if target.dtype.kind in "bOUST":
        return "classification"
    if target.ndim == 2:
        return "regression" if target.dtype.kind == "f" else "classification"
    present = target[~missing_target(target)]
    whole = bool((present == np.round(present)).all())
    few = len(np.unique(present)) <= MOST_CLASSES
    return "classification" if whole and few else "regression"


def holds_labels(target: NDArray[Any]) -> bool:
    """Whether all that is known of a target is 0 and 1, or truth values.

    Example:
        >>> holds_labels(np.array([[0, 1], [1, 1]])), holds_labels(np.array([[0, 1], [2, 1]]))
        (True, False)
    """
    if target.dtype.kind == "b":
        return True
    if target.dtype.kind not in "iufO":
        return False
    present = target[~missing_values(target)]
    if target.dtype.kind == "O":
        return all(isinstance(v, bool | np.bool_ | int | float) and v in (0, 1) for v in present)
    return bool(((present == 0) | (present == 1)).all())


def names_of_target(target: Values) -> tuple[str, ...] | None:
    """Names of a target's columns, where it is a data frame.

    Args:
        target: What a user passed.

    Returns:
        The names; None for anything that names no columns.
    """
    columns = getattr(target, "column_names", getattr(target, "columns", None))
    return None if columns is None else tuple(str(name) for name in columns)


def require_target(target: NDArray[Any] | None, what: str) -> NDArray[Any]:
    """The target, or an error that tells what is wrong with it.

    Args:
        target: The target of the samples.
        what: What needs it, for the error, such as `"a study"`.

    Returns:
        The target, complete.

    Raises:
        DataError: If there is none, or entries are missing or infinite.
    """
    if target is None:
        raise DataError(f"{what} needs a target; pass target=")
    missing = missing_target(target)
    if missing.any():
        rows = np.flatnonzero(missing)
        raise DataError(
            f"the target is missing in {len(rows)} of {len(target)} rows (first: row {rows[0]}); "
            "drop these rows or fill them in"
        )
    if target.dtype.kind == "f" and np.isinf(target).any():
        rows = np.unique(np.nonzero(np.isinf(target))[0])
        raise DataError(
            f"the target is infinite in {len(rows)} of {len(target)} rows (first: row {rows[0]}); "
            "drop these rows or cap them"
        )
    return target
