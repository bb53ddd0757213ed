"""Draws how much of each factor representations keep."""

import math
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from consilience.results.fission import FactorsKept

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
MARKERS = "os^Dv<>P*X"
ROOM = 0.6
"""Share of the space between two factors over which the markers are spread."""


@final
class FactorsKeptDisplay:
    """R2 of each factor with its 95 % interval over seeds, a marker a representation.

    Args:
        kept: What to draw.

    Attributes:
        figure: The matplotlib figure, None until drawn; save it with `figure.savefig`.
        axes: The axes drawn on, None until drawn.
    """

    def __init__(self, kept: "FactorsKept") -> None:
        self.kept = kept
        self.figure: Any = None
        self.axes: Any = None

    @classmethod
    def from_results(cls, kept: "FactorsKept") -> "FactorsKeptDisplay":
        """The display of a result.

        Args:
            kept: What `factors_kept` gave.

        Returns:
            The display, not yet drawn.
        """
        return cls(kept)

    def plot(self, ax: Any = None) -> "FactorsKeptDisplay":  # noqa: ANN401  matplotlib's
        """Draws the markers, with no window and no global state.

        Args:
            ax: Matplotlib axes to draw on; None makes a figure.

        Returns:
            Itself.
        """
        if ax is None:
            from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  heavy
            from matplotlib.figure import Figure  # noqa: PLC0415  heavy

            figure = Figure(figsize=(6.0, 3.6), layout="constrained")
            FigureCanvasAgg(figure)
            ax = figure.subplots()
        names, factors = self.kept.representations, self.kept.factors
        ax.axhline(0.0, color="#888888", linewidth=0.8)
        for i, name in enumerate(names):
            shift = ROOM * ((i + 0.5) / len(names) - 0.5)
            _markers(ax, self.kept, name, shift, i)
        ax.set_xticks(range(len(factors)), factors)
        for label in ax.get_xticklabels():
            label.set_parse_math(False)
        ax.set_ylabel("R2 on new samples")
        ax.set_ylim(min(-0.05, ax.get_ylim()[0]), 1.05)
        ax.spines[["top", "right"]].set_visible(False)
        for text in ax.legend(fontsize=8, frameon=False).get_texts() if names else ():
            text.set_parse_math(False)
        self.figure, self.axes = ax.figure, ax
        return self

    def _repr_png_(self) -> bytes:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        import io  # noqa: PLC0415  only for notebooks

        buffer = io.BytesIO()
        self.plot().figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _markers(ax: Any, kept: "FactorsKept", name: str, shift: float, i: int) -> None:  # noqa: ANN401  of matplotlib, which is not imported here
    values = [kept[name, factor].r2 for factor in kept.factors]
    gaps = [(v.estimate - v.low, v.high - v.estimate) for v in values]
    known = [[g if math.isfinite(g) else 0.0 for g in side] for side in zip(*gaps, strict=True)]
    ax.errorbar(
        [x + shift for x in range(len(values))],
        [v.estimate for v in values],
        yerr=known,
        fmt=MARKERS[i % len(MARKERS)],
        color=COLOURS[i % len(COLOURS)],
        markersize=6,
        capsize=3,
        label=name,
    )
