"""Does it hold in every fold? Paired values of each fusion method, fold by fold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from matplotlib.axes import Axes

from consilience.report.figures.canvas import (
    BETTER,
    GRID,
    MUTED,
    WIDE,
    WORSE,
    Canvas,
    shortened,
    ticks,
    y_axis,
)
from consilience.report.words import metric_name, number

_STYLE = {1: (BETTER, "-"), -1: (WORSE, (0, (4, 2))), 0: (MUTED, (0, (1, 2)))}


@final
@dataclass(frozen=True, slots=True)
class Pairs:
    """A method's per-fold values beside those of the yardstick.

    Attributes:
        method: The method.
        values: For each fold, the yardstick's value and the method's value.
        higher_is_better: Whether larger values are better.
    """

    method: str
    values: tuple[tuple[float, float], ...]
    higher_is_better: bool

    @property
    def signs(self) -> tuple[int, ...]:
        """For each fold: 1 where the method is better, -1 where worse, 0 where equal."""
        factor = 1 if self.higher_is_better else -1
        return tuple(factor * ((b > a) - (b < a)) for a, b in self.values)

    def __str__(self) -> str:
        return f"better in {self.signs.count(1)} of {len(self.values)}"


def pair_folds(
    scores: Mapping[str, Mapping[tuple[int, int], float]],
    methods: Sequence[str],
    *,
    yardstick: str,
    higher_is_better: bool,
) -> tuple[Pairs, ...]:
    """Pairs the values of methods with those of a yardstick in the same fold.

    Args:
        scores: For each method its values by `(repeat, fold)`.
        methods: The methods to pair.
        yardstick: The method to compare with.
        higher_is_better: Whether larger values are better.

    Returns:
        Pairs for each method that shares at least one fold with the yardstick.

    Example:
        >>> scores = {"a": {(0, 0): 0.5, (0, 1): 0.6}, "b": {(0, 0): 0.7, (0, 1): 0.6}}
        >>> print(*pair_folds(scores, ["b"], yardstick="a", higher_is_better=True))
        better in 1 of 2
    """
    base = scores.get(yardstick, {})
    paired = [
        Pairs(
            method,
            tuple(
                (base[fold], value)
                for fold, value in sorted(scores.get(method, {}).items())
                if fold in base and math.isfinite(base[fold]) and math.isfinite(value)
            ),
            higher_is_better,
        )
        for method in methods
    ]
    return tuple(pairs for pairs in paired if pairs.values)


def draw_folds(
    paired: Sequence[Pairs], *, metric: str, yardstick: str, name: str = "folds", width: int = WIDE
) -> str:
    """Draws a panel a method: one line a fold from the yardstick's value to the method's.

    Args:
        paired: The paired values, at least one.
        metric: Name of the metric.
        yardstick: The method on the left of each panel.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    columns = 2 if width < 600 else min(4, max(3, len(paired)))
    rows = math.ceil(len(paired) / columns)
    margin, gap, head, body, foot = 42, 22, 46, 140, 26
    panel = (width - margin - 8 - gap * (columns - 1)) / columns
    used = width if len(paired) >= columns else margin + 8 + len(paired) * (panel + gap)
    canvas = Canvas(name, round(used), rows * (head + body + foot) + 18 * (rows - 1))
    values = [value for pairs in paired for pair in pairs.values for value in pair]
    low, high = _limits(values)
    marks = ticks(low, high, 4)
    for index, pairs in enumerate(paired):
        row, column = divmod(index, columns)
        left = margin + column * (panel + gap)
        top = row * (head + body + foot + 18)
        canvas.text(left, top + 12, shortened(pairs.method, panel, bold=True), bold=True)
        canvas.text(left, top + 30, str(pairs), size=11, colour=MUTED)
        axes = canvas.area(left, top + head, panel, body)
        axes.set_xlim(-0.08, 1.08)
        axes.set_ylim(low, high)
        y_axis(axes, marks if column == 0 else [(y, "") for y, _ in marks])
        _slopes(axes, pairs)
        bottom = top + head + body + 13
        left_label = shortened(yardstick, panel / 2 - 4, 11)
        right_label = shortened(pairs.method, panel / 2 - 4, 11)
        canvas.text(left, bottom, left_label, size=11, colour=MUTED)
        canvas.text(left + panel, bottom, right_label, size=11, align="right", colour=MUTED)
    return canvas.svg(
        f"{metric_name(metric)} in each fold: {yardstick} on the left of each panel, "
        "the fusion method on the right",
        "; ".join(_sentence(pairs, yardstick) for pairs in paired) + ".",
    )


def _limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    span = (high - low) or abs(high) or 1.0
    return low - 0.08 * span, high + 0.08 * span


def _slopes(axes: Axes, pairs: Pairs) -> None:
    many = len(pairs.values) > 15
    for x in (0, 1):
        axes.axvline(x, color=GRID, linewidth=1.5, zorder=0)
    for sign, (before, after) in zip(pairs.signs, pairs.values, strict=True):
        colour, line = _STYLE[sign]
        axes.plot(
            [0, 1],
            [before, after],
            color=colour,
            linestyle=line,
            linewidth=1 if many else 1.6,
            alpha=0.6 if many else 0.9,
            marker="o",
            markersize=3 if many else 4.5,
            markeredgewidth=0,
            clip_on=False,
        )


def _sentence(pairs: Pairs, yardstick: str) -> str:
    differences = [after - before for before, after in pairs.values]
    return (
        f"{pairs.method} is {pairs} folds than {yardstick}; its differences range "
        f"from {number(min(differences))} to {number(max(differences))}"
    )
