"""Where does the best model err? True classes against predicted ones."""

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from consilience.report.diagnosis import Confusions
from consilience.report.figures.canvas import (
    FUSION,
    GRID,
    INK,
    MUTED,
    ON_FUSION,
    WIDE,
    Canvas,
    Number,
    shortened,
    text_width,
)
from consilience.report.words import percent

LIMIT = 12
"""Most classes that are shown as a matrix; more are told as a list of confusions."""


def draw_confusion(
    found: Confusions, *, method: str, name: str = "confusion", width: int = WIDE
) -> str:
    """Draws the share of each true class that was predicted as each class.

    Args:
        found: The counts, at most `LIMIT` classes.
        method: The method that predicted.
        name: Name of the figure, unique on the page.
        width: Width in pixels.

    Returns:
        One SVG element.
    """
    size = len(found.classes)
    narrow = width < 600
    longest = max(text_width(label, 11) for label in found.classes)
    left = min(longest, (0.26 if narrow else 0.22) * width) + 40
    cell = min((width - left - 4) / size, 72 if size < 5 else 52)
    flat = all(text_width(label, 11) <= cell - 4 for label in found.classes)
    top = 46 if flat else min(longest, 110) * 0.75 + 40
    right = 4 if flat else max(0.0, min(longest, 110) * 0.75 - cell / 2) + 4
    cell = min(cell, (width - left - right) / size)
    canvas = Canvas(name, round(left + cell * size + right), round(top + cell * size + 8))
    axes = canvas.area(left, top, cell * size, cell * size)
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    _cells(axes, found, cell)
    for index, label in enumerate(found.classes):
        middle = (index + 0.5) * cell
        short = shortened(label, left - 36, 11)
        canvas.text(left - 8, top + middle, short, size=11, align="right")
        if flat:
            canvas.text(left + middle, top - 12, label, size=11, align="center")
        else:
            short = shortened(label, 112, 11)
            canvas.text(left + middle - 3, top - 8, short, size=11, turn=45)
    canvas.text(left, 10, "Predicted class →", size=11, colour=MUTED)
    canvas.text(9, top, "← True class", size=11, colour=MUTED, turn=90, align="right")
    return canvas.svg(f"Confusion matrix of {method}", _sentence(found))


def _cells(axes: Axes, found: Confusions, cell: Number) -> None:
    size = 12 if cell >= 46 else 10.5 if cell >= 32 else 8
    for (i, j), share in _entries(found):
        count = int(found.counts[i, j])
        axes.add_patch(
            Rectangle(
                (j + 0.02, i + 0.02),
                0.96,
                0.96,
                facecolor=FUSION if count else GRID,
                alpha=0.08 + 0.92 * share if count else 0.35,
                linewidth=0,
            )
        )
        if not count:
            continue
        colour = ON_FUSION if share > 0.5 else INK
        words = f"{share:.0%}".removesuffix("%")
        lift = 0.42 if cell >= 46 else 0.5
        _write(axes, (j + 0.5, i + lift), words, size=size, colour=colour)
        if cell >= 46:
            _write(axes, (j + 0.5, i + 0.74), f"{count:,}", size=9, colour=colour)


def _write(
    axes: Axes, place: tuple[Number, Number], words: str, *, size: Number, colour: str
) -> None:
    axes.text(*place, words, ha="center", va="center", fontsize=size, color=colour)


def _entries(found: Confusions) -> list[tuple[tuple[int, int], float]]:
    shares = found.shares
    size = len(found.classes)
    return [((i, j), float(shares[i, j])) for i in range(size) for j in range(size)]


def _sentence(found: Confusions) -> str:
    right = [
        f"{label} {percent(float(share))}"
        for label, share in zip(found.classes, found.shares.diagonal(), strict=True)
    ]
    wrong = [
        f"{true} taken for {guess} {percent(share)}" for true, guess, _, share in found.worst(6)
    ]
    errors = f" Most frequent errors: {'; '.join(wrong)}." if wrong else " No errors."
    return f"Predicted correctly: {', '.join(right)}.{errors}"
