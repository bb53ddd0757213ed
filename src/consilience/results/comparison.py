"""What a comparison of methods found: rows, table, verdict."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal, final, overload

Kind = Literal["unimodal", "fusion"]
Interaction = Literal["found", "not found", "not tested"]
Answer = Literal["helps", "does not help", "cannot tell"]


@final
@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method's result, with its difference to the best single modality.

    Attributes:
        method: Name of the method; for a single modality the modality's name.
        kind: `"unimodal"` or `"fusion"`.
        estimate: Mean of the metric over folds, in the metric's unit.
        low: Lower end of the 95 % interval of `estimate`.
        high: Upper end of the 95 % interval of `estimate`.
        delta: Mean paired difference to the best single modality, oriented so
            that positive is better; 0 for that modality itself.
        delta_low: Lower end of the 95 % interval of `delta`.
        delta_high: Upper end of the 95 % interval of `delta`.
        p_adjusted: Two-sided p value of `delta`, Holm-adjusted over the fusion
            methods; None for single modalities.
        seconds: Mean time of one fit, in seconds.
        resampled_low: Lower end of the 95 % interval of `delta` by resampling samples,
            or groups of them; None where it was not computed.
        resampled_high: Upper end of the same.
    """

    method: str
    kind: Kind
    estimate: float
    low: float
    high: float
    delta: float
    delta_low: float
    delta_high: float
    p_adjusted: float | None
    seconds: float
    resampled_low: float | None = None
    resampled_high: float | None = None

    def __getitem__(self, field: str) -> object:
        """The value of a field by its name."""
        return asdict(self)[field]


@final
@dataclass(frozen=True, slots=True)
class ComparisonTable(Sequence[MethodRow]):
    """The compared methods, best first.

    Attributes:
        rows: A row a method.
        metric: Name of the metric that `estimate` is in.
        higher_is_better: Whether larger values of the metric are better.
    """

    rows: tuple[MethodRow, ...]
    metric: str
    higher_is_better: bool

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[MethodRow]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> MethodRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[MethodRow, ...]: ...
    @overload
    def __getitem__(self, index: str) -> list[object]: ...
    def __getitem__(self, index: int | slice | str) -> object:
        """A row by position, or a column by name."""
        if isinstance(index, str):
            return [row[index] for row in self.rows]
        return self.rows[index]

    def row(self, method: str) -> MethodRow:
        """The row of a method.

        Raises:
            KeyError: If no row has that name.
        """
        for row in self.rows:
            if row.method == method:
                return row
        raise KeyError(method)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as plain dictionaries, for JSON and data frames."""
        return [asdict(row) for row in self.rows]

    def __str__(self) -> str:
        width = max((len(row.method) for row in self.rows), default=6)
        head = f"{'method':<{width}}  {'kind':<8}  {self.metric:>9}  {'95 % interval':<18}"
        lines = [head + "  difference to best single modality"]
        for row in self.rows:
            interval = f"[{row.low:.3f}, {row.high:.3f}]"
            delta = f"{row.delta:+.3f} [{row.delta_low:+.3f}, {row.delta_high:+.3f}]"
            tested = "" if row.p_adjusted is None else f"  p {_p_value(row.p_adjusted)}"
            lines.append(
                f"{row.method:<{width}}  {row.kind:<8}  {row.estimate:>9.3f}  "
                f"{interval:<18}  {delta}{tested}"
            )
        return "\n".join(lines)

    def to_html(self) -> str:
        """The rows as an HTML table."""
        fields = list(MethodRow.__dataclass_fields__)
        head = "".join(f"<th>{escape(field)}</th>" for field in fields)
        body = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in record.values()) + "</tr>"
            for record in self.to_dicts()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        return self.to_html()


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


@final
@dataclass(frozen=True, slots=True)
class Contrast:
    """A tested difference between two methods.

    Attributes:
        better: The method put to the test.
        reference: The method it is compared with.
        delta: Mean paired difference, positive when `better` is better.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
        p_adjusted: Two-sided p value, Holm-adjusted within its family.
    """

    better: str
    reference: str
    delta: float
    low: float
    high: float
    p_adjusted: float


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to: is fusing worth it?

    Attributes:
        answer: `"helps"`, `"does not help"` or `"cannot tell"`.
        paragraph: The answer in plain words with its numbers.
        best_method: The method recommended for use.
        best_unimodal: The best single modality, the yardstick.
        interaction: Whether a method that models interactions was better than
            the additive one: `"found"`, `"not found"`, or `"not tested"`.
        contrasts: The interacting methods against the additive one.
        samples_needed: Samples at which the seen difference would be told apart
            from none at 80 % power; None when the answer is not "cannot tell" or
            no difference was seen.
    """

    answer: Answer
    paragraph: str
    best_method: str
    best_unimodal: str
    interaction: Interaction
    contrasts: tuple[Contrast, ...] = ()
    samples_needed: int | None = None

    def __str__(self) -> str:
        return self.paragraph


def _p_value(p: float) -> str:
    return "<0.001" if p < 0.0005 else f"{p:.3f}"
