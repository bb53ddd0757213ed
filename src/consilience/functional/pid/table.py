"""The door of the decomposition: what is accepted as a joint table, and what of it matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float64
from numpy.typing import ArrayLike

from consilience.errors import DataError, InputTypeError, ShapeError
from consilience.functional.pid.blocks import Cells

SUM_TOLERANCE = 1e-6
AXES = ("x1", "x2", "y")

Table = Float64[np.ndarray, "*batch x1 x2 y"]
TableLike = ArrayLike | Sequence[Any] | float


def checked(joint: TableLike) -> Table:
    """A joint table as float64 that sums to one exactly.

    Args:
        joint: `(..., x1, x2, y)`, probabilities.

    Returns:
        A new array of the same shape; sums off by rounding are set right.

    Raises:
        InputTypeError: If `joint` does not hold real numbers.
        ShapeError: If it lacks axes or an axis is empty.
        DataError: If it is not a probability table.
    """
    table = _numeric(joint)
    _check_shape(table.shape)
    _check_values(table)
    totals = table.sum((-3, -2, -1), keepdims=True)
    _check_totals(totals[..., 0, 0, 0])
    return table / totals


def _numeric(joint: TableLike) -> Float64[np.ndarray, "*shape"]:
    try:
        table = np.asarray(joint)
    except ValueError as error:
        message = f"joint must be an array of numbers; its parts do not fit together: {error}"
        raise InputTypeError(message) from error
    if table.dtype.kind not in "fiu":
        raise InputTypeError(
            f"joint must hold real numbers, found {table.dtype}; pass probabilities as float64"
        )
    return table.astype(np.float64)


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) < len(AXES):
        raise ShapeError(
            f"joint has shape {shape}, {len(shape)} axes; it needs (..., x1, x2, y), at least 3"
        )
    if 0 in shape:
        where = shape.index(0) - len(shape)
        name = AXES[where] if where >= -len(AXES) else "of the batch"
        raise ShapeError(f"joint has shape {shape}: axis {name} is empty")


def _check_values(table: Table) -> None:
    lacking = ~np.isfinite(table)
    if lacking.any():
        raise DataError(
            f"joint has {lacking.sum()} values that are NaN or infinite, "
            f"the first at {_place(int(lacking.argmax()), table.shape)}"
        )
    if table.min() < 0:
        raise DataError(
            f"joint has {(table < 0).sum()} negative values, the lowest {table.min():.3g} "
            f"at {_place(int(table.argmin()), table.shape)}; probabilities are 0 or more"
        )


def _check_totals(totals: Float64[np.ndarray, "*batch"]) -> None:
    off = np.abs(totals - 1.0)
    worst = int(off.argmax())
    if off.flat[worst] <= SUM_TOLERANCE:
        return
    total = totals.flat[worst]
    if totals.ndim:
        index = tuple(int(i) for i in np.unravel_index(worst, totals.shape))
        subject, axes = f"joint[{', '.join(map(str, index))}]", "(-3, -2, -1), keepdims=True"
    else:
        subject, axes = "joint", ""
    raise DataError(
        f"{subject} sums to {total:.9g}, off from 1 by {total - 1:+.3g}; "
        f"if these are counts, pass counts / counts.sum({axes})"
    )


def _place(flat: int, shape: tuple[int, ...]) -> str:
    index = [int(i) for i in np.unravel_index(flat, shape)]
    names = [*(f"batch {i}" for i in range(len(shape) - 3)), *AXES]
    return ", ".join(f"{name}={i}" for name, i in zip(names, index, strict=True))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """Which symbols occur in any table, and which source comes first.

    Attributes:
        keep: For each of x1, x2 and y, the symbols that occur.
        swapped: Whether x2 is the larger source and was put first.
        shape: Shape of the tables before the reduction.
    """

    keep: tuple[Bool[np.ndarray, " x1"], Bool[np.ndarray, " x2"], Bool[np.ndarray, " y"]]
    swapped: bool
    shape: tuple[int, ...]

    @staticmethod
    def of(p: Cells) -> "Reduction":
        """The reduction that fits a stack of tables."""
        total = p.sum(0)
        keep = (total.sum((1, 2)) > 0, total.sum((0, 2)) > 0, total.sum((0, 1)) > 0)
        return Reduction(keep, bool(keep[1].sum() > keep[0].sum()), p.shape)

    def apply(self, p: Cells) -> Float64[np.ndarray, "t small1 small2 small_y"]:
        """The part of the tables that matters."""
        one, two, target = self.keep
        small = p[:, one][:, :, two][..., target]
        return np.ascontiguousarray(small.swapaxes(1, 2)) if self.swapped else small

    def undo(self, q: Cells) -> Float64[np.ndarray, "t full1 full2 full_y"]:
        """Tables of the original shape, zero where nothing occurs."""
        full = np.zeros(self.shape)
        full[np.ix_(np.ones(self.shape[0], dtype=bool), *self.keep)] = (
            q.swapaxes(1, 2) if self.swapped else q
        )
        return full
