"""How was each modality learnt? Loss by epoch, a panel a modality."""

import math
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes

from consilience.report.figures.canvas import (
    FUSION,
    INK,
    MUTED,
    WIDE,
    Canvas,
    Number,
    shortened,
    ticks,
    x_axis,
    y_axis,
)
from consilience.report.words import number
from consilience.results import History

_MARGIN, _GAP, _HEAD, _BODY, _FOOT, _SPACE = 42, 26, 46, 140, 22, 20


def draw_learning(
    curves: Mapping[str, History], *, joint: str, name: str = "learning", width: int = WIDE
) -> str:
    """Draws the losses of each head in a panel of its own, the network's in grey behind it.

    Args:
        curves: Histories with validation losses, the network's among them.
        joint: The name of the network's own.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    columns = 2 if width < 600 else min(4, max(3, len(curves)))
    rows = math.ceil(len(curves) / columns)
    panel = (width - _MARGIN - 8 - _GAP * (columns - 1)) / columns
    used = min(columns, len(curves))
    pitch = _HEAD + _BODY + _FOOT + _SPACE
    across = width if used == columns else _MARGIN + 8 + used * (panel + _GAP)
    canvas = Canvas(name, round(across), rows * pitch + 8)
    limits = _limits(curves)
    for index, (title, history) in enumerate(curves.items()):
        row, column = divmod(index, columns)
        place = (_MARGIN + column * (panel + _GAP), row * pitch, panel)
        axes = _panel(canvas, title, history, place, limits, labelled=column == 0)
        _draw(axes, history, None if title == joint else curves[joint])
    middle = _MARGIN + (across - _MARGIN) / 2
    canvas.text(middle, rows * pitch - 6, "Epoch", size=11, align="center", colour=MUTED)
    return canvas.svg(
        "Loss by epoch of each modality and of all together",
        " ".join(_sentence(title, history) for title, history in curves.items()),
    )


def _limits(curves: Mapping[str, History]) -> tuple[float, float]:
    every = [x for h in curves.values() for x in (*h.train_loss, *h.validation_loss)]
    known = [x for x in every if math.isfinite(x)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    span = (high - low) or abs(high) or 1.0
    return low - 0.06 * span, high + 0.06 * span


def _panel(
    canvas: Canvas,
    title: str,
    history: History,
    place: tuple[Number, Number, Number],
    limits: tuple[Number, Number],
    *,
    labelled: bool,
) -> Axes:
    left, top, width = place
    canvas.text(left, top + 12, shortened(title, width, bold=True), bold=True)
    change = f"{number(history.validation_loss[0])} → {number(_kept(history))}"
    canvas.text(left, top + 30, shortened(change, width, 11), size=11, colour=MUTED)
    axes = canvas.area(left, top + _HEAD, width, _BODY)
    last = max(len(history.train_loss), 2)
    axes.set_xlim(1 - 0.03 * last, last + 0.03 * last)
    axes.set_ylim(*limits)
    marks = ticks(*limits, 4)
    y_axis(axes, marks if labelled else [(y, "") for y, _ in marks])
    x_axis(axes, [(1, "1"), (last, f"{last}")], grid=False)
    return axes


def _draw(axes: Axes, history: History, behind: History | None) -> None:
    if behind is not None:
        epochs = range(1, len(behind.validation_loss) + 1)
        axes.plot(epochs, behind.validation_loss, color=MUTED, linewidth=1, alpha=0.5, zorder=1)
    colour, dots = (INK if behind is None else FUSION), (0, (1, 2))
    style: Any = dots
    epochs = range(1, len(history.train_loss) + 1)
    axes.plot(epochs, history.train_loss, color=colour, linewidth=1.5, linestyle=style, zorder=2)
    axes.plot(epochs, history.validation_loss, color=colour, linewidth=2, zorder=3)
    axes.axvline(history.best_epoch, color=MUTED, linewidth=1, alpha=0.6, zorder=0)


def _kept(history: History) -> float:
    return history.validation_loss[history.best_epoch - 1]


def _sentence(title: str, history: History) -> str:
    return (
        f"{title}: validation loss {number(history.validation_loss[0])} after the first epoch, "
        f"{number(_kept(history))} at the kept epoch {history.best_epoch}; training loss then "
        f"{number(history.train_loss[history.best_epoch - 1])}."
    )
