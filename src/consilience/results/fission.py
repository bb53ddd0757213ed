"""What of known factors, and of the information of the data, a representation keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, final

from consilience.errors import ModalityError, suggestion
from consilience.results.fission_display import FactorsKeptDisplay
from consilience.results.interactions import QUANTITIES, Interactions
from consilience.results.robustness import Measured


@final
@dataclass(frozen=True, slots=True)
class FactorKept:
    """How much of a factor a representation keeps.

    Attributes:
        representation: Name of the representation.
        factor: Name of the factor.
        r2: Share of the factor's variance that a linear probe finds on samples it did not
            see; 1 all, 0 none, below 0 worse than the mean.
        bits: Information about the factor that a nonlinear probe finds on samples it did not
            see; at most what is there.
    """

    representation: str
    factor: str
    r2: Measured
    bits: Measured

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return {
            "representation": self.representation,
            "factor": self.factor,
            "r2": self.r2.to_dict(),
            "bits": self.bits.to_dict(),
        }


@final
@dataclass(frozen=True, slots=True)
class FactorsKept:
    """How much of each factor each representation keeps, with 95 % intervals over seeds.

    Attributes:
        rows: One a representation and factor.
        seeds: Number of seeds; with one there is no interval.
        samples: Samples a seed.
        widths: Columns of each representation, by name.
    """

    rows: tuple[FactorKept, ...]
    seeds: int
    samples: int
    widths: dict[str, int]

    def __iter__(self) -> Iterator[FactorKept]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: tuple[str, str]) -> FactorKept:
        """What a representation keeps of a factor.

        Args:
            key: Names of the representation and of the factor.

        Raises:
            ModalityError: If there is no such pair.
        """
        for row in self.rows:
            if (row.representation, row.factor) == key:
                return row
        wanted = " & ".join(key)
        known = [f"{row.representation} & {row.factor}" for row in self.rows]
        raise ModalityError(f"nothing known of {wanted!r}; {suggestion(wanted, known)}")

    @property
    def representations(self) -> tuple[str, ...]:
        """Names of the representations, in order."""
        return tuple(dict.fromkeys(row.representation for row in self.rows))

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors, in order."""
        return tuple(dict.fromkeys(row.factor for row in self.rows))

    def plot(self) -> Any:  # noqa: ANN401  a matplotlib figure, which is not imported here
        """R2 of each factor with intervals, a marker a representation, as a figure."""
        return FactorsKeptDisplay.from_results(self).plot().figure

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a representation and factor, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        rows: list[dict[str, Any]] = []
        for row in self.rows:
            flat: dict[str, Any] = {"representation": row.representation, "factor": row.factor}
            for what, value in (("r2", row.r2), ("bits", row.bits)):
                flat |= {f"{what}_{end}": v for end, v in value.to_dict().items()}
            rows.append(flat)
        return pa.Table.from_pylist(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "seeds": self.seeds,
            "samples": self.samples,
            "widths": dict(self.widths),
        }

    def __str__(self) -> str:
        return "\n".join([self._head(), *_aligned(self._table())])

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        return f"<p>{escape(self._head())}</p>{_html(self._table())}"

    def _head(self) -> str:
        over = f"{self.seeds} seed{'s' * (self.seeds != 1)}"
        return f"R2 of a linear probe on new samples, 95 % intervals over {over}"

    def _table(self) -> list[list[str]]:
        names = self.representations
        table = [["", *(f"{name} ({self.widths[name]} columns)" for name in names)]]
        table += [[f, *(str(self[name, f].r2) for name in names)] for f in self.factors]
        return table


@final
@dataclass(frozen=True, slots=True)
class InformationKept:
    """Redundancy, unique information and synergy of representations beside those of the data.

    Attributes:
        data: Of the modalities.
        representation: Of their representations, pair by pair in the same order.
        warnings: What makes the two hard to compare.
    """

    data: Interactions
    representation: Interactions
    warnings: tuple[str, ...] = ()

    def plot(self) -> Any:  # noqa: ANN401  a matplotlib figure, which is not imported here
        """The atoms of data and representation on one scale, as a matplotlib figure."""
        from consilience.results.interactions_display import (  # noqa: PLC0415  for plots only
            InteractionsDisplay,
        )

        panels = [
            (f"{pair.title}: {what}", pair.atoms)
            for both in zip(self.data, self.representation, strict=True)
            for what, pair in zip(("data", "representation"), both, strict=True)
        ]
        figure = InteractionsDisplay(panels).plot().figure
        ends = [axes.get_xlim() for axes in figure.axes]
        for axes in figure.axes:
            axes.set_xlim(min(low for low, _ in ends), max(high for _, high in ends))
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "data": self.data.to_dict(),
            "representation": self.representation.to_dict(),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        lines = [line for rows in self._tables() for line in _aligned(rows)]
        return "\n".join([*lines, *(f"Beware: {warning}" for warning in self.warnings)])

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        notes = "".join(f"<p>Beware: {escape(warning)}</p>" for warning in self.warnings)
        return "".join(_html(rows) for rows in self._tables()) + notes

    def _tables(self) -> Iterator[list[list[str]]]:
        for before, after in zip(self.data, self.representation, strict=True):
            rows = [[f"{before.title} (bits)", "data", "representation"]]
            for name in QUANTITIES:
                of = (before.quantities[name], after.quantities[name])
                rows.append([name.replace("_", " "), *map(str, of)])
            yield rows


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _html(rows: list[list[str]]) -> str:
    head, *body = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    lines = "".join(f"<tr>{row}</tr>" for row in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
