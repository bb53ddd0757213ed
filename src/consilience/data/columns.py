"""Targets, ids and groups out of a column of a data frame."""

from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import missing_values
from consilience.errors import DataError


def target_of(column: "nw.Series[Any]", role: str) -> NDArray[Any]:
    """A column as a target: numbers as they are, anything else as objects.

    Args:
        column: The column.
        role: What it is for, used in errors.

    Returns:
        `(samples,)`; missing numbers are NaN, missing others None.

    Raises:
        DataError: If the column holds dates.
    """
    if column.dtype.is_temporal():
        raise DataError(
            f"{role} column {column.name!r} holds dates; turn them into numbers, "
            "such as days since a start"
        )
    if column.dtype.is_numeric() and column.null_count():
        return column.cast(nw.Float64).to_numpy().astype(float)
    if column.dtype.is_numeric() or (column.dtype == nw.Boolean and not column.null_count()):
        return column.to_numpy()
    return np.array(column.to_list(), dtype=object)


def labels_of(column: "nw.Series[Any]", role: str) -> NDArray[Any]:
    """A column as ids or groups.

    Args:
        column: The column.
        role: `"id"` or `"group"`, used in errors.

    Returns:
        `(samples,)`, none of them missing.

    Raises:
        DataError: If an entry is missing.
    """
    values = column.to_numpy() if column.dtype.is_integer() else None
    if column.null_count() or values is None or values.dtype.kind not in "iu":
        values = np.array(column.to_list(), dtype=object)
    missing = np.flatnonzero(missing_values(values))
    if missing.size:
        raise DataError(
            f"{role} column {column.name!r} is empty in {len(missing)} of {len(values)} rows "
            f"(first: row {missing[0]}); fill them in or drop these rows"
        )
    return values
