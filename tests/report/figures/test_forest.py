"""The forest plot tells every number in words and marks what matters."""

import re

from consilience.report.figures.forest import draw_forest
from consilience.results import MethodRow

ROWS = (
    MethodRow("concat", "fusion", 0.84, 0.8, 0.88, 0.05, 0.02, 0.08, 0.004, 1.0),
    MethodRow("gyro", "unimodal", 0.79, 0.75, 0.83, 0.0, 0.0, 0.0, None, 1.0),
)


def drawn(*, higher_is_better: bool = True) -> str:
    return draw_forest(
        ROWS,
        metric="balanced_accuracy",
        higher_is_better=higher_is_better,
        best_method="concat",
        best_unimodal="gyro",
    )


def test_the_description_states_the_numbers() -> None:
    assert (
        "concat (fusion): 0.840, 95 % interval 0.800 to 0.880; "
        "gyro (single modality): 0.790, 95 % interval 0.750 to 0.830." in drawn()
    )


def test_the_axis_says_which_direction_is_better() -> None:
    assert "Balanced accuracy (higher is better)" in drawn()
    assert "Balanced accuracy (lower is better)" in drawn(higher_is_better=False)


def test_only_the_best_method_is_bold() -> None:
    bold = re.findall(r'<text style="font-weight: 700[^>]*>([^<]*)<', drawn())
    assert bold == ["concat"]


def test_a_single_modality_is_an_open_square_in_its_own_colour() -> None:
    fills = re.findall(
        r'<use xlink:href="[^"]+"[^>]*style="fill: ([^;]+); stroke: ([^;"]+)', drawn()
    )
    assert fills[0] == ("var(--fusion)", "var(--fusion)")
    assert fills[1] == ("var(--surface)", "var(--unimodal)")


def test_the_yardstick_line_goes_through_its_marker() -> None:
    svg = drawn()
    line = re.search(r'd="M ([\d.]+) [\d.]+ L \1 [\d.]+ ?"[^>]*stroke-dasharray', svg)
    markers = re.findall(r'<use xlink:href="[^"]+" x="([\d.]+)"', svg)
    assert line is not None
    assert abs(float(line[1]) - float(markers[1])) < 0.01
