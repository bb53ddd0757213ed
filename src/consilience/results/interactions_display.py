"""Draws atoms of information with their intervals beside the permutation null."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

from consilience.results.quantity import Quantity

BAR = "#4477aa"
NULL = "#bbbbbb"
INK = "#222222"


@final
class InteractionsDisplay:
    """Bars of redundancy, unique informations and synergy, one panel a pair on one scale.

    A grey bar behind each shows what 95 % of permuted data sets stay below.

    Args:
        panels: Title and, by label, the informations of each panel.

    Attributes:
        figure: The matplotlib figure, None until drawn; save it with `figure.savefig`.
    """

    def __init__(self, panels: Sequence[tuple[str, Mapping[str, Quantity]]]) -> None:
        self.panels = tuple(panels)
        self.figure: Any = None

    def plot(self) -> "InteractionsDisplay":
        """Draws the panels, with no window and no global state."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  heavy
        from matplotlib.figure import Figure  # noqa: PLC0415  heavy

        rows = max(1, len(self.panels))
        figure = Figure(figsize=(6.0, 2.2 * rows), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, 1, squeeze=False, sharex=True)[:, 0]
        for axis, (title, atoms) in zip(axes, self.panels, strict=False):
            _panel(axis, title, atoms)
        axes[-1].set_xlabel("bits (line: 95 % interval; grey: 95 % of permuted data)")
        self.figure = figure
        return self

    def _repr_png_(self) -> bytes:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        import io  # noqa: PLC0415  only for notebooks

        figure: Any = self.plot().figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _panel(axis: Any, title: str, atoms: Mapping[str, Quantity]) -> None:  # noqa: ANN401  matplotlib's
    places = list(range(len(atoms)))[::-1]
    for place, quantity in zip(places, atoms.values(), strict=True):
        if not math.isnan(quantity.null_high):
            axis.barh(place, max(quantity.null_high, 0.0), height=0.8, color=NULL)
        axis.barh(place, quantity.estimate, height=0.45, color=BAR)
        axis.plot([quantity.low, quantity.high], [place, place], color=INK, linewidth=1.5)
    axis.axvline(0.0, color=INK, linewidth=0.8)
    axis.set_yticks(places, list(atoms))
    axis.set_title(title, loc="left", fontsize=10, parse_math=False)
    for label in axis.get_yticklabels():
        label.set_parse_math(False)
    axis.spines[["top", "right"]].set_visible(False)
