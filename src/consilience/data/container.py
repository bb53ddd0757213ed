"""The one container: samples as named modalities, some possibly absent."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.conforming import conform
from consilience.data.framing import divide
from consilience.data.missing import Values
from consilience.data.patterns import Roles
from consilience.data.recognition import Stored, kinds_by_modality, recognise
from consilience.data.rows import common_rows, per_sample, presence_of, row_index
from consilience.data.schema import Schema
from consilience.data.target import as_target, names_of_target
from consilience.errors import DataError, InputTypeError


@final
class MultimodalData:
    """Samples, each a set of named modalities of which some may be absent.

    Because it has a length, a shape and row indexing, scikit-learn's splitters,
    cross-validation and calibration accept it as `X`.

    Args:
        modalities: By name: an array or tensor `(samples, columns)` or
            `(samples,)` for a table, `(samples, steps, channels)` for a sequence,
            a list of arrays `(steps, channels)` for sequences of any length, a
            list of strings for text or categories, or a data frame (pandas,
            polars, pyarrow) for columns of numbers and categories.
        target: What is to be predicted, `(samples,)` or `(samples, outputs)`;
            missing entries are NaN or None.
        presence: Whether each modality is present, bool `(samples, modalities)`
            in the order of `modalities`. What is wholly missing (NaN, None, an
            empty sequence) is absent whatever `presence` says.
        ids: One identifier a sample, `(samples,)`.
        groups: The group a sample belongs to, such as its patient, `(samples,)`;
            splits never separate a group.
        kinds: Fixes what is otherwise recognised, by `modality` or
            `modality.column`: `"numeric"`, `"categorical"`, `"text"`, `"sequence"`.

    Raises:
        ConfigurationError: If `kinds` names an unknown kind or modality, or does not
            fit the values.
        DataError: If a column mixes numbers and words, or there is no modality.
        InputTypeError: If values of some type cannot be used.
        ShapeError: If numbers of rows differ or `presence` has a wrong shape.

    Example:
        >>> import consilience as cs
        >>> data = cs.MultimodalData(
        ...     {"labs": [[1.0, 2.0], [3.0, 4.0]], "note": ["all well", None]}, target=[0, 1]
        ... )
        >>> data.shape, data.presence.tolist()
        ((2, 2), [[True, True], [True, False]])
        >>> len(data[[1]])
        1
    """

    __slots__ = (
        "_groups",
        "_ids",
        "_presence",
        "_repeating",
        "_schema",
        "_stored",
        "_target",
        "_target_names",
    )

    def __init__(
        self,
        modalities: Mapping[str, Any],
        target: Values | None = None,
        *,
        presence: Values | None = None,
        ids: Values | None = None,
        groups: Values | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(modalities, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
            raise InputTypeError(
                "modalities must be a mapping of names to arrays, such as "
                f'{{"labs": array}}; found {type(modalities).__name__}'
            )
        if not modalities:
            raise DataError("there is no modality; pass at least one, by name")
        named = {str(name): values for name, values in modalities.items()}
        fixed = kinds_by_modality(kinds or {}, list(named))
        pairs = {name: recognise(name, v, fixed[name]) for name, v in named.items()}
        self._stored: dict[str, Stored] = {n: stored for n, (_, stored) in pairs.items()}
        self._schema = Schema(modalities=tuple(schema for schema, _ in pairs.values()))
        rows = common_rows(self._stored)
        self._ids = per_sample("ids", ids, rows)
        self._groups = per_sample("groups", groups, rows)
        self._target = None if target is None else as_target(target, rows)
        self._target_names = None if target is None else names_of_target(target)
        self._presence = presence_of(self._stored, presence, rows)
        self._repeating = {}

    @classmethod
    def from_stored(
        cls,
        stored: Mapping[str, Stored],
        schema: Schema,
        presence: NDArray[np.bool_],
        *,
        target: NDArray[Any] | None = None,
        ids: NDArray[Any] | None = None,
        groups: NDArray[Any] | None = None,
        target_names: tuple[str, ...] | None = None,
    ) -> "MultimodalData":
        """Samples from values that are already stored as the schema says.

        Nothing is recognised, copied or checked; for code that has taken the
        parts from other `MultimodalData`.

        Args:
            stored: Values by modality, as in `modalities`.
            schema: Their schema.
            presence: Bool `(samples, modalities)` in the order of `schema`.
            target: As in `target`.
            ids: As in `ids`.
            groups: As in `groups`.
            target_names: As in `target_names`.

        Returns:
            The samples.
        """
        self = object.__new__(cls)
        self._stored, self._schema, self._presence = dict(stored), schema, presence
        self._target, self._ids, self._groups = target, ids, groups
        self._target_names = target_names
        self._repeating = {}
        return self

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        target: str | Sequence[str] | None = None,
        id: str | None = None,  # noqa: A002  the contract's name
        group: str | None = None,
        kinds: Mapping[str, str] | None = None,
        modalities: Mapping[str, str | Sequence[str]] | None = None,
        **patterns: str | Sequence[str],
    ) -> "MultimodalData":
        """Samples from the rows of one data frame.

        Args:
            frame: A data frame (pandas, polars, pyarrow). With two-level columns
                the first level is the modality, unless patterns are given.
            target: Column to predict. Several columns, or a pattern that matches several,
                are several labels a sample.
            id: Column that identifies a sample.
            group: Column whose equal values belong together.
            kinds: As in the constructor.
            modalities: Columns of each modality: a name, a pattern such as
                `"lab_*"`, or a list of these.
            **patterns: The same as keywords: `labs="lab_*", ecg="ecg_*"`. With
                none given, columns are split at their prefix.

        Returns:
            The samples, in the order of the rows.

        Raises:
            ConfigurationError: If a pattern matches no column, two modalities
                claim one column, or a column is not there; all faults at once.
            DataError: If a column's content cannot be used.

        Example:
            >>> import pandas as pd
            >>> import consilience as cs
            >>> df = pd.DataFrame({"lab_a": [1.0, 2.0], "ecg_a": [0.0, 1.0], "died": [0, 1]})
            >>> data = cs.MultimodalData.from_frame(df, target="died", labs="lab_*", ecg="ecg_*")
            >>> data.schema.names
            ('labs', 'ecg')
        """
        named = target if target is None or isinstance(target, str) else tuple(target)
        roles = Roles(target=named, id=id, group=group)
        parts = divide(frame, {**(modalities or {}), **patterns}, roles)
        data = cls(parts.modalities, parts.target, ids=parts.ids, groups=parts.groups, kinds=kinds)
        data._repeating = dict(parts.repeating)
        data._target_names = parts.target_names
        return data

    @property
    def modalities(self) -> Mapping[str, Stored]:
        """The stored values by name; a read-only view.

        A table is float `(samples, columns)` (categories as codes, missing NaN), a
        sequence `(samples, steps, channels)` or `Ragged`, text an object array.
        """
        return MappingProxyType(self._stored)

    @property
    def schema(self) -> Schema:
        """Kinds, columns and categories of every modality."""
        return self._schema

    @property
    def target(self) -> NDArray[Any] | None:
        """What is to be predicted, or None."""
        return self._target

    @property
    def target_names(self) -> tuple[str, ...]:
        """Names of the columns of a target of several columns: their numbers if it has none.

        Empty for a target of one column.
        """
        if self._target is None or self._target.ndim == 1:
            return ()
        width = self._target.shape[1]
        if self._target_names is not None and len(self._target_names) == width:
            return self._target_names
        return tuple(str(i) for i in range(width))

    @property
    def presence(self) -> NDArray[np.bool_]:
        """Whether each modality is present, bool `(samples, modalities)`."""
        return self._presence

    @property
    def ids(self) -> NDArray[Any] | None:
        """One identifier a sample, or None."""
        return self._ids

    @property
    def repeating(self) -> Mapping[str, int]:
        """Columns of the data frame that were used for nothing, look like identifiers, and repeat.

        By column, how many different values it has. They may be the groups that nobody named;
        known of samples as read from a frame, not of a selection of them.
        """
        return MappingProxyType(self._repeating)

    @property
    def groups(self) -> NDArray[Any] | None:
        """The group of each sample, or None."""
        return self._groups

    @property
    def shape(self) -> tuple[int, int]:
        """`(samples, modalities)`."""
        return len(self), len(self._stored)

    def __len__(self) -> int:
        return len(self._presence)

    def __iter__(self) -> Iterator["MultimodalData"]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, rows: object) -> "MultimodalData":
        """Some of the samples: by position, slice, integer array or mask.

        Raises:
            IndexError: If a position or the length of a mask is out of range.
            InputTypeError: If `rows` is no kind of row index.
        """
        index = row_index(rows, len(self))

        def pick(values: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if values is None else values[index]

        return MultimodalData.from_stored(
            {name: stored[index] for name, stored in self._stored.items()},
            self._schema,
            self._presence[index],
            target=pick(self._target),
            ids=pick(self._ids),
            groups=pick(self._groups),
            target_names=self._target_names,
        )

    def select(self, names: Sequence[str]) -> "MultimodalData":
        """The same samples with only some modalities, in the order given.

        Raises:
            ModalityError: If a name is not a modality.
        """
        schema = self._schema.select(names)
        order = [self._schema.names.index(name) for name in names]
        return MultimodalData.from_stored(
            {name: self._stored[name] for name in names},
            schema,
            self._presence[:, order],
            target=self._target,
            ids=self._ids,
            groups=self._groups,
            target_names=self._target_names,
        )

    def with_target(self, target: Values | None) -> "MultimodalData":
        """The same samples with another target.

        Raises:
            ShapeError: If its length is not the number of samples.
        """
        new = None if target is None else as_target(target, len(self))
        named = None if target is None else names_of_target(target)
        return MultimodalData.from_stored(
            self._stored,
            self._schema,
            self._presence,
            target=new,
            ids=self._ids,
            groups=self._groups,
            target_names=named or self._target_names,
        )

    def absent(self, name: str) -> "MultimodalData":
        """The same samples with one modality absent everywhere.

        Raises:
            ModalityError: If there is no such modality.
        """
        column = self._schema.names.index(self._schema[name].name)
        presence = self._presence.copy()
        presence[:, column] = False
        return MultimodalData.from_stored(
            self._stored,
            self._schema,
            presence,
            target=self._target,
            ids=self._ids,
            groups=self._groups,
            target_names=self._target_names,
        )

    def conform(self, schema: Schema) -> "MultimodalData":
        """The same samples laid out as a fitted model expects them.

        Modalities and columns are put in the schema's order, categories take the
        schema's codes (unseen ones become missing), extra modalities are left
        out, and modalities that are lacking become absent.

        Args:
            schema: The schema that a model was fitted with.

        Returns:
            Samples whose schema is `schema`, but for lengths of sequences.

        Raises:
            ModalityError: If no modality of the schema is there, a kind differs,
                or a column is lacking.
        """
        stored, presence, layout = conform(self._stored, self._presence, self._schema, schema)
        return MultimodalData.from_stored(
            stored,
            layout,
            presence,
            target=self._target,
            ids=self._ids,
            groups=self._groups,
            target_names=self._target_names,
        )

    def __repr__(self) -> str:
        parts = ", ".join(f"{m.name}: {m.describe()}" for m in self._schema.modalities)
        return f"MultimodalData({len(self)} samples; {parts})"

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        present = self._presence.mean(axis=0) if len(self) else np.zeros(self.shape[1])
        rows = "".join(
            f"<tr><td>{escape(m.name)}</td><td>{escape(m.describe())}</td><td>{share:.0%}</td></tr>"
            for m, share in zip(self._schema.modalities, present, strict=True)
        )
        target = "no target" if self._target is None else f"target: {self._target.dtype}"
        return (
            f"<p>{len(self)} samples, {target}</p><table><thead><tr><th>modality</th>"
            f"<th>kind</th><th>present</th></tr></thead><tbody>{rows}</tbody></table>"
        )
