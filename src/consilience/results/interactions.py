"""What the modalities tell about the target: redundantly, uniquely, only together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any, final

from consilience.errors import ModalityError, suggestion
from consilience.results.interactions_display import InteractionsDisplay
from consilience.results.quantity import Quantity
from consilience.results.recommendation import Recommendation, recommend

QUANTITIES = (
    "redundancy",
    "unique_1",
    "unique_2",
    "synergy",
    "information_1",
    "information_2",
    "information_12",
)
ATOMS = QUANTITIES[:4]
BAR = 24
"""Characters of the longest bar in a text."""
KEY = "# to low, = to estimate, - to high"
"""How to read the bars of a text."""
NULL = (
    "Null: 95 % of data sets with the target permuted stay below; for synergy, with the second "
    "modality permuted within each class: both are then independent given the class, and may have "
    "synergy all the same."
)
"""What the null is."""


@final
@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The atoms at another number of clusters, to judge how much hangs on it.

    Attributes:
        clusters: Sizes of the two alphabets.
        redundancy: Bias-corrected, in bits.
        unique_1: Bias-corrected, in bits.
        unique_2: Bias-corrected, in bits.
        synergy: Bias-corrected, in bits.
    """

    clusters: tuple[int, int]
    redundancy: float
    unique_1: float
    unique_2: float
    synergy: float

    def to_dict(self) -> dict[str, Any]:
        """The numbers by name."""
        return {"clusters": list(self.clusters), **{a: getattr(self, a) for a in ATOMS}}


