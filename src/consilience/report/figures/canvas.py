"""A drawing surface: matplotlib inside, a themable and accessible SVG outside."""

import io
import re
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, Literal, final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.ticker import MaxNLocator

from consilience.report.words import MINUS

Number = int | float

WIDE = 720
"""Width of a figure on a screen or paper, in CSS pixels."""

NARROW = 344
"""Width of a figure on a phone, in CSS pixels."""

INK = "#0a0b01"
MUTED = "#0a0b02"
GRID = "#0a0b03"
SURFACE = "#0a0b04"
FUSION = "#0a0b05"
UNIMODAL = "#0a0b06"
BETTER = "#0a0b07"
WORSE = "#0a0b08"
ON_FUSION = "#0a0b09"

_VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    SURFACE: "var(--surface)",
    FUSION: "var(--fusion)",
    UNIMODAL: "var(--unimodal)",
    BETTER: "var(--better)",
    WORSE: "var(--worse)",
    ON_FUSION: "var(--on-fusion)",
}
"""Colours that stand for the page's variables, so that one SVG suits light and dark."""

_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12,
    "text.color": INK,
    "text.usetex": False,
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 1,
    "axes.unicode_minus": True,
    "path.simplify": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


@final
class Canvas:
    """A figure measured in CSS pixels from the top left corner.

    Args:
        name: Name of the figure, the prefix of every id inside it.
        width: Width in pixels.
        height: Height in pixels.

    Example:
        >>> canvas = Canvas("demo", 200, 100)
        >>> _ = canvas.area(20, 10, 160, 70)
        >>> svg = canvas.svg("A demo", "Nothing is drawn.")
        >>> svg[:4], "Nothing is drawn." in svg
        ('<svg', True)
    """

    def __init__(self, name: str, width: int, height: int) -> None:
        self.name = name
        self.width = width
        self.height = height
        with _style(name):
            self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
            FigureCanvasSVG(self.figure)

    def area(self, left: Number, top: Number, width: Number, height: Number) -> Axes:
        """Axes without frame or ticks at a place given in pixels."""
        box = (
            left / self.width,
            1 - (top + height) / self.height,
            width / self.width,
            height / self.height,
        )
        with _style(self.name):
            axes = self.figure.add_axes(box)
        axes.patch.set_visible(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
        return axes

    def text(
        self,
        x: Number,
        y: Number,
        words: str,
        *,
        size: Number = 12,
        colour: str = INK,
        align: str = "left",
        bold: bool = False,
        turn: Number = 0,
    ) -> None:
        """Writes a line whose middle height is at `y`, in pixels from the top left."""
        with _style(self.name):
            self.figure.text(
                x / self.width,
                1 - y / self.height,
                tidy(words),
                fontsize=size,
                color=colour,
                ha=align,
                va="center",
                rotation=turn,
                rotation_mode="anchor",
                fontweight="bold" if bold else "normal",
                parse_math=False,
            )

    def svg(self, title: str, description: str) -> str:
        """The figure as an SVG element for an HTML page.

        Args:
            title: The short alternative text.
            description: The long one: what can be seen, with its numbers.

        Returns:
            One `<svg>` element with colours from the page's variables.
        """
        buffer = io.StringIO()
        with _style(self.name):
            self.figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        body = re.search(r"<svg[^>]*>(.*)</svg>", buffer.getvalue(), re.DOTALL)
        inner = "" if body is None else _themed(body[1], self.name)
        return (
            f'<svg class="figure" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" '
            f'aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<title id="{self.name}-title">{escape(title)}</title>'
            f'<desc id="{self.name}-desc">{escape(description)}</desc>{inner}</svg>'
        )


def tidy(words: str) -> str:
    """A text on one line, without characters that cannot be shown."""
    return "".join(c for c in " ".join(words.split()) if c.isprintable())


def text_width(words: str, size: Number = 12, *, bold: bool = False) -> float:
    """Width of a line in pixels; system fonts are about as wide or narrower."""
    with _quiet():
        font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
        width, _, _ = text_to_path.get_text_width_height_descent(tidy(words), font, ismath=False)
    return float(width)


def shortened(words: str, room: Number, size: Number = 12, *, bold: bool = False) -> str:
    """The text cut in the middle, if needed, to fit into a width in pixels.

    Example:
        >>> shortened("gyroscope", 200), shortened("gene_expression_of_liver", 90)
        ('gyroscope', 'gene_e…_liver')
    """
    line = tidy(words)
    if text_width(line, size, bold=bold) <= room:
        return line
    for kept in range(min(len(line) - 1, 80), 1, -1):
        head, tail = line[: (kept + 1) // 2], line[len(line) - kept // 2 :]
        if text_width(f"{head}…{tail}", size, bold=bold) <= room:
            return f"{head}…{tail}"
    return "…"


def ticks(
    low: Number, high: Number, count: int, *, sign: bool = False
) -> list[tuple[Number, str]]:
    """Round positions inside a range with their labels, all to the same decimals.

    Example:
        >>> ticks(0.71, 0.92, 5)
        [(0.75, '0.75'), (0.8, '0.80'), (0.85, '0.85'), (0.9, '0.90')]
    """
    places = MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    step = float(places[1] - places[0]) if len(places) > 1 else 1.0
    decimals = next((d for d in range(9) if abs(round(step, d) - step) < 1e-3 * step), 9)
    inside = [round(float(x), 12) + 0.0 for x in places if low <= x <= high]
    plus = "+" if sign else ""
    return [(x, f"{x:{plus if x else ''},.{decimals}f}".replace("-", MINUS)) for x in inside]


def x_axis(
    axes: Axes, marks: Sequence[tuple[Number, str]], *, size: Number = 11, grid: bool = True
) -> None:
    """Labels below and, with `grid`, a light line at each tick."""
    for x, _ in marks if grid else ():
        axes.axvline(x, color=GRID, linewidth=1, zorder=0)
    _labels(axes, "x", marks, size)


def y_axis(axes: Axes, marks: Sequence[tuple[Number, str]], *, size: Number = 11) -> None:
    """Labels to the left and a light line at each tick."""
    for y, _ in marks:
        axes.axhline(y, color=GRID, linewidth=1, zorder=0)
    _labels(axes, "y", marks, size)


def _labels(
    axes: Axes, which: Literal["x", "y"], marks: Sequence[tuple[Number, str]], size: Number
) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks([place for place, _ in marks], [label for _, label in marks], parse_math=False)
    axes.tick_params(which, length=0, labelsize=size, labelcolor=MUTED, pad=5)


@contextmanager
def _style(name: str) -> Generator[None]:
    settings: Any = {**_STYLE, "svg.hashsalt": name}
    with mpl.rc_context(settings), _quiet():
        yield


@contextmanager
def _quiet() -> Generator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _themed(body: str, name: str) -> str:
    start = body.find("</metadata>")
    content = body[start + len("</metadata>") :] if start >= 0 else body
    content = re.sub(r"<defs>\s*<style[^>]*>[^<]*</style>\s*</defs>", "", content)
    content = re.sub(r"<[^>]+>", lambda tag: _tag(tag[0], name), content)
    return re.sub(r">\s+<", "><", content).strip()


def _tag(tag: str, name: str) -> str:
    tag = re.sub(r"\s+", " ", tag).replace(' "', '"')
    tag = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", tag)
    tag = re.sub(r' id="', f' id="{name}-', tag)
    tag = re.sub(r'href="#', f'href="#{name}-', tag)
    tag = re.sub(r"url\(#", f"url(#{name}-", tag)
    tag = tag.replace("'DejaVu Sans', sans-serif", "var(--sans)").replace(
        "'DejaVu Sans'", "var(--sans)"
    )
    return re.sub(r"#0a0b0\d", lambda colour: _VARIABLES[colour[0]], tag)
