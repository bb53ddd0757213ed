"""New data in the layout a model was fitted with."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.schema import ColumnSchema, ModalitySchema, Schema
from consilience.data.tables import word
from consilience.errors import ModalityError, suggestion


def conform(
    stored: Mapping[str, Stored], presence: NDArray[np.bool_], own: Schema, fitted: Schema
) -> tuple[dict[str, Stored], NDArray[np.bool_], Schema]:
    """Values and presence in the order and codes of a fitted schema.

    Where new data are too few to show their kind (two texts that look like
    categories, sequences that happen to have one length), the fitted kind decides.

    Args:
        stored: Values by modality.
        presence: Bool `(samples, modalities)`, in the order of `own`.
        own: The schema of the values.
        fitted: The schema to conform to.

    Returns:
        Values and presence in the order of `fitted`, and `fitted` with the lengths
        of the new sequences.

    Raises:
        ModalityError: If no modality of `fitted` is there, a kind differs, or a
            column is lacking.
    """
    if not set(own.names) & set(fitted.names):
        raise ModalityError(
            f"none of the model's modalities is there: it knows {', '.join(fitted.names)}; "
            f"the data have {', '.join(own.names)}"
        )
    rows = len(presence)
    out: dict[str, Stored] = {}
    present = np.zeros((rows, len(fitted.names)), dtype=bool)
    for i, target in enumerate(fitted.modalities):
        if target.name not in own.names:
            out[target.name] = _nothing(target, rows)
            continue
        out[target.name] = _modality(stored[target.name], own[target.name], target)
        present[:, i] = presence[:, own.names.index(target.name)]
    layout = Schema(modalities=tuple(_with_length(m, out[m.name]) for m in fitted.modalities))
    return out, present, layout


def _with_length(schema: ModalitySchema, values: Stored) -> ModalitySchema:
    if schema.kind != "sequence":
        return schema
    return schema.model_copy(update={"length": values.shape[1]})


def _nothing(schema: ModalitySchema, rows: int) -> Stored:
    if schema.kind == "text":
        return np.full(rows, None, dtype=object)
    if schema.kind == "table":
        return np.full((rows, schema.width), np.nan)
    return np.full((rows, schema.length or 1, schema.width), np.nan)


def _modality(values: Stored, own: ModalitySchema, fitted: ModalitySchema) -> Stored:
    if own.kind == fitted.kind and own.columns == fitted.columns:
        return values
    if isinstance(values, np.ndarray) and _is_empty(values):
        return _nothing(fitted, len(values))
    if fitted.kind == "text":
        return _as_text(values, own, fitted)
    return (
        _as_sequence(values, own, fitted)
        if fitted.kind == "sequence"
        else _as_table(values, own, fitted)
    )


def _is_empty(values: NDArray[Any]) -> bool:
    if values.dtype == object:
        return all(v is None for v in values)
    return bool(np.isnan(values).all())


def _as_text(values: Stored, own: ModalitySchema, fitted: ModalitySchema) -> Stored:
    if own.kind == "text":
        return values
    if own.kind == "sequence" or own.width > 1 or own.columns[0].kind == "numeric":
        raise _other_kind(own, fitted)
    names = np.array([*own.columns[0].categories, None], dtype=object)
    codes = np.asarray(values)[:, 0]
    return names[np.where(np.isnan(codes), len(names) - 1, codes).astype(int)]


def _as_sequence(values: Stored, own: ModalitySchema, fitted: ModalitySchema) -> Stored:
    numbers = own.kind == "table" and all(c.kind == "numeric" for c in own.columns)
    if numbers and fitted.width == 1:
        return np.asarray(values)[:, :, None]
    if own.kind != "sequence":
        raise _other_kind(own, fitted)
    if own.width != fitted.width:
        raise ModalityError(
            f"modality {own.name!r} has {own.width} channels, "
            f"but the model was fitted with {fitted.width}"
        )
    return values


def _as_table(values: Stored, own: ModalitySchema, fitted: ModalitySchema) -> Stored:
    if isinstance(values, Ragged) or own.kind == "sequence":
        raise _other_kind(own, fitted)
    if own.kind == "text":
        if fitted.width > 1 or fitted.columns[0].kind == "numeric":
            raise _other_kind(own, fitted)
        return _recoded(values, fitted.columns[0])[:, None]
    there = _places(own, fitted)
    table = np.empty((len(values), fitted.width), dtype=values.dtype)
    for i, column in enumerate(fitted.columns):
        at = there[column.name]
        table[:, i] = _codes(own.name, values[:, at], own.columns[at], column)
    return table


def _other_kind(own: ModalitySchema, fitted: ModalitySchema) -> ModalityError:
    return ModalityError(
        f"modality {own.name!r} is a {own.describe()}, "
        f"but the model was fitted with a {fitted.describe()}"
    )


def _places(own: ModalitySchema, fitted: ModalitySchema) -> dict[str, int]:
    unnamed = [c.name for c in own.columns] == [str(i) for i in range(own.width)]
    if unnamed and own.width == fitted.width:
        return {c.name: i for i, c in enumerate(fitted.columns)}
    there = {c.name: i for i, c in enumerate(own.columns)}
    lacking = [c.name for c in fitted.columns if c.name not in there]
    if lacking:
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        raise ModalityError(
            f"modality {own.name!r} lacks column{'s' * (len(lacking) > 1)} "
            f"{', '.join(map(repr, lacking[:5]))}{more}, which the model was fitted with; "
            f"{suggestion(lacking[0], there)}"
        )
    return there


def _codes(
    modality: str, values: NDArray[Any], own: ColumnSchema, fitted: ColumnSchema
) -> NDArray[Any]:
    if own.kind == fitted.kind and own.categories == fitted.categories:
        return values
    if fitted.kind == "numeric":
        if np.isnan(values).all():
            return np.full(len(values), np.nan)
        raise ModalityError(
            f"column {own.name!r} of modality {modality!r} holds words such as "
            f"{own.categories[0]!r}, but the model was fitted with numbers"
        )
    if own.kind == "numeric":
        return _recoded(values, fitted)
    missing = np.isnan(values)
    codes = _recoded(np.array(own.categories, dtype=object), fitted)
    return np.where(missing, np.nan, codes[np.where(missing, 0, values).astype(int)])


def _recoded(values: NDArray[Any], fitted: ColumnSchema) -> NDArray[np.floating]:
    """The fitted code of each word or number, NaN where it has none."""
    codes = {category: float(i) for i, category in enumerate(fitted.categories)}
    return np.array([codes.get(word(v), np.nan) for v in values.tolist()], dtype=float)
