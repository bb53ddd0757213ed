"""Rows: how they are chosen, counted, and what each of them has."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import Values, array_of, missing_values
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.errors import DataError, InputTypeError, ShapeError


def row_index(rows: Any, length: int) -> NDArray[Any] | slice:  # noqa: ANN401  any index
    """An index for NumPy out of whatever picks rows.

    Args:
        rows: A whole number, slice, integer array or mask; or `(rows, Ellipsis)`,
            as scikit-learn passes it.
        length: Number of rows there are.

    Returns:
        A slice, or a one-dimensional array of integers or truth values.

    Raises:
        IndexError: If a position or the length of a mask is out of range.
        InputTypeError: If `rows` is no kind of row index.
    """
    if isinstance(rows, tuple) and len(rows) == 2 and rows[1] is Ellipsis:
        rows = rows[0]
    if isinstance(rows, str):
        raise InputTypeError(f"rows are indexed here; for a modality use .modalities[{rows!r}]")
    if isinstance(rows, slice):
        return rows
    index = np.atleast_1d(np.asarray(rows))
    if index.size == 0 and index.dtype != np.bool_:
        index = index.astype(np.intp)
    if index.ndim != 1 or index.dtype.kind not in "biu":
        raise InputTypeError(
            "rows are indexed by a whole number, slice, integer array or mask; found "
            f"{type(rows).__name__} of shape {index.shape} and type {index.dtype}"
        )
    _require_in_range(index, length)
    return index


def _require_in_range(index: NDArray[Any], length: int) -> None:
    if index.dtype == np.bool_:
        if len(index) != length:
            raise IndexError(f"a mask of {len(index)} does not fit {length} samples")
        return
    outside = index[(index < -length) | (index >= length)]
    if outside.size:
        raise IndexError(f"row {outside[0]} is out of range for {length} samples")


def common_rows(stored: Mapping[str, Stored]) -> int:
    """The number of rows that all modalities have.

    Raises:
        DataError: If there are none.
        ShapeError: If modalities differ.
    """
    counts = {name: len(values) for name, values in stored.items()}
    first, rows = next(iter(counts.items()))
    for name, count in counts.items():
        if count != rows:
            raise ShapeError(
                f"modality {name!r} has {count} rows but {first!r} has {rows}; "
                'use cs.join({...}, how="outer") to match them by id'
            )
    if rows == 0:
        raise DataError(f"modality {first!r} has no rows")
    return rows


def per_sample(what: str, values: Any, rows: int) -> NDArray[Any] | None:  # noqa: ANN401  whatever NumPy takes
    """Ids or groups as an array, none of them missing.

    Args:
        what: `"ids"` or `"groups"`, for errors.
        values: One a sample, or None.
        rows: Number of samples.

    Returns:
        `(samples,)`, or None.

    Raises:
        DataError: If an entry is missing.
        ShapeError: If there is not one a sample.
    """
    if values is None:
        return None
    array = array_of(values)
    if array.shape != (rows,):
        raise ShapeError(f"{what} must be ({rows},), one a sample; found {array.shape}")
    missing = np.flatnonzero(missing_values(array))
    if missing.size:
        raise DataError(
            f"{what} are missing in {missing.size} of {rows} rows (first: row {missing[0]}); "
            "fill them in or drop these rows"
        )
    return array


def presence_of(
    stored: Mapping[str, Stored], given: Values | None, rows: int
) -> NDArray[np.bool_]:
    """Which modality each sample has.

    Args:
        stored: Values by modality.
        given: What the user says, `(samples, modalities)`, or None.
        rows: Number of samples.

    Returns:
        Bool `(samples, modalities)`: present by the user's word and not wholly missing.

    Raises:
        DataError: If `given` holds something else than truth values.
        ShapeError: If `given` has another shape.
    """
    there = np.stack([present_rows(values) for values in stored.values()], axis=1)
    if given is None:
        return there
    mask = np.asarray(given)
    if mask.shape != (rows, len(stored)):
        raise ShapeError(
            f"presence must be (samples, modalities) = ({rows}, {len(stored)}); found {mask.shape}"
        )
    if mask.dtype != np.bool_ and not np.isin(mask, (0, 1)).all():
        raise DataError("presence must be true or false in every cell")
    return there & mask.astype(bool)


def present_rows(values: Stored) -> NDArray[np.bool_]:
    """Which rows hold anything at all.

    Args:
        values: A modality as it is stored.

    Returns:
        Bool `(samples,)`: false where all is NaN, None, or an empty sequence.
    """
    if isinstance(values, Ragged):
        some = (~np.isnan(values.values)).any(axis=1)
        counts = np.concatenate([[0], np.cumsum(some)])
        return np.diff(counts[values.offsets]) > 0
    if values.dtype == object:
        return ~missing_values(values)
    return np.asarray(~np.isnan(values).all(axis=tuple(range(1, values.ndim))))
