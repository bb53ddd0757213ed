"""How far a function of several modalities is from a sum of functions of one each."""

from dataclasses import dataclass
from html import escape
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.results.interval import Interval

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Projection:
    r"""The additive part of a function at the samples.

    $$\hat f = \mu + \sum_m f_m(x_m)$$

    Attributes:
        values: $\hat f$ at each sample, of the shape of the function's own output.
        mean: $\mu$, the mean over all combinations, `(outputs,)`.
        effects: By modality, $f_m$ at each sample, with mean zero, `(rows, outputs)`.
        standard_error: Of `values`, of their shape; zero where `is_exact`.
        is_exact: Whether every combination counts, rather than a random draw of them.
        evaluations: Combinations that were evaluated; 0 where a closed form holds.
        way: How it was computed, in a few words.
    """

    values: Array
    mean: Array
    effects: dict[str, Array]
    standard_error: Array
    is_exact: bool
    evaluations: int
    way: str

    def __repr__(self) -> str:
        error = "" if self.is_exact else f", standard error up to {self.standard_error.max():.2g}"
        return f"Projection({self.values.shape}, {self.way}{error})"


@final
@dataclass(frozen=True, slots=True)
class Share:
    """Where the variance of one output comes from, when the modalities are independent.

    Attributes:
        output: Name of the output, or `"all"` for the sum over outputs.
        interaction: Share of the variance that no sum over modalities has, with the
            interval over samples.
        main: By modality, the share of its own part.
    """

    output: str
    interaction: Interval
    main: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """The parts by name."""
        interaction = self.interaction.to_dict()
        return {"output": self.output, "interaction": interaction, "main": dict(self.main)}


@final
@dataclass(frozen=True, slots=True)
class SecondDifference:
    r"""Mixed second differences of two modalities.

    $$d = f(a, b) - f(a', b) - f(a, b') + f(a', b')$$

    Zero everywhere just when no interaction has both; half its root mean square is the
    standard deviation of all interactions that do.

    Attributes:
        pair: Names of the two modalities.
        relative: Half the root mean square over the standard deviation of the function,
            with the interval over samples.
        largest: Largest absolute difference, in the function's unit.
        noise: What rounding alone can make of it.
        draws: How many were computed, at random rows.
    """

    pair: tuple[str, str]
    relative: Interval
    largest: float
    noise: float
    draws: int

    @property
    def is_additive(self) -> bool:
        """Whether no difference is larger than rounding makes it."""
        return self.largest <= self.noise

    def to_dict(self) -> dict[str, Any]:
        """The parts by name."""
        return {
            "pair": list(self.pair),
            "relative": self.relative.to_dict(),
            "largest": self.largest,
            "noise": self.noise,
            "draws": self.draws,
            "is_additive": self.is_additive,
        }


@final
@dataclass(frozen=True, slots=True)
class Gap:
    """What the interactions of a function are worth in a metric.

    Attributes:
        metric: Name of the metric.
        score: Of the function itself.
        additive_score: Of its additive part.
        difference: The first minus the second, with the paired interval over samples.
    """

    metric: str
    score: float
    additive_score: float
    difference: Interval

    def to_dict(self) -> dict[str, Any]:
        """The parts by name."""
        return {
            "metric": self.metric,
            "score": self.score,
            "additive_score": self.additive_score,
            "difference": self.difference.to_dict(),
        }

    def __str__(self) -> str:
        return (
            f"{self.metric}: {self.score:.3f}, of the additive part {self.additive_score:.3f}; "
            f"difference {self.difference}"
        )


@final
@dataclass(frozen=True, slots=True)
class Additivity:
    """How far a function is from additive in its modalities.

    Attributes:
        names: The modalities that vary.
        total: Shares of the variance summed over outputs; None for more modalities than
            a grid of all combinations allows.
        outputs: The same for each output; empty where `total` is None.
        second_differences: One a pair of modalities.
        gap: What the interactions are worth; None without a target.
        rows_used: Samples a modality in the grid.
        rows_left_out: Samples that were not used.
        notes: What else should be known.
    """

    names: tuple[str, ...]
    total: Share | None
    outputs: tuple[Share, ...]
    second_differences: tuple[SecondDifference, ...]
    gap: Gap | None
    rows_used: int
    rows_left_out: int
    notes: tuple[str, ...] = ()

    @property
    def is_additive(self) -> bool:
        """Whether no pair of modalities interacts beyond rounding."""
        return all(difference.is_additive for difference in self.second_differences)

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "names": list(self.names),
            "is_additive": self.is_additive,
            "total": self.total.to_dict() if self.total else None,
            "outputs": [share.to_dict() for share in self.outputs],
            "second_differences": [d.to_dict() for d in self.second_differences],
            "gap": self.gap.to_dict() if self.gap else None,
            "rows_used": self.rows_used,
            "rows_left_out": self.rows_left_out,
            "notes": list(self.notes),
        }

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a number, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        shares = (self.total, *self.outputs) if self.total else self.outputs
        rows = [_row("interaction share", s.output, s.interaction) for s in shares]
        rows += [
            _row("second difference", " and ".join(d.pair), d.relative)
            for d in self.second_differences
        ]
        if self.gap:
            rows.append(_row("gap", self.gap.metric, self.gap.difference))
        return pa.Table.from_pylist(rows)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        lines = [self._verdict()]
        if self.total:
            mains = ", ".join(f"{name} {share:.3f}" for name, share in self.total.main.items())
            lines.append(f"Own parts: {mains}")
        if len(self.outputs) > 1:
            each = ", ".join(f"{s.output}: {s.interaction}" for s in self.outputs)
            lines.append(f"Interaction share of each output: {each}")
        lines += [
            f"{one} and {two}: interactions of relative size {difference.relative}"
            for difference in self.second_differences
            for one, two in [difference.pair]
            if not difference.is_additive
        ]
        if self.gap:
            lines.append(str(self.gap))
        if self.total and self.rows_left_out:
            rows = self.rows_used + self.rows_left_out
            lines.append(f"Shares and the gap are from {self.rows_used} of {rows} rows.")
        return lines + list(self.notes)

    def _verdict(self) -> str:
        if not self.second_differences:
            return "Additive: fewer than two modalities vary"
        if self.is_additive:
            largest = max(d.largest for d in self.second_differences)
            return f"Additive up to rounding: the largest second difference is {largest:.1e}"
        if self.total is None:
            return "Not additive"
        return f"Not additive: interactions make {self.total.interaction} of the variance"

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        rows = "".join(
            f"<tr><td>{escape(row['quantity'])}</td><td>{escape(row['of'])}</td>"
            f"<td>{row['estimate']:z.3f}</td><td>[{row['low']:z.3f}, {row['high']:z.3f}]</td></tr>"
            for row in self.to_frame().to_pylist()
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return (
            f"<table><caption>{escape(self._verdict())}</caption><thead><tr><th>quantity</th>"
            "<th>of</th><th>estimate</th><th>95 % interval</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>{notes}"
        )


def _row(quantity: str, of: str, interval: Interval) -> dict[str, Any]:
    return {"quantity": quantity, "of": of, **interval.to_dict()}
