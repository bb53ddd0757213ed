"""Sequences of different lengths, stored end to end."""

from collections.abc import Iterator, Sequence
from typing import Any, final, overload

import numpy as np
from numpy.typing import NDArray

from consilience.errors import ShapeError


@final
class Ragged:
    """Sequences of different lengths with the same channels.

    Args:
        values: All steps of all sequences end to end, `(total steps, channels)`.
        offsets: Where each sequence begins, with the total at the end,
            `(samples + 1,)`.

    Raises:
        ShapeError: If `values` is not two-dimensional or `offsets` do not
            partition it.

    Example:
        >>> two = Ragged.of([[[1.0], [2.0]], [[3.0]]])
        >>> len(two), two.lengths.tolist(), two[1].tolist()
        (2, [2, 1], [[3.0]])
        >>> two.padded()[1].tolist()
        [[3.0], [nan]]
    """

    def __init__(self, values: NDArray[Any], offsets: NDArray[np.integer]) -> None:
        if values.ndim != 2 or values.dtype.kind not in "biuf":
            raise ShapeError(
                f"sequence values must be numbers (steps, channels), found {values.dtype} "
                f"of shape {values.shape}"
            )
        if offsets.ndim != 1 or len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(values):
            raise ShapeError(
                f"offsets must run from 0 to {len(values)}, one more than samples; "
                f"found {offsets[:1].tolist()} to {offsets[-1:].tolist()}"
            )
        if (np.diff(offsets) < 0).any():
            raise ShapeError("offsets must not decrease")
        self.values = values if values.dtype.kind == "f" else values.astype(np.float64)
        self.offsets = offsets.astype(np.int64, copy=False)

    @classmethod
    def of(cls, sequences: Sequence[Any]) -> "Ragged":
        """Stores sequences given one by one.

        Args:
            sequences: Each `(steps, channels)` or `(steps,)`; None is an absent one.

        Returns:
            The sequences, in order.

        Raises:
            ShapeError: If they differ in their number of channels.
        """
        arrays = [_steps(i, sequence) for i, sequence in enumerate(sequences)]
        given = [a for a in arrays if a is not None and len(a)]
        widths = sorted({a.shape[1] for a in given})
        if len(widths) > 1:
            raise ShapeError(f"sequences differ in their number of channels: {widths}")
        lengths = [0 if a is None else len(a) for a in arrays]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        return cls(np.concatenate(given) if given else np.empty((0, 1)), offsets)

    @property
    def lengths(self) -> NDArray[np.integer]:
        """Number of steps of each sequence, `(samples,)`."""
        return np.diff(self.offsets)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.values.shape[1])

    @property
    def shape(self) -> tuple[int, None, int]:
        """`(samples, None, channels)`."""
        return len(self), None, self.channels

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> NDArray[np.floating]: ...
    @overload
    def __getitem__(self, index: slice | NDArray[Any]) -> "Ragged": ...
    def __getitem__(self, index: Any) -> Any:
        """One sequence by position, or several as `Ragged`."""
        if isinstance(index, int | np.integer):
            i = range(len(self))[index]
            return self.values[self.offsets[i] : self.offsets[i + 1]]
        rows = np.arange(len(self))[index]
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        steps = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Ragged(self.values[steps], offsets)

    def padded(self) -> NDArray[np.floating]:
        """All sequences in one array, the missing steps NaN.

        Returns:
            `(samples, longest, channels)`; at least one step.
        """
        longest = max(1, int(self.lengths.max(initial=0)))
        out = np.full((len(self), longest, self.channels), np.nan, dtype=self.values.dtype)
        steps = np.arange(longest) < self.lengths[:, None]
        out[steps] = self.values
        return out

    def __repr__(self) -> str:
        return f"Ragged({len(self)} sequences, {self.channels} channels)"


def _steps(place: int, sequence: object) -> NDArray[np.floating] | None:
    if sequence is None:
        return None
    array = np.asarray(sequence)
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    if array.ndim == 1:
        return array[:, None]
    if array.ndim != 2 or (len(array) and not array.shape[1]):
        raise ShapeError(
            f"a sequence must be (steps, channels); number {place} has shape {array.shape}"
        )
    return array
