"""Can its probabilities be trusted? What was claimed against what came true."""

from matplotlib.axes import Axes

from consilience.report.diagnosis import Bin, Reliability
from consilience.report.figures.canvas import (
    FUSION,
    INK,
    MUTED,
    WIDE,
    Canvas,
    shortened,
    x_axis,
    y_axis,
)
from consilience.report.words import number, percent


def draw_reliability(
    told: Reliability, *, method: str, name: str = "reliability", width: int = WIDE
) -> str:
    """Draws the share that came true over the claimed probability, with counts below.

    Args:
        told: The bins.
        method: The method that predicted.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    side = min(width - 62, 400)
    canvas = Canvas(name, side + 62, side + 150)
    upper = canvas.area(52, 8, side, side)
    upper.set_xlim(0, 1)
    upper.set_ylim(0, 1)
    marks = [(share / 4, f"{share * 25} %") for share in range(5)]
    y_axis(upper, marks)
    x_axis(upper, [(x, "") for x, _ in marks])
    upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
    for one in told.bins:
        _interval(upper, one)
    upper.plot(
        [one.claimed for one in told.bins],
        [one.observed for one in told.bins],
        color=FUSION,
        linewidth=1.4,
        marker="o",
        markersize=8,
        clip_on=False,
        zorder=3,
    )
    lower = canvas.area(52, side + 34, side, 62)
    lower.set_xlim(0, 1)
    _counts(lower, told.bins)
    x_axis(lower, marks)
    canvas.text(52, side + 24, "Predictions in each bin", size=11, colour=MUTED)
    label = shortened(f"Claimed {told.event}", side, 11)
    canvas.text(52 + side / 2, side + 132, label, size=11, align="center", colour=MUTED)
    canvas.text(8, 8 + side / 2, "Came true", size=11, align="center", colour=MUTED, turn=90)
    return canvas.svg(f"Reliability diagram of {method}", _sentence(told))


def _interval(axes: Axes, one: Bin) -> None:
    axes.plot(
        [one.claimed, one.claimed],
        [one.low, one.high],
        color=FUSION,
        linewidth=2,
        alpha=0.55,
        solid_capstyle="round",
        zorder=2,
    )


def _counts(axes: Axes, bins: tuple[Bin, ...]) -> None:
    top = max((one.count for one in bins), default=1)
    axes.set_ylim(0, top * 1.45)
    for one in bins:
        place = min(int(one.claimed * 10), 9) / 10 + 0.05
        axes.bar(place, one.count, width=0.085, color=FUSION, alpha=0.55, zorder=2)
        axes.text(
            place,
            one.count + top * 0.08,
            f"{one.count:,}" if one.count < 10000 else f"{one.count / 1000:.0f}k",
            ha="center",
            va="bottom",
            fontsize=8.5,
            color=INK,
        )


def _sentence(told: Reliability) -> str:
    bins = "; ".join(
        f"claimed {percent(one.claimed)}, came true {percent(one.observed)} "
        f"(95 % interval {percent(one.low)} to {percent(one.high)}, {one.count:,} predictions)"
        for one in told.bins
    )
    return (
        f"Brier score {number(told.brier)}, expected calibration error {number(told.ece)}. {bins}."
    )