@final
@dataclass(frozen=True, slots=True)
class PairInteractions:
    r"""Informations of two modalities, or of one and the joined rest, about the target.

    The estimates obey $R + U_1 = I(X_1; Y)$, $R + U_2 = I(X_2; Y)$ and
    $R + U_1 + U_2 + S = I(X_1, X_2; Y)$.

    Attributes:
        names: Names of the two sides; a joined rest is its names joined by `+`.
        redundancy: $R$, what either side alone tells.
        unique_1: $U_1$, what only the first side tells.
        unique_2: $U_2$, what only the second side tells.
        synergy: $S$, what only both together tell.
        information_1: $I(X_1; Y)$.
        information_2: $I(X_2; Y)$.
        information_12: $I(X_1, X_2; Y)$.
        estimator: Name of the estimator used.
        reason: Why this estimator, in a sentence.
        rows_used: Rows counted.
        rows_left_out: Rows where a side is absent or the target missing, or that were not drawn.
        alphabet: Sizes of the two sides' alphabets and number of classes; empty where
            nothing is counted.
        sensitivity: The atoms with half and twice the clusters; empty for discrete data.
        coarse: Sides whose clusters keep much less than a linear classifier finds.
        warnings: What makes the estimate less certain than its interval says.
    """

    names: tuple[str, str]
    redundancy: Quantity
    unique_1: Quantity
    unique_2: Quantity
    synergy: Quantity
    information_1: Quantity
    information_2: Quantity
    information_12: Quantity
    estimator: str
    reason: str
    rows_used: int
    rows_left_out: int
    alphabet: tuple[int, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    coarse: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The two names in a line."""
        return f"{self.names[0]} and {self.names[1]}"

    @property
    def heading(self) -> str:
        """The two names, the estimator, and how many rows were used and left out."""
        left_out = f", {self.rows_left_out} left out" if self.rows_left_out else ""
        return f"{self.title}: {self.estimator}, {self.rows_used} rows{left_out}"

    @property
    def quantities(self) -> dict[str, Quantity]:
        """The four atoms and three informations, by name."""
        return {name: getattr(self, name) for name in QUANTITIES}

    @property
    def atoms(self) -> dict[str, Quantity]:
        """Redundancy, the two unique informations and synergy, by name."""
        return {name: getattr(self, name) for name in ATOMS}

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return {
            "names": list(self.names),
            **{name: quantity.to_dict() for name, quantity in self.quantities.items()},
            "estimator": self.estimator,
            "reason": self.reason,
            "rows_used": self.rows_used,
            "rows_left_out": self.rows_left_out,
            "alphabet": list(self.alphabet),
            "sensitivity": [s.to_dict() for s in self.sensitivity],
            "coarse": list(self.coarse),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        labels = _labels(self)
        width = max(map(len, labels.values()))
        head = f"{'':{width}}  {'bits':>7}  {'95 % interval':>18}  {'null 95 %':>9}  {'p':>6}"
        lines = [self.heading, f"{head}  {KEY}"]
        most = max(q.high for q in self.quantities.values())
        lines += [
            f"{_line(f'{labels[n]:{width}}', q)}  {_bar(q, most)}".rstrip()
            for n, q in self.quantities.items()
        ]
        lines.append(f"{self.reason}")
        lines += [f"Beware: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def _labels(pair: PairInteractions) -> dict[str, str]:
    one, two = pair.names
    labels = ("redundancy", f"unique to {one}", f"unique to {two}", "synergy")
    informations = (f"information of {one}", f"information of {two}", "information of both")
    return dict(zip(QUANTITIES, (*labels, *informations), strict=True))


def _bar(q: Quantity, most: float) -> str:
    """A quantity as a bar of characters, as `KEY` reads it; `most` is the bar's full width."""
    full = [
        min(BAR, max(0, round(BAR * end / most))) if most > 0 else 0
        for end in (q.low, q.estimate, q.high)
    ]
    low, estimate, high = full
    return "#" * low + "=" * (estimate - low) + "-" * (high - estimate)


def _line(label: str, q: Quantity) -> str:
    interval = f"[{q.low:z.4f}, {q.high:z.4f}]"
    return f"{label}  {q.estimate:z7.4f}  {interval:>18}  {q.null_high:z9.4f}  {q.p_value:6.3f}"


@final
@dataclass(frozen=True, slots=True)
class Interactions:
    """Informations of every pair of modalities about the target, in bits.

    With three or more modalities there is no agreed decomposition of all at once: `pairs`
    looks at two modalities and ignores the others, `against_rest` at one modality and all
    others joined into one; the two answer different questions.

    Attributes:
        pairs: Every pair of modalities.
        against_rest: Each modality and the joined rest; empty with two modalities.
        total_information: What all modalities together tell about the target; None where
            too few samples have all of them.
        target: What the target is and how it was used.
    """

    pairs: tuple[PairInteractions, ...]
    total_information: Quantity | None
    target: str
    against_rest: tuple[PairInteractions, ...] = field(default=())

    def __iter__(self) -> Iterator[PairInteractions]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, names: tuple[str, str]) -> PairInteractions:
        """The pair of two modalities, in the order in which it was computed.

        Raises:
            ModalityError: If there is no such pair.
        """
        for pair in (*self.pairs, *self.against_rest):
            if set(pair.names) == set(names):
                return pair
        known = [" & ".join(pair.names) for pair in (*self.pairs, *self.against_rest)]
        wanted = " & ".join(names)
        raise ModalityError(f"no pair {wanted!r}; {suggestion(wanted, known)}")

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning, with its pair."""
        every = (*self.pairs, *self.against_rest)
        return tuple(f"{p.title}: {warning}" for p in every for warning in p.warnings)

    @property
    def whole_minus_sum(self) -> Quantity | None:
        r"""Interaction information in total: $I(X_1, \dots, X_m; Y) - \sum_i I(X_i; Y)$.

        What all modalities tell together beyond the sum of what each tells alone: above 0
        where synergy outweighs redundancy, below 0 where they repeat each other. Of two
        modalities it is $S - R$. It is neither synergy nor redundancy, which it cannot tell
        apart. Its interval is made of the ends of its parts', so it is wide, and there is no
        null. None where there is no `total_information`.
        """
        whole = self.total_information
        if whole is None:
            return None
        alone = [pair.information_1 for pair in self.against_rest]
        alone = alone or [self.pairs[0].information_1, self.pairs[0].information_2]
        return Quantity(
            whole.estimate - sum(q.estimate for q in alone),
            whole.low - sum(q.high for q in alone),
            whole.high - sum(q.low for q in alone),
        )

    @property
    def _has_null(self) -> bool:
        every = (q for pair in self.pairs for q in pair.atoms.values())
        return not all(math.isnan(q.null_high) for q in every)

    def recommend(self) -> Recommendation:
        """The family of fusion methods that the pairs speak for, with its evidence."""
        coarse = dict.fromkeys(name for pair in self.pairs for name in pair.coarse)
        return recommend([pair.atoms for pair in self.pairs], coarse=tuple(coarse))

    def plot(self) -> Any:  # noqa: ANN401  a matplotlib figure, which is not imported here
        """The atoms with intervals beside the null, as a matplotlib figure."""
        every = (*self.pairs, *self.against_rest)
        panels = [(p.title, {_labels(p)[name]: q for name, q in p.atoms.items()}) for p in every]
        return InteractionsDisplay(panels).plot().figure

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a quantity of a pair, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        rows: list[dict[str, Any]] = []
        for kind, pairs in (("pair", self.pairs), ("against rest", self.against_rest)):
            for pair in pairs:
                one, two = pair.names
                about = {"comparison": kind, "first": one, "second": two}
                rest = {"estimator": pair.estimator, "rows_used": pair.rows_used}
                rest |= {"rows_left_out": pair.rows_left_out}
                rows += [
                    {**about, "quantity": name, **quantity.to_dict(), **rest}
                    for name, quantity in pair.quantities.items()
                ]
        return pa.Table.from_pylist(rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        total, surplus = self.total_information, self.whole_minus_sum
        return {
            "target": self.target,
            "pairs": [pair.to_dict() for pair in self.pairs],
            "against_rest": [pair.to_dict() for pair in self.against_rest],
            "total_information": total.to_dict() if total else None,
            "whole_minus_sum": surplus.to_dict() if surplus else None,
            "recommendation": self.recommend().to_dict(),
        }

    def __str__(self) -> str:
        blocks = [self.target, *(str(pair) for pair in self.pairs)]
        if self.against_rest:
            blocks.append("Each modality against the joined rest:")
            blocks += [str(pair) for pair in self.against_rest]
        if self.total_information:
            blocks.append(
                f"All modalities together: {self.total_information} bits\n"
                "Whole minus sum of each alone (interaction information, below 0 where they "
                f"repeat each other): {self.whole_minus_sum} bits"
            )
        if self._has_null:
            blocks.append(NULL)
        blocks.append(f"Recommended: {self.recommend()}")
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        every = (*self.pairs, *self.against_rest)
        tables = "".join(_html(pair) for pair in every)
        end = escape(str(self.recommend()))
        total = (
            f"<p>All modalities together: {self.total_information} bits; whole minus sum of each "
            f"alone (interaction information): {self.whole_minus_sum} bits</p>"
            if self.total_information
            else ""
        )
        null = f"<p>{NULL}</p>" if self._has_null else ""
        return f"<p>{escape(self.target)}</p>{tables}{total}{null}<p>Recommended: {end}</p>"


def _html(pair: PairInteractions) -> str:
    labels = _labels(pair)
    rows = "".join(
        f"<tr><td>{escape(labels[name])}</td><td>{q.estimate:z.4f}</td>"
        f"<td>[{q.low:z.4f}, {q.high:z.4f}]</td><td>{q.null_high:z.4f}</td>"
        f"<td>{q.p_value:.3f}</td></tr>"
        for name, q in pair.quantities.items()
    )
    notes = "".join(f"<p>Beware: {escape(warning)}</p>" for warning in pair.warnings)
    return (
        f"<table><caption>{escape(pair.heading)}</caption><thead><tr><th></th><th>bits</th>"
        "<th>95 % interval</th><th>null 95 %</th>"
        f"<th>p</th></tr></thead><tbody>{rows}</tbody></table><p>{escape(pair.reason)}</p>{notes}"
    )
