"""Where does the best model err? Predicted values against true ones."""

import numpy as np

from consilience.report.diagnosis import residuals
from consilience.report.figures.canvas import (
    FUSION,
    MUTED,
    WIDE,
    Canvas,
    ticks,
    x_axis,
    y_axis,
)
from consilience.report.words import number

LIMIT = 800
"""Most dots that are drawn; of more samples, every k-th is."""


def draw_scatter(
    target: np.ndarray,
    prediction: np.ndarray,
    *,
    method: str,
    name: str = "scatter",
    width: int = WIDE,
) -> str:
    """Draws a dot a sample, and the line on which a perfect prediction lies.

    Args:
        target: True values, length `n`.
        prediction: Predicted values, length `n`.
        method: The method that predicted.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    side = min(width - 70, 420)
    canvas = Canvas(name, side + 70, side + 60)
    axes = canvas.area(62, 6, side, side)
    low = float(min(target.min(), prediction.min()))
    high = float(max(target.max(), prediction.max()))
    pad = 0.04 * ((high - low) or 1.0)
    low, high = low - pad, high + pad
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    marks = ticks(low, high, 4)
    x_axis(axes, marks)
    y_axis(axes, marks)
    axes.plot([low, high], [low, high], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    step = max(1, -(-len(target) // LIMIT))
    axes.plot(
        target[::step],
        prediction[::step],
        linestyle="none",
        marker="o",
        markersize=5,
        markeredgewidth=0,
        color=FUSION,
        alpha=0.5,
        clip_on=False,
    )
    canvas.text(62 + side / 2, side + 44, "True value", size=11, align="center", colour=MUTED)
    canvas.text(8, 6 + side / 2, "Predicted value", size=11, align="center", colour=MUTED, turn=90)
    told = residuals(target, prediction)
    return canvas.svg(
        f"Predicted against true values of {method}",
        f"{len(target):,} samples; R² {number(told.r2)}, root mean squared error "
        f"{number(told.rmse)}, mean absolute error {number(told.mae)}, mean of predicted minus "
        f"true {number(told.bias)}.",
    )
