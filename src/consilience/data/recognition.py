"""From whatever a user has to what is stored: the kind of each modality and column."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from consilience.data.cells import as_floats, cells_of
from consilience.data.native import flat_frame, is_frame
from consilience.data.ragged import Ragged
from consilience.data.schema import ColumnSchema, ModalitySchema
from consilience.data.sequences import sequence_of
from consilience.data.tables import is_free_text, table_of, texts_of
from consilience.errors import (
    ConfigurationError,
    DataError,
    InputTypeError,
    ShapeError,
    suggestion,
)

Stored = NDArray[Any] | Ragged

KINDS = ("table", "numeric", "categorical", "text", "sequence")


def recognise(
    name: str, values: object, kinds: Mapping[str, str]
) -> tuple[ModalitySchema, Stored]:
    """The schema of a modality and its values in the form they are stored.

    Args:
        name: Name of the modality.
        values: An array, tensor, data frame, or list; see `MultimodalData`.
        kinds: Kinds the user fixed for this modality, by `modality` or
            `modality.column`.

    Returns:
        The schema, and a float array for tables and fixed-length sequences, an
        object array of strings for text, `Ragged` for sequences of any length.

    Raises:
        ConfigurationError: If a fixed kind does not fit the values, or names a
            column that is not there.
        DataError: If a column mixes numbers and words.
        InputTypeError: If values of this type cannot be used.
        ShapeError: If an array has more axes than a sequence has.
    """
    schema, stored = _recognise(name, values, kinds)
    _check_kinds(schema, kinds)
    return schema, stored


def _recognise(
    name: str, values: object, kinds: Mapping[str, str]
) -> tuple[ModalitySchema, Stored]:
    if isinstance(values, Ragged):
        return _sequence_schema(name, values), values
    if is_frame(values):
        frame, _ = flat_frame(values)
        return _from_columns(name, {c: frame[c] for c in frame.columns}, kinds)
    if nw.dependencies.is_into_series(values):
        series = nw.from_native(values, series_only=True)
        return _from_columns(name, {str(series.name or name): series}, kinds)
    return _from_array(name, _as_array(name, values), kinds)


def _from_array(
    name: str, array: NDArray[Any], kinds: Mapping[str, str]
) -> tuple[ModalitySchema, Stored]:
    if array.ndim == 1:
        return _from_columns(name, {name: array}, kinds)
    if array.ndim == 2 and kinds.get(name) == "sequence":
        array = array[:, :, None]
    if array.ndim == 3:
        stored = as_floats(f"modality {name!r}", array)
        return _sequence_schema(name, stored), stored
    if array.ndim != 2:
        raise ShapeError(
            f"modality {name!r} has shape {array.shape}; expected (samples, columns) for a table "
            "or (samples, steps, channels) for a sequence"
        )
    if array.dtype.kind in "biuf" and not kinds:
        columns = tuple(ColumnSchema(name=str(i)) for i in range(array.shape[1]))
        _require_columns(name, columns)
        stored = as_floats(f"modality {name!r}", array)
        return ModalitySchema(name=name, kind="table", columns=columns), stored
    return _from_columns(name, {str(i): array[:, i] for i in range(array.shape[1])}, kinds)


def _as_array(name: str, values: Any) -> NDArray[Any]:  # noqa: ANN401  what a user may pass
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    if hasattr(values, "toarray"):
        raise InputTypeError(f"modality {name!r} is a sparse matrix; pass values.toarray()")
    if hasattr(values, "collect"):
        raise InputTypeError(f"modality {name!r} is a {type(values).__name__}; pass .collect()")
    if isinstance(values, Mapping):
        raise InputTypeError(
            f"modality {name!r} is a mapping; a modality is one array or data frame"
        )
    if isinstance(values, np.ndarray):
        return values
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InputTypeError(
            f"modality {name!r} is a {type(values).__name__}; "
            "expected an array, tensor, data frame or list"
        )
    return _from_list(name, values)


def _from_list(name: str, values: Sequence[Any]) -> NDArray[Any]:
    """A list as an array; rows of different lengths stay objects."""
    plain = [v.detach().cpu().numpy() if hasattr(v, "detach") else v for v in values]
    first = next((v for v in plain if v is not None), None)
    nested = isinstance(first, Sequence | np.ndarray) and not isinstance(first, str)
    if not nested:
        words = any(isinstance(v, str) or v is None for v in plain)
        return np.array(plain, dtype=object) if words else np.asarray(plain)
    if all(v is not None for v in plain) and len({np.shape(v) for v in plain}) == 1:
        return _even(name, plain)
    out = np.empty(len(plain), dtype=object)
    for i, v in enumerate(plain):
        out[i] = v
    return out


def _even(name: str, rows: Sequence[Any]) -> NDArray[Any]:
    words = any(isinstance(v, str) or v is None for v in np.asarray(rows[0], dtype=object).flat)
    try:
        array = np.asarray(rows, dtype=object if words else None)
    except ValueError as error:
        raise ShapeError(f"modality {name!r}: rows differ in shape ({error})") from error
    return array.astype(object) if array.dtype.kind == "U" else array


def _from_columns(
    name: str, columns: Mapping[str, Any], kinds: Mapping[str, str]
) -> tuple[ModalitySchema, Stored]:
    _require_columns(name, columns)
    cells = {c: cells_of(f"column {c!r} of modality {name!r}", v) for c, v in columns.items()}
    kind = kinds.get(name)
    if kind == "sequence" or any(isinstance(v, Ragged) for v in cells.values()):
        names, stored = sequence_of(name, cells)
        return _sequence_schema(name, stored, names), stored
    arrays = {c: v for c, v in cells.items() if isinstance(v, np.ndarray)}
    if len(arrays) == 1:
        only, values = next(iter(arrays.items()))
        own = kinds.get(f"{name}.{only}", kind or _declared(columns[only]))
        if own == "text" or (own is None and is_free_text(values)):
            return ModalitySchema(name=name, kind="text"), texts_of(values)
    elif kind == "text":
        raise ConfigurationError(
            [f"modality {name!r} has {len(cells)} columns, so its kind cannot be 'text'"]
        )
    fixed = {c: kinds.get(f"{name}.{c}", kind or _declared(v)) for c, v in columns.items()}
    schemas, table = table_of(name, arrays, fixed)
    return ModalitySchema(name=name, kind="table", columns=schemas), table


def _declared(values: object) -> str | None:
    """The kind that a data frame's own type states."""
    stated = isinstance(values, nw.Series) and isinstance(values.dtype, nw.Categorical | nw.Enum)
    return "categorical" if stated else None


