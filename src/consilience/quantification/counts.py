"""Integer counts of two discrete sources and a target, which add up over shards."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from consilience.data.missing import array_of, missing_values
from consilience.errors import ConfigurationError, DataError, ShapeError

Labels = tuple[Hashable, ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """How often each combination of two symbols and a class occurs.

    Counts of shards, streams or processes add up to those of the whole, whatever symbols
    each of them happened to see; `interactions` takes them in place of data.

    Args:
        table: Whole numbers `(x1, x2, y)`.
        first: Symbols of the first source, sorted.
        second: Symbols of the second source, sorted.
        classes: Classes of the target, sorted.
        names: Names of the two sources.
        left_out: Samples that were not counted, for something in them was missing.

    Raises:
        DataError: If a count is negative or not whole.
        ShapeError: If the table does not fit the symbols.

    Example:
        >>> one = Counts.of(["a", "b"], [0, 1], ["no", "yes"])
        >>> two = Counts.of(["c", "b"], [1, 1], ["no", "yes"])
        >>> whole = Counts.of(["a", "b", "c", "b"], [0, 1, 1, 1], ["no", "yes", "no", "yes"])
        >>> one + two == whole, (one + two).table.shape, sum([one, two]) == whole
        (True, (3, 2, 2), True)
    """

    table: NDArray[np.int64]
    first: Labels
    second: Labels
    classes: Labels
    names: tuple[str, str] = field(default=("x1", "x2"))
    left_out: int = field(default=0)

    def __post_init__(self) -> None:
        expected = (len(self.first), len(self.second), len(self.classes))
        if self.table.shape != expected:
            raise ShapeError(
                f"a table of shape {self.table.shape} does not fit {expected[0]} and "
                f"{expected[1]} symbols and {expected[2]} classes"
            )
        if self.table.dtype.kind not in "iu" or (self.table < 0).any():
            raise DataError("counts must be whole numbers of at least 0")

    @classmethod
    def of(
        cls,
        first: ArrayLike | Sequence[Any],
        second: ArrayLike | Sequence[Any],
        target: ArrayLike | Sequence[Any],
        *,
        names: tuple[str, str] = ("x1", "x2"),
    ) -> "Counts":
        """Counts of samples.

        Args:
            first: Symbol of the first source of each sample, `(samples,)`.
            second: Symbol of the second source of each sample, `(samples,)`.
            target: Class of each sample, `(samples,)`.
            names: Names of the two sources.

        Returns:
            The counts, over the symbols that occur. Samples with a symbol or class missing
            (None, NaN, an empty word) are left out, and `left_out` is their number.

        Raises:
            ShapeError: If the three are not rows of one length.
        """
        columns = [array_of(values) for values in (first, second, target)]
        shapes = [column.shape for column in columns]
        if len(set(shapes)) > 1 or columns[0].ndim != 1:
            raise ShapeError(
                f"counting needs three rows of one length; found shapes {shapes[0]}, "
                f"{shapes[1]} and {shapes[2]}"
            )
        known = ~np.any([missing_values(column) for column in columns], axis=0)
        columns = [column[known] for column in columns]
        labels = [_sorted({*column.tolist()}) for column in columns]
        places = [
            np.array([index[v] for v in column.tolist()], dtype=np.int64)
            for column, own in zip(columns, labels, strict=True)
            for index in [{label: i for i, label in enumerate(own)}]
        ]
        shape = (len(labels[0]), len(labels[1]), len(labels[2]))
        table = table_of(places[0], places[1], places[2], shape)
        return cls(table, *labels, names=names, left_out=int((~known).sum()))

    @property
    def total(self) -> int:
        """Number of samples counted."""
        return int(self.table.sum())

    def __add__(self, other: "Counts") -> "Counts":
        """The counts of both together.

        Raises:
            ConfigurationError: If the two count different sources.
        """
        if self.names != other.names:
            raise ConfigurationError(
                [f"counts of {self.names} and of {other.names} cannot be added up"]
            )
        own, others = self._labels(), other._labels()
        labels = [_sorted({*a, *b}) for a, b in zip(own, others, strict=True)]
        table = np.zeros([len(label) for label in labels], dtype=np.int64)
        for part, names in ((self, own), (other, others)):
            places = [
                [whole.index(label) for label in mine]
                for mine, whole in zip(names, labels, strict=True)
            ]
            table[np.ix_(*places)] += part.table
        left_out = self.left_out + other.left_out
        return Counts(table, *labels, names=self.names, left_out=left_out)

    def __radd__(self, other: int) -> "Counts":
        """Lets `sum` begin with its 0."""
        return self if other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Counts)
            and (self.names, self.left_out) == (other.names, other.left_out)
            and self._labels() == other._labels()
            and np.array_equal(self.table, other.table)
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]  a table has no hash

    def _labels(self) -> tuple[Labels, Labels, Labels]:
        return self.first, self.second, self.classes


def table_of(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    target: NDArray[np.int64],
    shape: tuple[int, int, int],
) -> NDArray[np.int64]:
    """Counts of codes from 0, as a table of the given shape.

    Example:
        >>> zero, one = np.array([0, 0]), np.array([0, 1])
        >>> table_of(zero, one, one, (1, 2, 2)).tolist()
        [[[1, 0], [0, 1]]]
    """
    cells = np.ravel_multi_index((first, second, target), shape)
    return np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape).astype(np.int64)


def _sorted(labels: set[Any]) -> Labels:
    return tuple(sorted(labels, key=lambda label: (type(label).__name__, label)))
