"""What counts as missing in a cell: None, NaN, NaT, NA and the empty string."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = ArrayLike | Sequence[Any]
"""What a user may pass for a list of values, missing ones included."""


def is_missing(value: object) -> bool:
    """Whether one cell holds nothing.

    Example:
        >>> [is_missing(v) for v in (None, float("nan"), "", 0, "no")]
        [True, True, True, False, False]
    """
    if value is None or isinstance(value, str):
        return not value
    return type(value).__name__ == "NAType" or _differs_from_itself(value)


def _differs_from_itself(value: Any) -> bool:  # noqa: ANN401  anything can stand in a cell
    differs = value != value  # noqa: PLR0124  only NaN and NaT do
    return bool(differs) if isinstance(differs, bool | np.bool_) else False


def missing_values(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Which cells hold nothing.

    Args:
        array: Values of any type and shape.

    Returns:
        Bool of the same shape.
    """
    if array.dtype.kind in "fcmM":
        return np.asarray(np.isnat(array) if array.dtype.kind in "mM" else np.isnan(array))
    if array.dtype.kind == "O":
        flat = np.fromiter(
            map(is_missing, array.ravel().tolist()), dtype=np.bool_, count=array.size
        )
        return flat.reshape(array.shape)
    if array.dtype.kind == "U":
        return np.asarray(array == "")
    return np.zeros(array.shape, dtype=np.bool_)


def array_of(values: Any) -> NDArray[Any]:  # noqa: ANN401  what a user may pass
    """Values as an array in which what is missing stays missing.

    Args:
        values: Array, tensor, series or list.

    Returns:
        The array; a list of words and something else holds objects, not words.

    Example:
        >>> array_of(["a", None, float("nan")]).tolist()
        ['a', None, nan]
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values)
    if array.dtype.kind == "U" and isinstance(values, Sequence):
        return np.array(values, dtype=object)
    return array
