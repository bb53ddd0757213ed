"""Estimates with their intervals, a row each: the drawing behind three figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from matplotlib.axes import Axes

from consilience.report.figures.canvas import (
    BETTER,
    GRID,
    INK,
    MUTED,
    SURFACE,
    WORSE,
    Canvas,
    Number,
    shortened,
    text_width,
    ticks,
    x_axis,
)


@final
@dataclass(frozen=True, slots=True)
class Mark:
    """One row: a label, an estimate with its interval, the numbers in words.

    Attributes:
        label: What the row is about.
        estimate: The value; where it is not finite, only the label is shown.
        low: Lower end of the interval.
        high: Upper end of the interval.
        words: The numbers as written at the end of the row.
        shape: `"filled"` is a disc, `"hollow"` an open square.
        colour: One of the canvas's colours.
        strong: Whether the label is set in bold.
    """

    label: str
    estimate: float
    low: float
    high: float
    words: str
    shape: Literal["filled", "hollow"]
    colour: str
    strong: bool = False


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """What the horizontal axis means.

    Attributes:
        title: Words under the axis.
        reference: Place of the line to compare with; None for no line.
        signed: Whether the axis shows differences, with a worse side below
            zero and a better side above it.
    """

    title: str
    reference: float | None
    signed: bool = False


@final
@dataclass(frozen=True, slots=True)
class _Layout:
    left: Number
    top: Number
    width: Number
    row: Number
    narrow: bool
    room: Number


def draw_intervals(
    name: str, marks: Sequence[Mark], scale: Scale, *, title: str, description: str, width: int
) -> str:
    """Draws the rows from top to bottom.

    Args:
        name: Name of the figure, unique on the page.
        marks: The rows.
        scale: The horizontal axis.
        title: Short alternative text.
        description: Long alternative text, with the numbers.
        width: Width in pixels; below 600 the words stand above each line.

    Returns:
        One SVG element.
    """
    layout = _layout(marks, scale, width)
    inside = layout.row * len(marks)
    foot = 52 if scale.signed else 46
    canvas = Canvas(name, width, math.ceil(layout.top + inside + foot))
    axes = canvas.area(layout.left, layout.top, layout.width, inside)
    low, high = _limits(marks, scale)
    axes.set_xlim(low, high)
    axes.set_ylim(len(marks), 0)
    edge = 0.06 * (high - low) if layout.narrow else 0
    places = ticks(low + edge, high - edge, 4 if layout.narrow else 6, sign=scale.signed)
    x_axis(axes, places, grid=False)
    for band in _bands(len(marks), layout):
        _ground(axes, band, [x for x, _ in places], scale)
    for index, mark in enumerate(marks):
        _line(axes, mark, index + (0.71 if layout.narrow else 0.5))
        _words(canvas, mark, index, layout)
    _feet(canvas, scale, layout, layout.top + inside)
    return canvas.svg(title, description)


def _layout(marks: Sequence[Mark], scale: Scale, width: int) -> _Layout:
    top = 22 if scale.signed else 8
    if width < 600:
        words = max((text_width(mark.words, 11) for mark in marks), default=0)
        return _Layout(8, top, width - 16, 50, True, width - words - 12)
    label = max((text_width(mark.label, bold=mark.strong) for mark in marks), default=0)
    words = max((text_width(mark.words) for mark in marks), default=0)
    left = min(label, 0.3 * width) + 20
    return _Layout(left, top, width - left - words - 24, 34, False, left - 15)


def _limits(marks: Sequence[Mark], scale: Scale) -> tuple[Number, Number]:
    ends = [x for mark in marks for x in (mark.low, mark.estimate, mark.high)]
    if scale.reference is not None:
        ends.append(scale.reference)
    finite = [x for x in ends if math.isfinite(x)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    span = (high - low) or abs(high) or 1.0
    low, high = low - 0.05 * span, high + 0.05 * span
    if scale.signed:
        low, high = min(low, -0.15 * high), max(high, -0.15 * low)
    return low, high


def _bands(count: int, layout: _Layout) -> list[tuple[Number, Number]]:
    if not layout.narrow:
        return [(0, count)]
    return [(index + 0.5, index + 0.92) for index in range(count)]


def _ground(
    axes: Axes, band: tuple[Number, Number], places: Sequence[Number], scale: Scale
) -> None:
    top, bottom = band
    low, high = axes.get_xlim()
    if scale.signed:
        for start, end, colour in ((low, 0.0, WORSE), (0.0, high, BETTER)):
            axes.fill_between(
                [start, end], top, bottom, color=colour, alpha=0.07, linewidth=0, zorder=-1
            )
    axes.vlines(places, top, bottom, colors=GRID, linewidth=1, zorder=0)
    if scale.reference is not None:
        style: Any = "-" if scale.signed else (0, (4, 3))
        axes.vlines(
            [scale.reference],
            top,
            bottom,
            colors=MUTED,
            linewidth=1.2,
            linestyles=style,
            zorder=1,
        )


def _line(axes: Axes, mark: Mark, y: Number) -> None:
    if not math.isfinite(mark.estimate):
        return
    if math.isfinite(mark.low) and math.isfinite(mark.high):
        axes.plot(
            [mark.low, mark.high],
            [y, y],
            color=mark.colour,
            linewidth=2.2,
            solid_capstyle="round",
            zorder=2,
        )
    filled = mark.shape == "filled"
    axes.plot(
        [mark.estimate],
        [y],
        marker="o" if filled else "s",
        markersize=9 if filled else 8,
        markerfacecolor=mark.colour if filled else SURFACE,
        markeredgecolor=mark.colour,
        markeredgewidth=2,
        clip_on=False,
        zorder=3,
    )


def _words(canvas: Canvas, mark: Mark, index: int, layout: _Layout) -> None:
    label = shortened(mark.label, layout.room, bold=mark.strong)
    if layout.narrow:
        y = layout.top + layout.row * (index + 0.32)
        canvas.text(0, y, label, bold=mark.strong)
        canvas.text(canvas.width, y, mark.words, size=11, align="right", colour=MUTED)
        return
    y = layout.top + layout.row * (index + 0.5)
    canvas.text(0, y, label, bold=mark.strong)
    canvas.text(canvas.width, y, mark.words, align="right", colour=INK)


def _feet(canvas: Canvas, scale: Scale, layout: _Layout, bottom: Number) -> None:
    middle = layout.left + layout.width / 2
    room = canvas.width - 2 * abs(middle - canvas.width / 2) - 8
    title = shortened(scale.title, room, 11)
    canvas.text(middle, bottom + 36, title, size=11, align="center", colour=MUTED)
    if scale.signed:
        right = layout.left + layout.width
        canvas.text(layout.left, 11, "← worse", size=11, colour=WORSE, bold=True)
        canvas.text(right, 11, "better →", size=11, align="right", colour=BETTER, bold=True)
