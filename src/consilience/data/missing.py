"""What counts as missing in a cell: None, NaN, NaT, NA and the empty string."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
