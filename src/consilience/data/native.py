"""A data frame of any library, with one name a column."""

from collections import Counter
from typing import Any

import narwhals as nw

from consilience.errors import ConfigurationError, InputTypeError

Levels = dict[str, tuple[str, str]]
"""The two levels that a flat name came from."""


def is_frame(values: object) -> bool:
    """Whether something is a data frame held in memory (pandas, polars, pyarrow)."""
    return isinstance(values, nw.DataFrame) or nw.dependencies.is_into_dataframe(values)


def flat_frame(frame: object) -> "tuple[nw.DataFrame[Any], Levels | None]":
    """A data frame with one name a column.

    Args:
        frame: A data frame, perhaps with two-level columns.

    Returns:
        The frame, and for each of its names the two levels it came from, if it did.

    Raises:
        ConfigurationError: If names occur twice or have more than two levels.
        InputTypeError: If `frame` is not a data frame.
    """
    if not is_frame(frame):
        hint = "; pass frame.collect()" if hasattr(frame, "collect") else ""
        raise InputTypeError(
            f"frame is a {type(frame).__name__}; expected a pandas, polars or pyarrow table{hint}"
        )
    return _wrapped(frame)


def _wrapped(frame: object) -> "tuple[nw.DataFrame[Any], Levels | None]":
    native = nw.to_native(frame, pass_through=True)
    labels = list(getattr(native, "column_names", native.columns))
    deep = getattr(native.columns, "nlevels", 1)
    if deep > 2:
        raise ConfigurationError(
            [f"the frame's columns have {deep} levels; expected one or two (modality, column)"]
        )
    levels = (
        {_join(*label): (str(label[0]), str(label[1] or label[0])) for label in labels}
        if deep == 2
        else None
    )
    names = [_join(*label) for label in labels] if deep == 2 else [str(label) for label in labels]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ConfigurationError(
            [f"column {n!r} stands in the frame more than once; rename or drop one" for n in twice]
        )
    if names != labels:
        native = native.set_axis(names, axis=1)
    return nw.from_native(native, eager_only=True), levels


def _join(first: object, second: object) -> str:
    return f"{first}.{second}" if second not in ("", None) else str(first)
