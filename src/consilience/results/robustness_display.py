"""Draws a score by the level of noise, a line a modality."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from consilience.results.robustness import Curve, Robustness

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
MARKERS = "os^Dv<>P*X"
INK = "#222222"


@final
class RobustnessCurveDisplay:
    """A score by the level of noise with its 95 % interval, a line a modality.

    Lines differ in colour and marker; the baseline, if there is one, is a dashed line of the
    same colour.

    Args:
        curves: What to draw.
        metric: Name of the score.

    Attributes:
        figure: The matplotlib figure, None until drawn; save it with `figure.savefig`.
        axes: The axes drawn on, None until drawn.
    """

    def __init__(self, curves: "Sequence[Curve]", metric: str) -> None:
        self.curves = tuple(curves)
        self.metric = metric
        self.figure: Any = None
        self.axes: Any = None

    @classmethod
    def from_results(cls, robustness: "Robustness") -> "RobustnessCurveDisplay":
        """The display of a result.

        Args:
            robustness: What `robustness` gave.

        Returns:
            The display, not yet drawn.
        """
        return cls(robustness.curves, robustness.metric)

    def plot(self, ax: Any = None) -> "RobustnessCurveDisplay":  # noqa: ANN401  matplotlib's
        """Draws the curves, with no window and no global state.

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
        for i, curve in enumerate(self.curves):
            _line(ax, curve, COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
        dashed = "; dashed: baseline" if any(curve.baseline for curve in self.curves) else ""
        ax.set_xlabel(f"level of noise (shade: 95 % interval{dashed})")
        ax.set_ylabel(self.metric)
        ax.spines[["top", "right"]].set_visible(False)
        if self.curves:
            _legend(ax)
        self.figure, self.axes = ax.figure, ax
        return self

    def _repr_png_(self) -> bytes:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        import io  # noqa: PLC0415  only for notebooks

        figure: Any = self.plot().figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _line(ax: Any, curve: "Curve", colour: str, marker: str) -> None:  # noqa: ANN401  of matplotlib, which is not imported here
    colour, width = (INK, 2.0) if curve.modality is None else (colour, 1.3)
    estimates = [score.estimate for score in curve.scores]
    ax.plot(
        curve.levels,
        estimates,
        color=colour,
        marker=marker,
        markersize=4,
        linewidth=width,
        label=curve.title,
    )
    ax.fill_between(
        curve.levels,
        [score.low for score in curve.scores],
        [score.high for score in curve.scores],
        color=colour,
        alpha=0.15,
        linewidth=0,
    )
    if curve.baseline:
        ax.plot(
            curve.levels,
            [score.estimate for score in curve.baseline],
            color=colour,
            linestyle="--",
            linewidth=1.0,
        )


def _legend(ax: Any) -> None:  # noqa: ANN401  matplotlib's
    legend = ax.legend(fontsize=8, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
