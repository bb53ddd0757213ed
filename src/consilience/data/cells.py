"""The cells of one column, as an array or as sequences, whatever library holds them."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import is_missing, missing_values
from consilience.data.ragged import Ragged
from consilience.errors import DataError, ShapeError

Cells = NDArray[Any] | Ragged
"""Numbers or objects `(samples,)`, or a sequence a cell."""

DATES = "holds dates; turn them into numbers (such as days since a start) or leave the column out"


def cells_of(what: str, values: object) -> Cells:
    """The cells of a column.

    Args:
        what: The column in words, for errors.
        values: A narwhals series, an array or a list.

    Returns:
        Numbers, objects with None where missing, or `Ragged` for a column of lists.

    Raises:
        DataError: If the column holds dates, structures, or lists of something
            else than numbers.
    """
    if isinstance(values, nw.Series):
        return _of_series(what, values)
    array = np.asarray(values)
    if array.dtype.kind in "mM":
        raise DataError(f"{what} {DATES}")
    if array.ndim > 1 or _is_nested(array):
        return _ragged(what, list(array))
    return array


def _of_series(what: str, series: "nw.Series[Any]") -> Cells:
    dtype = series.dtype
    if isinstance(dtype, nw.List | nw.Array):
        return _of_lists(what, series)
    if dtype.is_temporal():
        raise DataError(f"{what} {DATES}")
    if isinstance(dtype, nw.Struct | nw.Binary):
        raise DataError(f"{what} holds {dtype}; expected numbers, words or lists of numbers")
    if dtype.is_numeric() or dtype == nw.Boolean:
        missing = series.null_count() > 0
        return series.cast(nw.Float64).to_numpy() if missing else series.to_numpy()
    return _of_objects(what, series)


def _of_objects(what: str, series: "nw.Series[Any]") -> Cells:
    out = np.empty(len(series), dtype=object)
    out[:] = series.to_list()
    if _is_nested(out):
        return _ragged(what, list(out))
    out[missing_values(out)] = None
    return out


def _of_lists(what: str, series: "nw.Series[Any]") -> Ragged:
    import pyarrow as pa  # noqa: PLC0415  slow to import, needed for few
    from pyarrow.compute import call_function  # noqa: PLC0415  loaded when a file is read

    lists = series.to_arrow()
    lengths = (
        call_function("list_value_length", [lists]).fill_null(0).to_numpy(zero_copy_only=False)
    )
    inner = call_function("list_flatten", [lists])
    channels = 1
    if pa.types.is_nested(inner.type):
        widths = call_function("list_value_length", [inner]).unique().to_pylist()
        if len(widths) != 1 or not widths[0]:
            raise ShapeError(f"{what}: steps differ in their number of channels: {widths[:5]}")
        channels, inner = int(widths[0]), call_function("list_flatten", [inner])
    try:
        steps = inner.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"{what} holds lists of {inner.type}; expected lists of numbers"
        ) from error
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return Ragged(steps.reshape(-1, channels), offsets)


def _is_nested(array: NDArray[Any]) -> bool:
    if array.dtype != object:
        return False
    first = next((v for v in array if v is not None), None)
    return isinstance(first, Sequence | np.ndarray) and not isinstance(first, str | bytes)


def _ragged(what: str, rows: list[Any]) -> Ragged:
    nothing = (v is None or (np.ndim(v) == 0 and is_missing(v)) for v in rows)
    try:
        return Ragged.of([None if no else v for no, v in zip(nothing, rows, strict=True)])
    except ShapeError as error:
        raise ShapeError(f"{what}: {error}") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} holds sequences that are not of numbers: {error}") from error


def as_floats(what: str, array: NDArray[Any]) -> NDArray[np.floating]:
    """Values as floats, missing ones NaN.

    Args:
        what: The values in words, for errors.
        array: Values of any type and shape.

    Returns:
        The same shape; floats keep their precision.

    Raises:
        DataError: If a value is not a number.
    """
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind not in "OUST":
        raise DataError(f"{what} holds {array.dtype} values; expected numbers")
    out = np.full(array.size, np.nan)
    for i, value in enumerate(array.ravel().tolist()):
        if not is_missing(value):
            out[i] = _number(what, i, value)
    return out.reshape(array.shape)


def _number(what: str, place: int, value: Any) -> float:  # noqa: ANN401  a cell of any type
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{what} holds {value!r} in row {place}, which is not a number; "
            "replace it by an empty cell or fix the kind as 'categorical'"
        ) from error
