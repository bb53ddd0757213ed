"""From the columns of a data frame to modalities: by pattern, by level, by prefix."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from consilience.data.columns import labels_of, target_of
from consilience.data.container import MultimodalData
from consilience.data.native import Levels, flat_frame, is_frame
from consilience.data.patterns import Roles, match
from consilience.errors import ConfigurationError, InputTypeError

SEPARATORS = ("__", ".", ":", "/", "_")
"""What may stand between a modality and its column, tried in this order."""

Pattern = str | Sequence[str]


def from_frame(
    frame: object,
    modalities: Mapping[str, Pattern] | None = None,
    *,
    target: str | None = None,
    id: str | None = None,  # noqa: A002  the contract's name
    group: str | None = None,
    kinds: Mapping[str, str] | None = None,
) -> MultimodalData:
    """Samples from the rows of one data frame.

    Columns that no pattern matches are left out. With no patterns, two-level
    columns are split by their first level, and flat ones at their prefix: the
    first of `SEPARATORS` that stands inside every column's name. The columns of
    `target`, `id` and `group` are never part of a modality. The columns of a
    two-level frame are called `first.second` wherever one has to be named.

    Args:
        frame: A data frame (pandas, polars, pyarrow), a sample a row.
        modalities: Columns of each modality: a name, a pattern such as
            `"lab_*"`, or a list of these.
        target: Column to predict.
        id: Column that identifies a sample.
        group: Column whose equal values belong together.
        kinds: As in `MultimodalData`.

    Returns:
        The samples, in the order of the rows.

    Raises:
        ConfigurationError: If a pattern matches no column, two modalities claim
            one column, or a column is not there; all faults at once.
        DataError: If a column's content cannot be used.
        InputTypeError: If `frame` is not a data frame.
    """
    flat, levels = flat_frame(frame)
    roles = Roles(target=target, id=id, group=group)
    names: dict[str, list[str]]
    if modalities:
        names = match(flat.columns, modalities, roles)
    else:
        free = roles.leave(flat.columns)
        names = by_prefix(free) if levels is None else _by_level(free, levels)
    parts = {name: flat.select(columns) for name, columns in names.items()}
    if levels is not None and not modalities:
        parts = {n: part.rename({c: levels[c][1] for c in names[n]}) for n, part in parts.items()}
    return MultimodalData(
        parts,
        None if target is None else target_of(flat[target], "target"),
        ids=None if id is None else labels_of(flat[id], "id"),
        groups=None if group is None else labels_of(flat[group], "group"),
        kinds=kinds,
    )


def as_multimodal(X: object, y: ArrayLike | None = None) -> MultimodalData:  # noqa: N803  scikit-learn's name
    """The samples that an estimator was given, whatever form they have.

    Args:
        X: `MultimodalData` (used as it is), or a data frame with two-level or
            prefixed columns, as `from_frame` splits them.
        y: The target, `(samples,)` or `(samples, outputs)`; replaces that of `X`.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If a data frame's columns have no common separator.
        InputTypeError: If `X` is neither; arrays carry no names of modalities.
        ShapeError: If `y` has another length than `X`.

    Example:
        >>> import pandas as pd
        >>> df = pd.DataFrame({"lab_a": [1.0, 2.0], "lab_b": [3.0, 4.0], "ecg_a": [0.0, 1.0]})
        >>> as_multimodal(df, [0, 1])
        MultimodalData(2 samples; lab: table of 2 columns, ecg: table of 1 column)
    """
    if isinstance(X, MultimodalData):
        data = X
    elif is_frame(X):
        data = from_frame(X)
    else:
        raise InputTypeError(_refusal(X))
    return data if y is None else data.with_target(y)


def _refusal(X: object) -> str:  # noqa: N803
    found = f"X is a {type(X).__name__}"
    if hasattr(X, "collect"):
        return f"{found}, whose rows are not in memory; pass X.collect()"
    if isinstance(X, Mapping):
        return f"{found}, which has no rows to index; wrap it: cs.MultimodalData({{...}})"
    if isinstance(X, np.ndarray) or hasattr(X, "__array__"):
        return (
            f'{found}, which names no modality; wrap it: cs.MultimodalData({{"name": X}}), '
            "or one array a modality"
        )
    return (
        f"{found}; expected MultimodalData or a data frame; give the modalities names: "
        "cs.MultimodalData({...})"
    )


def by_prefix(columns: Iterable[str]) -> dict[str, list[str]]:
    """Columns of each modality, by the first separator that stands in every name.

    Args:
        columns: Names of flat columns.

    Returns:
        The columns of each prefix, in order.

    Raises:
        ConfigurationError: If no separator stands in every name.

    Example:
        >>> by_prefix(["lab.a_1", "lab.b", "ecg.a"])
        {'lab': ['lab.a_1', 'lab.b'], 'ecg': ['ecg.a']}
    """
    names = list(columns)
    lacking = {s: [n for n in names if not _prefix(n, s)] for s in SEPARATORS}
    separator = min(SEPARATORS, key=lambda s: len(lacking[s]))
    odd = lacking[separator]
    fix = 'name the columns of each modality, such as labs="lab_*"'
    if not names:
        raise ConfigurationError([f"no column is left for the modalities; {fix}"])
    if odd:
        shown = ", ".join(map(repr, odd[:5])) + (
            f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        )
        raise ConfigurationError(
            [
                f"cannot tell the modality of column{'s' * (len(odd) > 1)} {shown}: "
                f"no prefix ends in one of {', '.join(map(repr, SEPARATORS))}; {fix}"
            ]
        )
    out: dict[str, list[str]] = {}
    for name in names:
        out.setdefault(_prefix(name, separator), []).append(name)
    return out


def _prefix(name: str, separator: str) -> str:
    """What stands before the separator; empty if it does not stand inside the name."""
    head, _, tail = name.partition(separator)
    return head if tail else ""


def _by_level(columns: Iterable[str], levels: Levels) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for column in columns:
        out.setdefault(levels[column][0], []).append(column)
    if not out:
        raise ConfigurationError(["no column is left for the modalities"])
    return out
