"""From data frames to samples, at the door of everything that takes `X`."""

from collections.abc import Mapping, Sequence

import numpy as np

from consilience.data.container import MultimodalData
from consilience.data.framing import Pattern
from consilience.data.missing import Values
from consilience.data.native import is_frame
from consilience.errors import InputTypeError


def from_frame(
    frame: object,
    modalities: Mapping[str, Pattern] | None = None,
    *,
    target: str | Sequence[str] | None = None,
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
        target: Column to predict; several, or a pattern, for several labels a sample.
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
    return MultimodalData.from_frame(
        frame, target=target, id=id, group=group, kinds=kinds, modalities=modalities
    )


def as_multimodal(X: object, y: Values | None = None) -> MultimodalData:  # noqa: N803  scikit-learn's name
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


def _refusal(X: object) -> str:  # noqa: N803  scikit-learn's name
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
