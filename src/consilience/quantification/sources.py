"""What stands for a modality in an estimate: its symbols, if few, and its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.schema import ModalitySchema
from consilience.errors import DataError

MOST_SYMBOLS = 32
"""A modality with more distinct rows than this is not taken as discrete on its own."""
LEAST_SYMBOLS = 2
"""So few symbols cannot be grouped to fewer."""
LEAST_REPEATS = 5
"""Rows a symbol, on average, for a modality to be taken as discrete."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A modality, or several joined, as it enters an estimate.

    Attributes:
        name: Name, or names joined by `+`.
        values: Numbers `(samples, columns)`, NaN where missing; categories are
            indicators. None for text, which has symbols only.
        rows: Distinct rows as codes from 0, `(samples,)`.
        notes: What was done to get here that a reader should know.
        whole: Whether few distinct rows may stand for themselves.
    """

    name: str
    values: Floats | None
    rows: Codes
    notes: tuple[str, ...] = field(default=())
    whole: bool = True

    @property
    def symbols(self) -> int:
        """Number of distinct rows."""
        return int(self.rows.max(initial=-1)) + 1

    @property
    def is_discrete(self) -> bool:
        """Whether its distinct rows are few enough to be used as they are."""
        most = min(MOST_SYMBOLS, max(1, len(self.rows) // LEAST_REPEATS))
        return self.symbols <= (most if self.whole else LEAST_SYMBOLS)

    @property
    def groupable(self) -> bool:
        """Whether its rows are numbers, and not so few that clusters cannot be fewer."""
        return self.values is not None and self.symbols > LEAST_SYMBOLS

    def grouped(self) -> "Source":
        """The same with its distinct rows never standing for themselves, where groupable."""
        return replace(self, whole=False) if self.groupable else self

    @property
    def columns(self) -> int:
        """Number of columns that vary; 0 for text."""
        if self.values is None:
            return 0
        known = np.where(np.isnan(self.values), np.inf, self.values)
        return int((known != known[:1]).any(0).sum())

    def numbers_or_indicators(self) -> Floats:
        """The values; indicators of each text where these are few.

        Raises:
            DataError: If this is text of many values.
        """
        if self.values is None and self.is_discrete:
            return np.eye(self.symbols)[self.rows]
        return self.numbers()

    def numbers(self) -> Floats:
        """The values, for estimators that need numbers.

        Raises:
            DataError: If this is text of many values.
        """
        if self.values is None:
            raise DataError(
                f"modality {self.name!r} is text of {self.symbols} distinct values, which cannot "
                "be clustered; encode it as numbers first"
            )
        return self.values


def source_of(schema: ModalitySchema, stored: Stored) -> Source:
    """A modality as a source.

    Args:
        schema: Its schema.
        stored: Its values at the rows that are used.

    Returns:
        Tables with categories as indicators; sequences of one length as one row of all
        steps; of several, the mean, spread, first and last of each channel.
    """
    if schema.kind == "text":
        return Source(schema.name, None, _codes(np.asarray(stored)))
    if isinstance(stored, Ragged):
        note = "sequences of several lengths enter as mean, spread, first and last step"
        values = _summaries(stored)
        return Source(schema.name, values, _distinct(values), (note,))
    values = np.asarray(stored, dtype=np.float64).reshape(len(stored), -1)
    rows = _distinct(values)
    notes = ()
    missing = np.isnan(values).any(1).mean() if values.size else 0.0
    if missing > 0:
        notes = (f"{schema.name!r} misses a value in {missing:.0%} of the rows used",)
    if schema.kind == "table":
        values = _indicators(values, schema)
    return Source(schema.name, values, rows, notes)


def joined(sources: Sequence[Source]) -> Source:
    """Several sources as one: their rows side by side.

    Raises:
        DataError: If one is text of many values.
    """
    rows = _distinct(np.column_stack([s.rows for s in sources]).astype(np.float64))
    name = "+".join(s.name for s in sources)
    notes = tuple(note for s in sources for note in s.notes)
    values = np.hstack([s.numbers_or_indicators() for s in sources])
    return Source(name, values, rows, notes)


def _summaries(stored: Ragged) -> Floats:
    rows = [
        np.concatenate([np.nanmean(x, 0), np.nanstd(x, 0), x[0], x[-1]])
        if len(x) and not np.isnan(x).all(0).any()
        else np.full(4 * stored.channels, np.nan)
        for x in stored
    ]
    return np.asarray(rows, dtype=np.float64).reshape(len(stored), 4 * stored.channels)


def _indicators(values: Floats, schema: ModalitySchema) -> Floats:
    parts: list[Floats] = []
    for i, column in enumerate(schema.columns):
        if column.kind == "numeric":
            parts.append(values[:, [i]])
        else:
            codes = np.nan_to_num(values[:, i], nan=len(column.categories)).astype(np.int64)
            parts.append(np.eye(len(column.categories) + 1)[codes])
    return np.hstack(parts) if parts else values


def _distinct(values: Floats) -> Codes:
    """Codes of rows; those of few symbols are in order, as `Counts` has them."""
    filled = np.ascontiguousarray(np.where(np.isnan(values), np.inf, values) + 0.0)
    if not filled.shape[1]:
        return np.zeros(len(filled), dtype=np.int64)
    cells = filled.view(np.dtype((np.void, filled.dtype.itemsize * filled.shape[1])))
    _, first, codes = np.unique(cells.ravel(), return_index=True, return_inverse=True)
    codes = codes.astype(np.int64).ravel()
    if len(first) > MOST_SYMBOLS:
        return codes
    order = np.lexsort(filled[first].T[::-1])
    return np.argsort(order)[codes].astype(np.int64)


def _codes(words: NDArray[Any]) -> Codes:
    _, codes = np.unique(words.astype(str), return_inverse=True)
    return codes.astype(np.int64).ravel()
