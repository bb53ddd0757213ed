"""Draws recall across modalities: a bar a cut, its interval, and a line at chance."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from consilience.results.retrieval import Direction, Retrieval

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
INK = "#222222"
WIDTH = 0.8
"""Share of the room of a cut that its bars take."""


@final
class RetrievalDisplay:
    """Recall at each cut with its 95 % interval, a colour a direction, chance as a line.

    Args:
        directions: What to draw.

    Attributes:
        figure: The matplotlib figure, None until drawn; save it with `figure.savefig`.
        axes: The axes drawn on, None until drawn.
    """

    def __init__(self, directions: "Sequence[Direction]") -> None:
        self.directions = tuple(directions)
        self.figure: Any = None
        self.axes: Any = None

    @classmethod
    def from_results(cls, retrieval: "Retrieval") -> "RetrievalDisplay":
        """The display of a result.

        Args:
            retrieval: What `retrieval` gave.

        Returns:
            The display, not yet drawn.
        """
        return cls(retrieval.directions)

    def plot(self, ax: Any = None) -> "RetrievalDisplay":  # noqa: ANN401  matplotlib's
        """Draws the bars, with no window and no global state.

        Args:
            ax: Matplotlib axes to draw on; None makes a figure.

        Returns:
            Itself.
        """
        if ax is None:
            from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  heavy
            from matplotlib.figure import Figure  # noqa: PLC0415  heavy

            figure = Figure(figsize=(6.0, 4.0), layout="constrained")
            FigureCanvasAgg(figure)
            ax = figure.subplots()
        cuts = sorted({k for d in self.directions for k in d.recall})
        width = WIDTH / max(len(self.directions), 1)
        for i, direction in enumerate(self.directions):
            places = {k: at + i * width - WIDTH / 2 for at, k in enumerate(cuts)}
            _bars(ax, direction, places, width, COLOURS[i % len(COLOURS)])
        ax.set_xticks(range(len(cuts)), [f"R@{k}" for k in cuts])
        ax.set_ylim(0, 1)
        ax.set_ylabel("share of partners found (95 % interval; line: chance)")
        ax.spines[["top", "right"]].set_visible(False)
        if self.directions:
            legend = ax.legend(fontsize=8, frameon=False)
            for text in legend.get_texts():
                text.set_parse_math(False)
        self.figure, self.axes = ax.figure, ax
        return self

    def _repr_png_(self) -> bytes:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        import io  # noqa: PLC0415  only for notebooks

        figure: Any = self.plot().figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _bars(
    ax: Any,  # noqa: ANN401  matplotlib's
    direction: "Direction",
    left: Mapping[int, float],
    width: float,
    colour: str,
) -> None:
    places = [left[k] for k in direction.recall]
    found = list(direction.recall.values())
    ax.bar(
        places,
        [f.estimate for f in found],
        width,
        align="edge",
        color=colour,
        label=direction.title,
        yerr=[[f.estimate - f.low for f in found], [f.high - f.estimate for f in found]],
        error_kw={"ecolor": INK, "elinewidth": 1.0, "capsize": 3},
    )
    chance = [direction.chance_recall[k] for k in direction.recall]
    ends = [place + width for place in places]
    ax.hlines(chance, places, ends, colors=INK, linestyles="--", linewidth=1.2)
