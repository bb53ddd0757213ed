"""Which method predicts best? Every method's estimate with its interval."""

from collections.abc import Sequence

from consilience.report.figures.canvas import FUSION, UNIMODAL, WIDE
from consilience.report.figures.intervals import Mark, Scale, draw_intervals
from consilience.report.words import capitalised, interval, metric_name, number
from consilience.results import MethodRow


def draw_forest(
    rows: Sequence[MethodRow],
    *,
    metric: str,
    higher_is_better: bool,
    best_method: str,
    best_unimodal: str,
    name: str = "forest",
    width: int = WIDE,
) -> str:
    """Draws each method's estimate with its 95 % interval.

    Fusion methods are discs, single modalities open squares; a dashed line
    marks the best single modality.

    Args:
        rows: The methods, in the order to show.
        metric: Name of the metric.
        higher_is_better: Whether larger values are better.
        best_method: The method to set in bold.
        best_unimodal: The yardstick.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    marks = [
        Mark(
            label=row.method,
            estimate=row.estimate,
            low=row.low,
            high=row.high,
            words=f"{number(row.estimate)}  {interval(row.low, row.high)}",
            shape="filled" if row.kind == "fusion" else "hollow",
            colour=FUSION if row.kind == "fusion" else UNIMODAL,
            strong=row.method == best_method,
        )
        for row in rows
    ]
    yardstick = next((row.estimate for row in rows if row.method == best_unimodal), None)
    direction = "higher" if higher_is_better else "lower"
    label = capitalised(metric_name(metric))
    return draw_intervals(
        name,
        marks,
        Scale(f"{label} ({direction} is better)", yardstick),
        title=f"{label} of each method with its 95 % interval",
        description="; ".join(_sentence(row) for row in rows) + ".",
        width=width,
    )


def _sentence(row: MethodRow) -> str:
    kind = "fusion" if row.kind == "fusion" else "single modality"
    return (
        f"{row.method} ({kind}): {number(row.estimate)}, "
        f"95 % interval {number(row.low)} to {number(row.high)}"
    )
