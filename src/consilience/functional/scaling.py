"""Centre and scale of columns, exact under huge offsets and deaf to what is not finite."""

import numpy as np
from numpy.typing import NDArray

_ROUNDING = 16 * np.finfo(np.float64).eps


def centre_and_scale(
    values: NDArray[np.number],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column over its finite values.

    Both are found relative to a value of the column, in units of its range, so
    that neither a huge offset (such as a time stamp) nor tiny or huge units cost
    precision.

    Args:
        values: `(rows, columns)`.

    Returns:
        Mean and population standard deviation, each `(columns,)`. A column without
        two different finite values, up to rounding, tells nothing: its scale is
        infinite, so that dividing by it gives zero.

    Example:
        >>> mean, scale = centre_and_scale(np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]]))
        >>> mean.tolist(), scale.tolist()
        ([2.0, 5.0], [1.0, inf])
    """
    x = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(x)
    if not len(x):
        return np.zeros(x.shape[1]), np.full(x.shape[1], np.inf)
    origin = np.take_along_axis(x, finite.argmax(axis=0)[None], axis=0)[0]
    origin = np.where(finite.any(axis=0), origin, 0.0)
    x = np.where(finite, x, origin)
    unit = np.abs(x / 2 - origin / 2).max(axis=0)
    unit[unit == 0] = 1.0
    x = (x / 2 - origin / 2) / unit
    count = np.maximum(finite.sum(axis=0), 1)
    shift = x.sum(axis=0) / count
    scale = 2 * np.sqrt((np.where(finite, x - shift, 0) ** 2).sum(axis=0) / count) * unit
    mean = origin + unit * shift + unit * shift
    return mean, np.where(scale <= _ROUNDING * np.abs(mean), np.inf, scale)
