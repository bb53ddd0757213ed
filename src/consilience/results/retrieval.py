"""How well the partner of an item is found among others, beside chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, final

from consilience.errors import ModalityError, suggestion
from consilience.results.interval import Interval
from consilience.results.retrieval_display import RetrievalDisplay


@final
@dataclass(frozen=True, slots=True)
class Direction:
    """Search for items of one modality by items of another.

    Attributes:
        query: The modality asked with.
        of: The modality sought.
        queries: Number of queries.
        items: Number of items they are sought among.
        recall: By k, the share of queries whose partner is among the first k.
        median_rank: The rank that half of the partners reach, 1 the best.
        mean_average_precision: Mean over queries of the average precision, where every item
            of the query's group is right; without groups the mean of 1 / rank.
        chance_recall: By k, the recall of a random order.
        chance_median_rank: The median rank of a random order.
        chance_mean_average_precision: The same of a random order.
    """

    query: str
    of: str
    queries: int
    items: int
    recall: dict[int, Interval]
    median_rank: Interval
    mean_average_precision: Interval
    chance_recall: dict[int, float]
    chance_median_rank: float
    chance_mean_average_precision: float

    @property
    def title(self) -> str:
        """Both modalities, such as `image -> text`."""
        return f"{self.query} -> {self.of}"

    @property
    def measures(self) -> list[tuple[str, Interval, float]]:
        """Name, number and chance of everything measured."""
        recalls = [(f"R@{k}", r, self.chance_recall[k]) for k, r in self.recall.items()]
        return [
            *recalls,
            ("median rank", self.median_rank, self.chance_median_rank),
            ("mAP", self.mean_average_precision, self.chance_mean_average_precision),
        ]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a measure, for data frames."""
        return [
            {
                "query": self.query,
                "of": self.of,
                "measure": name,
                **found.to_dict(),
                "chance": luck,
            }
            for name, found, luck in self.measures
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values."""
        return {
            "query": self.query,
            "of": self.of,
            "queries": self.queries,
            "items": self.items,
            "measures": {
                name: {**found.to_dict(), "chance": luck} for name, found, luck in self.measures
            },
        }


@final
@dataclass(frozen=True, slots=True)
class Retrieval:
    """How well partners are found across modalities, with 95 % intervals, beside chance.

    Attributes:
        directions: Each pair of modalities, both ways.
        gaps: By pair, the distance between the centres of two modalities, 0 to 2.
        effective_ranks: By modality, how many directions its embeddings use.
        dim: Width of the space.
        units: What the intervals are over, `"items"` or `"groups"`.
        warnings: What makes the figures less certain than they look.
    """

    directions: tuple[Direction, ...]
    gaps: dict[tuple[str, str], float]
    effective_ranks: dict[str, float]
    dim: int
    units: str
    warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Direction]:
        return iter(self.directions)

    def __len__(self) -> int:
        return len(self.directions)

    def __getitem__(self, direction: tuple[str, str]) -> Direction:
        """The search with one modality for another.

        Raises:
            ModalityError: If there is none.
        """
        for found in self.directions:
            if (found.query, found.of) == direction:
                return found
        wanted = " -> ".join(direction)
        raise ModalityError(
            f"no direction {wanted!r}; {suggestion(wanted, [d.title for d in self.directions])}"
        )

    def to_frame(self) -> Any:  # noqa: ANN401  a pyarrow.Table, which is not imported here
        """A row a measure of each direction, as an Arrow table (which has `to_pandas`)."""
        import pyarrow as pa  # noqa: PLC0415  heavy

        return pa.Table.from_pylist([row for d in self.directions for row in d.to_dicts()])

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {
            "directions": [d.to_dict() for d in self.directions],
            "modality_gap": {f"{a} | {b}": gap for (a, b), gap in self.gaps.items()},
            "effective_rank": dict(self.effective_ranks),
            "dim": self.dim,
            "units": self.units,
            "warnings": list(self.warnings),
        }

    def plot(self) -> Any:  # noqa: ANN401  a matplotlib figure, which is not imported here
        """Recall with its intervals and chance, as a matplotlib figure."""
        return RetrievalDisplay.from_results(self).plot().figure

    def __str__(self) -> str:
        rows = [cells for d in self.directions for cells in _rows(d)]
        widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in (HEAD, *rows)
        ]
        return "\n".join([_words(self), *lines, *(f"Beware: {w}" for w in self.warnings)])

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        head = "".join(f"<th>{escape(cell)}</th>" for cell in HEAD)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for d in self.directions
            for row in _rows(d)
        )
        notes = "".join(f"<p>Beware: {escape(w)}</p>" for w in self.warnings)
        return (
            f"<p>{escape(_words(self))}</p><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>{notes}"
        )


HEAD = ("search", "measure", "found", "chance")


def _rows(direction: Direction) -> Iterator[tuple[str, str, str, str]]:
    title = f"{direction.title} ({direction.queries:,} among {direction.items:,})"
    for name, found, luck in direction.measures:
        if name == "median rank":
            cells = f"{found.estimate:g} [{found.low:g}, {found.high:g}]", f"{luck:g}"
        else:
            cells = str(found), f"{luck:.3f}"
        yield (title, name, *cells)
        title = ""


def _words(found: Retrieval) -> str:
    gaps = ", ".join(f"{gap:.2f} between {a} and {b}" for (a, b), gap in found.gaps.items())
    ranks = ", ".join(f"{name} {rank:.1f}" for name, rank in found.effective_ranks.items())
    return (
        f"Partners sought across modalities (95 % intervals over {found.units}). Modality gap: "
        f"{gaps}. Of {found.dim} dimensions are used: {ranks}."
    )
