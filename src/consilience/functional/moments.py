"""Means and scatter of views side by side, in one pass that never copies the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs

from consilience.errors import ShapeError

BLOCK = 512
"""Rows centred at a time: such a block stays in the cache of a core."""

Floats = NDArray[np.float64]
View = NDArray[Any]

_syrk: Callable[..., Floats]
(_syrk,) = get_blas_funcs(("syrk",), dtype=np.float64)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    r"""What second-order methods need to know of views side by side.

    Attributes:
        count: Rows $n$.
        mean: $\bar x$, `(columns,)`, the views one after another.
        scatter: $\sum_i (x_i - \bar x)(x_i - \bar x)^\top$, `(columns, columns)`.
        widths: Columns of each view.
    """

    count: int
    mean: Floats
    scatter: Floats
    widths: tuple[int, ...]

    @property
    def covariance(self) -> Floats:
        """The scatter over $n - 1$, `(columns, columns)`."""
        return self.scatter / (self.count - 1)

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Whether a column varies by more than the rounding of its mean, `(columns,)`."""
        rounding = 8 * np.finfo(np.float64).eps * np.abs(self.mean)
        return np.diagonal(self.scatter) > self.count * rounding**2

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each view's columns stand."""
        ends = np.cumsum(self.widths).tolist()
        return tuple(slice(e - w, e) for e, w in zip(ends, self.widths, strict=True))

    @property
    def means(self) -> tuple[Floats, ...]:
        """The mean of each view."""
        return tuple(self.mean[part] for part in self.slices)

    def joined(self, other: "Moments") -> "Moments":
        """The moments of both sets of rows together."""
        total = self.count + other.count
        gap = other.mean - self.mean
        mean = self.mean + gap * (other.count / total)
        apart = np.outer(gap, gap) * (self.count * other.count / total)
        return Moments(total, mean, self.scatter + other.scatter + apart, self.widths)


def moments(views: Sequence[View], rows: NDArray[np.int64] | None = None) -> Moments:
    """Means and scatter of all columns, in float64 whatever the views hold.

    Two passes over blocks of rows: the first for the means, the second for the scatter of
    what is left, from which the rounding of the means is taken: a large mean costs no digits.

    Args:
        views: Each `(samples, columns)` of numbers without NaN.
        rows: Only these; None takes all.

    Returns:
        The moments; about `(total columns)^2` numbers of memory, whatever the number of rows.

    Raises:
        ShapeError: If numbers of rows differ, a view is not a matrix, or there are fewer than
            two rows.

    Example:
        >>> found = moments([np.array([[1.0], [3.0]]), np.array([[0.0], [4.0]])])
        >>> found.covariance.tolist()
        [[2.0, 4.0], [4.0, 8.0]]
    """
    total = _rows_of(views) if rows is None else len(rows)
    if total < 2:
        raise ShapeError(f"moments need at least 2 rows, found {total}")
    widths = tuple(view.shape[1] for view in views)
    starts = range(0, total, BLOCK)
    mean = np.zeros(sum(widths))
    for start in starts:
        picked = _picked(rows, start, total)
        sums = [view[picked].sum(axis=0, dtype=np.float64) for view in views]
        mean += np.concatenate(sums) / total
    scatter = np.zeros((len(mean), len(mean)), order="F")
    left = np.zeros(len(mean))
    buffer = np.empty((min(BLOCK, total), len(mean)))
    for start in starts:
        block = _filled(buffer, views, _picked(rows, start, total))
        block -= mean
        left += block.sum(axis=0)
        scatter = with_gram(scatter, block)
    scatter = mirrored(scatter) - np.outer(left, left) / total
    return Moments(total, mean + left / total, scatter, widths)


def with_gram(upper: Floats, block: Floats) -> Floats:
    """Adds the products of a block's columns to the upper triangle of a matrix, in place.

    Args:
        upper: `(columns, columns)`, in Fortran's order.
        block: `(rows, columns)`.

    Returns:
        The same matrix.
    """
    return _syrk(1.0, block.T, beta=1.0, c=upper, overwrite_c=1)


def mirrored(upper: Floats) -> Floats:
    """The symmetric matrix whose upper triangle is given; the lower is overwritten."""
    size = len(upper)
    for i in range(0, size, 64):
        j = min(i + 64, size)
        upper[j:, i:j] = upper[i:j, j:].T
        corner = upper[i:j, i:j]
        upper[i:j, i:j] = np.triu(corner) + np.triu(corner, 1).T
    return upper


def _rows_of(views: Sequence[View]) -> int:
    if not views or any(view.ndim != 2 for view in views):
        shapes = [view.shape for view in views]
        raise ShapeError(f"views must be matrices (samples, columns), found shapes {shapes}")
    counts = {len(view) for view in views}
    if len(counts) > 1:
        raise ShapeError(f"views must have the same rows, found {[len(view) for view in views]}")
    return counts.pop()


def _picked(rows: NDArray[np.int64] | None, start: int, total: int) -> slice | NDArray[np.int64]:
    end = min(start + BLOCK, total)
    return slice(start, end) if rows is None else rows[start:end]


def _filled(buffer: Floats, views: Sequence[View], picked: slice | NDArray[np.int64]) -> Floats:
    first, length = 0, 0
    for view in views:
        values = view[picked]
        length, width = values.shape
        buffer[:length, first : first + width] = values
        first += width
    return buffer[:length]
