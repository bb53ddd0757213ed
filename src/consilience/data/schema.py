"""What each modality looks like: kinds, columns, categories, lengths."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from consilience.errors import ModalityError, suggestion

ModalityKind = Literal["table", "text", "sequence"]
ColumnKind = Literal["numeric", "categorical"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnSchema(_Frozen):
    """One column of a table, or one channel of a sequence.

    Attributes:
        name: Name of the column.
        kind: `"numeric"` or `"categorical"`.
        categories: The values a categorical column can take, in the order of
            their codes; empty for a numeric column.
    """

    name: str
    kind: ColumnKind = "numeric"
    categories: tuple[str, ...] = ()


class ModalitySchema(_Frozen):
    """One modality.

    Attributes:
        name: Name of the modality.
        kind: `"table"` (numbers and categories), `"text"` or `"sequence"`.
        columns: Columns of a table or channels of a sequence; empty for text.
        length: Time steps of a fixed-length sequence; None otherwise.
    """

    name: str
    kind: ModalityKind
    columns: tuple[ColumnSchema, ...] = ()
    length: int | None = None

    @property
    def width(self) -> int:
        """Number of columns or channels."""
        return len(self.columns)

    def describe(self) -> str:
        """The modality in a few words, such as `table of 12 columns (2 categorical)`."""
        if self.kind == "text":
            return "text"
        if self.kind == "sequence":
            length = "any length" if self.length is None else f"{self.length} steps"
            return f"sequence of {length}, {self.width} channel{'s' * (self.width != 1)}"
        categorical = sum(c.kind == "categorical" for c in self.columns)
        some = f" ({categorical} categorical)" if categorical else ""
        return f"table of {self.width} column{'s' * (self.width != 1)}{some}"


class Schema(_Frozen):
    """All modalities, in order.

    Attributes:
        modalities: A schema a modality.
    """

    modalities: tuple[ModalitySchema, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the modalities, in order."""
        return tuple(m.name for m in self.modalities)

    def __getitem__(self, name: str) -> ModalitySchema:
        """The schema of a modality.

        Raises:
            ModalityError: If there is no such modality.
        """
        for modality in self.modalities:
            if modality.name == name:
                return modality
        raise ModalityError(f"no modality {name!r}; {suggestion(name, self.names)}")

    def select(self, names: Sequence[str]) -> "Schema":
        """The schema of some modalities, in the order given."""
        return Schema(modalities=tuple(self[name] for name in names))
