"""Columns of numbers and categories as one float table, and columns of text."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.cells import as_floats
from consilience.data.missing import missing_values
from consilience.data.schema import ColumnSchema
from consilience.data.wording import counted
from consilience.errors import ConfigurationError, DataError

MOST_CATEGORIES = 50
"""A column of words with more different values than this is text."""

LONG_TEXT = 3
"""Words whose different values have more words than this on average are text."""


def table_of(
    modality: str, columns: Mapping[str, NDArray[Any]], kinds: Mapping[str, str | None]
) -> tuple[tuple[ColumnSchema, ...], NDArray[np.floating]]:
    """A table out of its columns.

    Args:
        modality: Name of the modality, for errors.
        columns: Cells of each column, `(samples,)`.
        kinds: The kind of each column where it is fixed, else None.

    Returns:
        A schema a column, and floats `(samples, columns)`: numbers as they are,
        categories as codes, missing cells NaN.

    Raises:
        ConfigurationError: If a column's kind is not one a column can have.
        DataError: If a column mixes numbers and words, or holds text.
    """
    pairs = [_column(modality, c, values, kinds[c]) for c, values in columns.items()]
    same = np.result_type(*(stored for _, stored in pairs))
    table = np.empty((len(pairs[0][1]), len(pairs)), dtype=same)
    for i, (_, stored) in enumerate(pairs):
        table[:, i] = stored
    return tuple(schema for schema, _ in pairs), table


def _column(
    modality: str, column: str, array: NDArray[Any], kind: str | None
) -> tuple[ColumnSchema, NDArray[np.floating]]:
    if kind in {None, "table"}:
        kind = "numeric"
        if holds_words(array):
            _refuse_unclear_words(modality, column, array)
            kind = "categorical"
    if kind == "numeric":
        return ColumnSchema(name=column), as_floats(
            f"column {column!r} of modality {modality!r}", array
        )
    if kind == "categorical":
        return categories_of(column, array)
    raise ConfigurationError(
        [f"column {modality}.{column} has kind {kind!r}; expected 'numeric' or 'categorical'"]
    )


def categories_of(column: str, array: NDArray[Any]) -> tuple[ColumnSchema, NDArray[np.floating]]:
    """A column as codes of its sorted categories.

    Args:
        column: Name of the column.
        array: Words, numbers or truth values, `(samples,)`.

    Returns:
        The schema with the categories, and codes `(samples,)`, NaN where missing.

    Example:
        >>> schema, codes = categories_of("ward", np.array(["b", None, "a"], dtype=object))
        >>> schema.categories, codes.tolist()
        (('a', 'b'), [1.0, nan, 0.0])
    """
    present = ~missing_values(array)
    values = array[present].tolist()
    names = {value: word(value) for value in set(values)}
    categories = sorted(set(names.values()))
    place = {name: float(i) for i, name in enumerate(categories)}
    code = {value: place[name] for value, name in names.items()}
    stored = np.full(len(array), np.nan)
    stored[present] = [code[value] for value in values]
    schema = ColumnSchema(name=column, kind="categorical", categories=tuple(categories))
    return schema, stored


def word(value: object) -> str:
    """A value as the name of a category: whole numbers without their decimal point.

    Example:
        >>> word(3.0), word(2.5), word("a")
        ('3', '2.5', 'a')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def holds_words(array: NDArray[Any]) -> bool:
    """Whether a column holds words, if only in one cell."""
    if array.dtype.kind in "UST":
        return True
    return array.dtype == object and any(isinstance(v, str) and v for v in array.tolist())


def is_free_text(array: NDArray[Any]) -> bool:
    """Whether a column of words is text rather than categories: many values, or long ones."""
    if not holds_words(array):
        return False
    different = {str(v) for v in array[~missing_values(array)]}
    long = np.mean([len(w.split()) for w in different]) > LONG_TEXT if different else False
    return len(different) > MOST_CATEGORIES or (bool(long) and len(different) > 2)


def texts_of(array: NDArray[Any]) -> NDArray[Any]:
    """A column as texts, `(samples,)` objects: None where missing or blank."""
    out = np.full(len(array), None, dtype=object)
    for i in np.flatnonzero(~missing_values(array)):
        text = word(array[i])
        out[i] = text if text.strip() else None
    return out


def _refuse_unclear_words(modality: str, column: str, array: NDArray[Any]) -> None:
    count = Counter(array[~missing_values(array)].tolist())
    odd = [value for value in count if not _is_number(value)]
    share = 1 - sum(count[v] for v in odd) / max(count.total(), 1)
    fixed = f"say kinds={{'{modality}.{column}': 'categorical'}}"
    if odd and share >= 0.5:
        row = array.tolist().index(odd[0])
        words = sum(count[v] for v in odd)
        raise DataError(
            f"column {column!r} of modality {modality!r} holds numbers but also "
            f"{counted(words, 'word')}, first {odd[0]!r} in row {row}; "
            f"replace by an empty cell, or {fixed}"
        )
    if is_free_text(array):
        what = "text" if odd else "numbers stored as words"
        mend = "give it a modality of its own" if odd else "turn them into numbers"
        raise DataError(
            f"column {column!r} of modality {modality!r} holds {what} "
            f"({len(count)} different values); {mend}, or {fixed}"
        )


def _is_number(value: object) -> bool:
    try:
        float(value)  # pyright: ignore[reportArgumentType]  whatever a cell holds
    except (TypeError, ValueError):
        return False
    return True
