"""Findings about single columns and channels."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.data.schema import ModalitySchema
from consilience.data.wording import counted, shown
from consilience.results.audit import Finding, Severity

MOSTLY = 0.5
"""A column with a larger share of missing cells says little."""
FAR = 20.0
"""Distance from the median, in robust standard deviations, that is no plausible value."""
LOOK = 20_000
"""Rows that medians are estimated from."""
_IDENTIFIER = re.compile(
    r"(^|[\W_])(p?id|uid|uuid|mrn|subject|patient|participant)($|[\W_])", re.I
)


def column_findings(data: MultimodalData) -> Iterator[Finding]:
    """Columns that are constant, mostly missing, infinite, far out, or identifiers.

    Args:
        data: The samples.

    Yields:
        At most one finding a modality and code; it names the columns.
    """
    for i, schema in enumerate(data.schema.modalities):
        present = data.presence[:, i]
        values = _cells(data.modalities[schema.name], present)
        if not len(values):
            continue
        if schema.kind == "text":
            yield from _text(schema, values)
            continue
        low, high = _range(values)
        yield from _constant(schema, low, high)
        yield from _missing(schema, values)
        yield from _infinite(schema, low, high)
        yield from _far(schema, values, low, high)
        yield from _identifiers(schema, values)


def _cells(values: Stored, present: NDArray[np.bool_]) -> NDArray[Any]:
    """Cells of present rows, `(cells, columns)`: the steps of sequences one under another."""
    rows: Any = values if present.all() else values[np.flatnonzero(present)]
    if isinstance(rows, Ragged):
        return rows.values
    return rows.reshape(-1, rows.shape[2]) if rows.ndim == 3 else rows


def _range(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Lowest and highest value of each column; NaN where all is missing."""
    return np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)


def _text(schema: ModalitySchema, values: NDArray[Any]) -> Iterator[Finding]:
    if len(values) > 1 and len(set(values.tolist())) == 1:
        yield Finding(
            "warning", "constant_column", schema.name, "every text is the same", "leave it out"
        )


def _told(
    kind: tuple[Severity, str],
    schema: ModalitySchema,
    odd: NDArray[np.bool_],
    what: tuple[str, str, str],
    fix: str,
) -> Iterator[Finding]:
    if not odd.any():
        return
    names = [schema.columns[int(i)].name for i in np.flatnonzero(odd)]
    noun = "channel" if schema.kind == "sequence" else "column"
    one = len(names) == 1
    subject = f"{noun} {names[0]!r}" if one else f"{counted(len(names), noun)} of {schema.width}"
    listed = "" if one else f": {shown(names)}"
    where = f"{schema.name}.{names[0]}" if one else schema.name
    verb = what[0] if one else what[1]
    yield Finding(*kind, where, f"{subject} {verb}{what[2]}{listed}", fix)


def _constant(schema: ModalitySchema, low: NDArray[Any], high: NDArray[Any]) -> Iterator[Finding]:
    told = ("is constant", "are constant", "")
    yield from _told(("warning", "constant_column"), schema, low == high, told, "leave it out")


def _missing(schema: ModalitySchema, values: NDArray[Any]) -> Iterator[Finding]:
    share = np.isnan(values).mean(axis=0)
    odd = share > MOSTLY
    most = f" in up to {share.max():.0%} of the samples that have {schema.name!r}"
    told = ("is missing", "are missing", most)
    fix = "leave it out, or give it a modality of its own"
    yield from _told(("warning", "missing_column"), schema, odd, told, fix)


def _infinite(schema: ModalitySchema, low: NDArray[Any], high: NDArray[Any]) -> Iterator[Finding]:
    told = ("holds", "hold", " infinite values")
    fix = "replace them by a finite cap or by an empty cell"
    yield from _told(
        ("error", "infinite_value"), schema, np.isinf(low) | np.isinf(high), told, fix
    )


def _far(
    schema: ModalitySchema, values: NDArray[Any], low: NDArray[Any], high: NDArray[Any]
) -> Iterator[Finding]:
    middle, spread = _robust(values[:: max(1, len(values) // LOOK)])
    numeric = np.array([c.kind == "numeric" for c in schema.columns])
    usable = numeric & (spread > 0) & np.isfinite(low) & np.isfinite(high)
    scale = np.where(usable, spread, 1.0)
    reach = np.maximum(high - middle, middle - low) / scale
    odd = usable & (reach > FAR)
    if odd.any():
        most = f" values up to {reach[odd].max():,.0f} robust standard deviations out"
        told = ("has", "have", most)
        fix = "check units and sentinels such as -999; use an empty cell for missing"
        yield from _told(("warning", "scale_outlier"), schema, odd, told, fix)


def _robust(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Median and scaled median absolute deviation of each column; NaN where unknown."""
    middle = _median(values)
    return middle, 1.4826 * _median(np.abs(values - middle))


def _median(values: NDArray[Any]) -> NDArray[Any]:
    known = (~np.isnan(values)).sum(axis=0)
    ordered = np.sort(values, axis=0)
    columns = np.arange(values.shape[1])
    low = ordered[np.maximum(known - 1, 0) // 2, columns]
    high = ordered[np.minimum(known // 2, len(values) - 1), columns]
    return np.where(known > 0, (low + high) / 2, np.nan)


def _identifiers(schema: ModalitySchema, values: NDArray[Any]) -> Iterator[Finding]:
    if schema.kind != "table":
        return
    odd = np.array([_IDENTIFIER.search(c.name) is not None for c in schema.columns])
    for i in np.flatnonzero(odd):
        known = values[:, i][~np.isnan(values[:, i])]
        odd[i] = len(known) > 1 and bool((known == np.round(known)).all())
    told = ("looks like an identifier", "look like identifiers", "")
    fix = "name it as id= or group=, or leave it out"
    yield from _told(("warning", "identifier_column"), schema, odd, told, fix)
