"""A canvas gives one themable, accessible, deterministic SVG element."""

import re

import matplotlib as mpl
import pytest

from consilience.report.figures.canvas import (
    FUSION,
    Canvas,
    shortened,
    text_width,
    ticks,
    tidy,
    x_axis,
)


def drawn(name: str = "one", words: str = "label") -> str:
    canvas = Canvas(name, 200, 100)
    axes = canvas.area(20, 10, 160, 70)
    axes.set_xlim(0, 1)
    x_axis(axes, ticks(0, 1, 4))
    axes.plot([0, 1], [0, 1], color=FUSION, marker="o")
    canvas.text(10, 30, words)
    return canvas.svg("Title & more", "Description <long>")


def test_it_is_one_element_with_escaped_alternative_text() -> None:
    svg = drawn()
    assert svg.count("<svg") == svg.count("</svg>") == 1
    assert '<title id="one-title">Title &amp; more</title>' in svg
    assert '<desc id="one-desc">Description &lt;long&gt;</desc>' in svg
    assert 'role="img" aria-labelledby="one-title one-desc"' in svg


def test_colours_are_the_pages_variables() -> None:
    svg = drawn()
    assert "var(--fusion)" in svg
    assert "var(--grid)" in svg
    assert not re.findall(r"(?:fill|stroke): #", svg)


def test_it_says_nothing_of_its_making() -> None:
    svg = drawn()
    assert "<metadata" not in svg
    assert "Matplotlib v" not in svg
    assert "<style" not in svg
    assert "DejaVu" not in svg


def test_ids_of_two_figures_never_meet_and_references_resolve() -> None:
    found: list[set[str]] = []
    for name in ("one", "two"):
        svg = drawn(name)
        ids = re.findall(r' id="([^"]+)"', svg)
        assert len(ids) == len(set(ids))
        references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
        assert references
        assert {a or b for a, b in references} <= set(ids)
        found.append(set(ids))
    assert not found[0] & found[1]


def test_the_same_drawing_gives_the_same_text() -> None:
    assert drawn() == drawn()


def test_global_settings_stay_as_they_were() -> None:
    before = dict(mpl.rcParams)
    drawn()
    assert dict(mpl.rcParams) == before


def test_text_stays_text_and_is_placed_in_pixels() -> None:
    svg = drawn(words="a label")
    place = re.search(r'x="([\d.]+)" y="([\d.]+)"[^>]*>a label</text>', svg)
    assert place is not None
    assert float(place[1]) == pytest.approx(10)
    assert float(place[2]) == pytest.approx(30, abs=6)


@pytest.mark.parametrize(
    "words",
    ["<script>alert(1)</script>", "$x^2$ --> ]]>", "a\nb\tc", "\x00\x07", "心電図 🫀", "#0a0b05"],
)
def test_hostile_text_is_shown_as_it_is(words: str) -> None:
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", drawn(words=words))
    expected = tidy(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert expected in [*shown, ""]
    assert "<script" not in drawn(words=words)


def test_long_text_is_cut_in_the_middle_to_the_room() -> None:
    words = "imaging of the chest, frontal and lateral view"
    short = shortened(words, 120)
    assert text_width(short) <= 120
    assert words.startswith(short.split("…")[0])
    assert words.endswith(short.split("…")[1])
    assert shortened(words, 1000) == words
    assert shortened(words, 1) == "…"


def test_bold_text_takes_more_room() -> None:
    assert text_width("label", bold=True) > text_width("label")


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3e-5, 2e-5), (1234.0, 98765.0), (0.5, 0.50001)]
)
def test_ticks_lie_inside_and_read_as_their_places(low: float, high: float) -> None:
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 6
    for place, label in found:
        assert low <= place <= high
        value = float(label.replace(",", "").replace("\N{MINUS SIGN}", "-"))
        assert value == pytest.approx(place, abs=1e-9)


def test_signed_ticks_show_plus_and_a_bare_zero() -> None:
    labels = [label for _, label in ticks(-0.1, 0.1, 4, sign=True)]
    assert "+0.10" in labels or "+0.1" in labels
    assert {"0.00", "0.0"} & set(labels)
