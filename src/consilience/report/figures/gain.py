"""Is fusing worth it? Each fusion method's difference to the best single modality."""

from collections.abc import Sequence

from consilience.report.figures.canvas import BETTER, MUTED, WIDE, WORSE
from consilience.report.figures.intervals import Mark, Scale, draw_intervals
from consilience.report.words import interval, metric_name, number, p_value, signed
from consilience.results import Contrast, MethodRow


def draw_gain(
    rows: Sequence[MethodRow],
    *,
    metric: str,
    best_unimodal: str,
    name: str = "gain",
    width: int = WIDE,
) -> str:
    """Draws the paired differences of the fusion methods to the best single modality.

    Args:
        rows: The methods; single modalities are left out.
        metric: Name of the metric.
        best_unimodal: The yardstick.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    chosen = [row for row in rows if row.kind == "fusion"]
    marks = [difference_mark(r.method, r.delta, r.delta_low, r.delta_high) for r in chosen]
    told = [
        _sentence(f"{r.method} minus {best_unimodal}", r.delta, r.delta_low, r.delta_high)
        + f", adjusted p {p_value(r.p_adjusted)}"
        for r in chosen
    ]
    return draw_intervals(
        name,
        marks,
        Scale(f"Difference in {metric_name(metric)} to {best_unimodal}", 0.0, signed=True),
        title=f"Difference of each fusion method to {best_unimodal}, positive is better",
        description="; ".join(told) + ".",
        width=width,
    )


def draw_interactions(
    contrasts: Sequence[Contrast],
    *,
    metric: str,
    name: str = "interactions",
    width: int = WIDE,
) -> str:
    """Draws the differences of interacting methods to the additive one.

    Args:
        contrasts: The tested differences.
        metric: Name of the metric.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    references = {contrast.reference for contrast in contrasts}
    single = len(references) == 1
    labels = [c.better if single else f"{c.better} against {c.reference}" for c in contrasts]
    marks = [
        difference_mark(label, c.delta, c.low, c.high)
        for label, c in zip(labels, contrasts, strict=True)
    ]
    told = [
        _sentence(f"{c.better} minus {c.reference}", c.delta, c.low, c.high)
        + f", adjusted p {p_value(c.p_adjusted)}"
        for c in contrasts
    ]
    to = f" to {references.pop()}" if single else ""
    return draw_intervals(
        name,
        marks,
        Scale(f"Difference in {metric_name(metric)}{to}", 0.0, signed=True),
        title="Difference of methods that model interactions to those that do not",
        description="; ".join(told) + ".",
        width=width,
    )


def difference_mark(label: str, delta: float, low: float, high: float) -> Mark:
    """A row of a difference: filled and coloured where the interval leaves out zero.

    Example:
        >>> difference_mark("concat", 0.1, 0.05, 0.15).shape
        'filled'
        >>> difference_mark("concat", 0.1, -0.05, 0.25).shape
        'hollow'
    """
    clear = low > 0 or high < 0
    colour = MUTED if not clear else BETTER if low > 0 else WORSE
    return Mark(
        label=label,
        estimate=delta,
        low=low,
        high=high,
        words=f"{signed(delta)}  {interval(low, high, sign=True)}",
        shape="filled" if clear else "hollow",
        colour=colour,
        strong=clear,
    )


def _sentence(what: str, delta: float, low: float, high: float) -> str:
    return f"{what}: {signed(delta)}, 95 % interval {number(low)} to {number(high)}"
