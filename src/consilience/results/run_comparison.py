"""What a comparison of two finished studies found."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, final

from consilience.results.interval import Interval


@final
@dataclass(frozen=True, slots=True)
class RunRow:
    """A method of one study beside a method of the other.

    Attributes:
        methods: Its name in the first study and in the second.
        first: Its estimate in the first study.
        second: Its estimate in the second study.
        delta: Mean paired difference, positive where the second is better; None where
            the studies cannot be paired.
        p_value: Two-sided p value of the difference, Holm-adjusted over the methods that
            both studies have; None without a difference.
    """

    methods: tuple[str, str]
    first: Interval
    second: Interval
    delta: Interval | None
    p_value: float | None

    @property
    def title(self) -> str:
        """The method's name, or both where they differ."""
        one, other = self.methods
        return one if one == other else f"{one} / {other}"


@final
@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two finished studies side by side.

    Attributes:
        first: Folder of the first study.
        second: Folder of the second study.
        metric: What methods are compared by.
        higher_is_better: Whether larger values of the metric are better.
        unpaired: Why the studies cannot be compared fold by fold; None if they can.
        folds: Number of folds that are compared; 0 if they cannot be.
        recommended: What each study recommends.
        shared: The methods that both studies have, in the order of the first.
        notes: What else to bear in mind, a sentence each.
    """

    first: str
    second: str
    metric: str
    higher_is_better: bool
    unpaired: str | None
    folds: int
    recommended: RunRow
    shared: tuple[RunRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What was found, in a few sentences."""
        return " ".join(_sentences(self))

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return asdict(self)

    def __str__(self) -> str:
        head = ["method", self.first, self.second]
        paired = self.unpaired is None
        rows = [head + ["difference", "p"] * paired]
        for row in self.shared:
            cells = [row.title, str(row.first), str(row.second)]
            if row.delta is not None and row.p_value is not None:
                cells += [format(row.delta, "+"), f"{row.p_value:.3f}"]
            rows.append(cells)
        table = _aligned(rows) if self.shared else []
        return "\n".join([self.words, *table])


def _sentences(found: RunComparison) -> Iterator[str]:
    best = found.recommended
    one, other = best.methods
    yield (
        f"{found.first} recommends {one} ({found.metric} {best.first}), "
        f"{found.second} recommends {other} ({best.second})."
    )
    if found.unpaired is not None:
        yield (
            f"Their difference cannot be tested, for {found.unpaired}; each interval stands "
            "for its own study."
        )
    if best.delta is not None:
        better = "better" if best.delta.low > 0 else "worse" if best.delta.high < 0 else None
        end = f"the second is {better}" if better else "the two cannot be told apart"
        yield (
            f"On the same {found.folds} folds the second differs by "
            f"{format(best.delta, '+')} (positive is better): {end}."
        )
    yield from found.notes


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
