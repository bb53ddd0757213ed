"""Values of a part put at the rows where their samples stand in the whole."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import missing_values
from consilience.data.parts import Part
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.errors import DataError, ShapeError


@overload
def scattered(
    values: NDArray[Any], rows: NDArray[np.integer], fill: object = ...
) -> NDArray[Any]: ...
@overload
def scattered(values: Stored, rows: NDArray[np.integer], fill: object = ...) -> Stored: ...
def scattered(values: Stored, rows: NDArray[np.integer], fill: object = np.nan) -> Stored:
    """Stored values in another order, with gaps.

    Args:
        values: A modality as it is stored, or presence.
        rows: For each row of the result, the row of `values`; -1 where it has none.
        fill: What stands in a gap; for text and `Ragged` a gap is always absent.

    Returns:
        Values of the same form, `(len(rows), ...)`.

    Example:
        >>> scattered(np.array([[1.0], [2.0]]), np.array([1, -1])).tolist()
        [[2.0], [nan]]
    """
    if isinstance(values, Ragged):
        return Ragged(values.values, np.append(values.offsets, values.offsets[-1]))[rows]
    out = values[np.maximum(rows, 0)]
    out[rows < 0] = None if values.dtype == object else fill
    return out


def agreed(
    what: Literal["target", "groups"],
    parts: Sequence[Part],
    rows: Mapping[str, NDArray[np.integer]],
    keys: Sequence[object],
) -> NDArray[Any] | None:
    """What the parts tell about each sample, if they do not contradict each other.

    Args:
        what: Which of a part's statements.
        parts: The parts.
        rows: For each part, the row of each sample in it; -1 where it has none.
        keys: Id of each sample, for errors.

    Returns:
        `(samples, ...)`, missing where no part tells; None if none has any.

    Raises:
        DataError: If two parts tell different things about a sample.
        ShapeError: If their statements differ in shape.
    """
    told = {p.name: v for p in parts if (v := getattr(p, what)) is not None}
    if not told:
        return None
    first, values = next(iter(told.items()))
    out = values.astype(object)[np.maximum(rows[first], 0)]
    out[rows[first] < 0] = None
    source = np.full(len(keys), first, dtype=object)
    for name, other in list(told.items())[1:]:
        if other.shape[1:] != values.shape[1:]:
            raise ShapeError(
                f"the {what} of {first!r} and {name!r} differ in shape: "
                f"{values.shape[1:]} and {other.shape[1:]}"
            )
        new = other.astype(object)[np.maximum(rows[name], 0)]
        new[rows[name] < 0] = None
        _require_agreement(what, (out, source), (new, name), keys)
        fresh = missing_values(out) & ~missing_values(new)
        out[fresh] = new[fresh]
        source[fresh if fresh.ndim == 1 else fresh.any(axis=1)] = name
    return _typed(out, list(told.values()))


def _require_agreement(
    what: str,
    known: tuple[NDArray[Any], NDArray[Any]],
    new: tuple[NDArray[Any], str],
    keys: Sequence[object],
) -> None:
    (out, source), (values, name) = known, new
    both = ~missing_values(out) & ~missing_values(values)
    odd = np.argwhere(both & (out != values))
    if len(odd):
        at = tuple(odd[0])
        raise DataError(
            f"the {what} of id {keys[at[0]]!r} is {out[at]!r} in {source[at[0]]!r} "
            f"but {values[at]!r} in {name!r} ({len(odd)} such); correct one of them"
        )


def _typed(values: NDArray[Any], sources: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Values in the type of their sources, as far as gaps allow."""
    missing = missing_values(values)
    numbers = all(s.dtype.kind in "iuf" for s in sources)
    if numbers and missing.any():
        values = np.where(missing, np.nan, values).astype(np.float64)
    elif all(s.dtype.kind in "biuf" for s in sources) and not missing.any():
        values = values.astype(np.result_type(*sources))
    return values
