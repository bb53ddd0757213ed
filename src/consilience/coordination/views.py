"""Views at the door: numbers by name and row, and which rows have which view."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data import MultimodalData
from consilience.data.missing import Values
from consilience.data.schema import ModalitySchema
from consilience.errors import DataError, InputTypeError, ModalityError, ShapeError, suggestion

Views = MultimodalData | Mapping[str, Values]


@final
@dataclass(frozen=True, slots=True, eq=False)
class NamedViews:
    """Views whose present rows are finite numbers.

    Attributes:
        arrays: By name, `(samples, columns)`; not copied, of any real type.
        presence: Bool `(samples, views)`, in the order of `arrays`.
        groups: The group of each sample, or None.
    """

    arrays: dict[str, NDArray[Any]]
    presence: NDArray[np.bool_]
    groups: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.presence)

    @property
    def complete(self) -> NDArray[np.int64]:
        """Positions of the samples that have every view."""
        return np.flatnonzero(self.presence.all(axis=1))

    def whole(self) -> list[NDArray[Any]]:
        """The views of the samples that have all of them; copied only if some have not."""
        if self.presence.all():
            return list(self.arrays.values())
        return [view[self.complete] for view in self.arrays.values()]


def views_of(x: object, names: Sequence[str] | None = None) -> NamedViews:
    """The views that a method was given.

    Args:
        x: `MultimodalData` whose modalities are tables of numbers, or a mapping of names to
            arrays `(samples, columns)` or `(samples,)`. A row that is wholly NaN is absent.
        names: Views that must be there, in the order wanted; others are left out. None takes
            all.

    Returns:
        The views.

    Raises:
        DataError: If a view has infinite values, gaps within a row, or is no numbers.
        InputTypeError: If `x` is neither.
        ModalityError: If one of `names` is not there, or there are fewer than two views.
        ShapeError: If a view is no matrix, or numbers of rows differ.

    Example:
        >>> found = views_of({"a": [[1.0, 2.0], [np.nan, np.nan]], "b": [3, 4]})
        >>> found.presence.tolist(), found.arrays["b"].shape
        ([[True, True], [False, True]], (2, 1))
    """
    if isinstance(x, MultimodalData):
        arrays, groups, known = _of_data(x, names), x.groups, x.presence
        order = [x.schema.names.index(name) for name in arrays]
        known = known[:, order]
    elif isinstance(x, Mapping):
        arrays = {name: _matrix(name, x[name]) for name in _names(x, names)}
        groups, known = None, np.ones((len(next(iter(arrays.values()))), len(arrays)), dtype=bool)
    else:
        raise InputTypeError(
            "views must be MultimodalData or a mapping of names to arrays, such as "
            f'{{"a": array, "b": array}}; found {type(x).__name__}'
        )
    _check_rows(arrays)
    present = [_present(name, view, known[:, i]) for i, (name, view) in enumerate(arrays.items())]
    return NamedViews(arrays, np.stack(present, axis=1), groups)


def _names(given: Mapping[Any, Any], names: Sequence[str] | None) -> list[str]:
    if names is None:
        if len(given) < 2:
            raise ModalityError(f"at least two views are needed, found {[*given]}")
        return [str(name) for name in given]
    for name in names:
        if name not in given:
            raise ModalityError(
                f"view {name!r} is lacking; {suggestion(name, [str(g) for g in given])}"
            )
    return list(names)


def _of_data(data: MultimodalData, names: Sequence[str] | None) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for name in _names(data.modalities, names):
        stored, schema = data.modalities[name], data.schema[name]
        if schema.kind != "table" or not isinstance(stored, np.ndarray):
            raise DataError(
                f"view {name!r} is a {schema.describe()}; a table of numbers is needed: "
                "embed it first"
            )
        _check_numeric(schema)
        arrays[name] = stored
    return arrays


def _check_numeric(schema: ModalitySchema) -> None:
    worded = [column.name for column in schema.columns if column.kind == "categorical"]
    if worded:
        raise DataError(
            f"view {schema.name!r} has categorical columns ({', '.join(worded[:5])}); "
            "make them indicators (0 and 1) or leave them out"
        )


def _matrix(name: str, values: Values) -> NDArray[Any]:
    view = np.asarray(values)
    view = view[:, None] if view.ndim == 1 else view
    if view.ndim != 2:
        raise ShapeError(f"view {name!r} must be (samples, columns), found {view.shape}")
    if view.dtype.kind not in "fiub":
        raise DataError(f"view {name!r} must hold numbers, found {view.dtype}")
    return view


def _check_rows(arrays: Mapping[str, NDArray[Any]]) -> None:
    (first, view), *others = arrays.items()
    for name, other in others:
        if len(other) != len(view):
            raise ShapeError(
                f"view {name!r} has {len(other)} rows but {first!r} has {len(view)}; "
                "use cs.join to match them by id"
            )


def _present(name: str, view: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows with numbers; a finite sum shows at once that there is no gap.

    Raises:
        DataError: If a present row has gaps or infinite values.
    """
    if view.dtype.kind != "f" or (known.all() and np.isfinite(view.sum(dtype=np.float64))):
        return known
    lacking = np.isnan(view)
    present = known & ~lacking.all(axis=1)
    if (lacking.any(axis=1) & present).any():
        columns = np.flatnonzero(lacking[present].any(axis=0)).tolist()
        raise DataError(
            f"view {name!r} has gaps within rows, in columns {columns[:5]}; fill them first "
            "(a row that is wholly NaN counts as absent)"
        )
    if np.isinf(view[present]).any():
        raise DataError(f"view {name!r} has infinite values")
    return present