def _require_columns(name: str, columns: object) -> None:
    if not columns:
        raise DataError(f"modality {name!r} has no column")


def _sequence_schema(
    name: str, stored: Stored, names: Sequence[str] | None = None
) -> ModalitySchema:
    width = stored.shape[2]
    channels = tuple(ColumnSchema(name=n) for n in names or map(str, range(width or 0)))
    _require_columns(name, channels)
    return ModalitySchema(name=name, kind="sequence", columns=channels, length=stored.shape[1])


def _check_kinds(schema: ModalitySchema, kinds: Mapping[str, str]) -> None:
    faults: list[str] = []
    names = [c.name for c in schema.columns]
    for key, kind in kinds.items():
        column = key.removeprefix(f"{schema.name}.") if key != schema.name else None
        fits = schema.kind == (kind if kind in {"text", "sequence"} else "table")
        if column is None and not fits:
            faults.append(
                f"modality {schema.name!r} is a {schema.kind}, its kind cannot be {kind!r}"
            )
        if column is not None and schema.kind == "table" and column not in names:
            faults.append(
                f"kinds names {key!r}: modality {schema.name!r} has no such column; "
                f"{suggestion(column, names)}"
            )
    if faults:
        raise ConfigurationError(faults)


def kinds_by_modality(kinds: Mapping[str, str], names: Sequence[str]) -> dict[str, dict[str, str]]:
    """The fixed kinds that concern each modality.

    Args:
        kinds: Kinds by `modality` or `modality.column`.
        names: Names of the modalities; they may hold dots themselves.

    Returns:
        For each name, its part of `kinds`.

    Raises:
        ConfigurationError: If a key names no modality, or a kind is not one of `KINDS`.

    Example:
        >>> kinds_by_modality({"labs.sex": "categorical", "note": "text"}, ["labs", "note"])
        {'labs': {'labs.sex': 'categorical'}, 'note': {'note': 'text'}}
    """
    out: dict[str, dict[str, str]] = {name: {} for name in names}
    faults: list[str] = []
    for key, kind in kinds.items():
        owners = [n for n in names if key == n or key.startswith(f"{n}.")]
        if owners:
            out[max(owners, key=len)][key] = kind
        else:
            near = suggestion(key.split(".")[0], names)
            faults.append(f"kinds names {key!r}, which is no modality nor column of one; {near}")
        if kind not in KINDS:
            faults.append(f"kind {kind!r} of {key!r} is not known; {suggestion(kind, KINDS)}")
    if faults:
        raise ConfigurationError(faults)
    return out
