"""Columns that look like identifiers and repeat, although nobody called them groups."""

import re
from collections.abc import Iterable
from typing import Any

import narwhals as nw

_WORDS = re.compile(
    r"ids?|uid|uuid|pid|sid|mrn|patient|subject|participant|person|individual|respondent|user|"
    r"customer|client|donor|animal|mouse|family|household|speaker|author|student|case|visit|session"
)
"""Words that name whose a sample is."""


def repeating_identifiers(frame: "nw.DataFrame[Any]", columns: Iterable[str]) -> dict[str, int]:
    """Columns of words or whole numbers named like an identifier whose values repeat.

    Args:
        frame: A data frame, a sample a row.
        columns: Its columns that have no other part.

    Returns:
        By column, how many different values it has; fewer than rows, and two or more.

    Example:
        >>> import pandas as pd
        >>> frame = nw.from_native(pd.DataFrame({"patient_id": [1, 1, 2], "age": [3, 3, 4]}))
        >>> repeating_identifiers(frame, frame.columns)
        {'patient_id': 2}
    """
    found: dict[str, int] = {}
    for name in columns:
        column = frame[name]
        if not any(map(_WORDS.fullmatch, _words(name))) or not _is_label(column.dtype):
            continue
        known = column.drop_nulls()
        different = known.n_unique()
        if 2 <= different < len(known):
            found[name] = different
    return found


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    return set(re.split(r"[^a-z]+", spaced.lower()))


def _is_label(dtype: object) -> bool:
    labels = (nw.String, nw.Categorical, nw.Enum, nw.Object)
    return isinstance(dtype, labels) or (isinstance(dtype, nw.dtypes.DType) and dtype.is_integer())
