"""How far from additive, in words, tables and plain values."""

import json

import numpy as np

from consilience.results.additivity import (
    Additivity,
    Gap,
    Projection,
    SecondDifference,
    Share,
)
from consilience.results.interval import Interval

SHARE = Share("all", Interval(0.25, 0.2, 0.31), {"<a>": 0.5, "b": 0.25})
PAIR = SecondDifference(("<a>", "b"), Interval(0.5, 0.4, 0.6), 3.0, 1e-6, 500)
NONE = SecondDifference(("<a>", "b"), Interval(1e-9, 0.0, 1e-8), 2e-7, 1e-6, 500)
GAP = Gap("accuracy", 0.9, 0.7, Interval(0.2, 0.1, 0.3))
FOUND = Additivity(
    names=("<a>", "b"),
    total=SHARE,
    outputs=(Share("0", Interval(0.5, 0.4, 0.6), {}), Share("1", Interval(0.0, 0.0, 0.0), {})),
    second_differences=(PAIR,),
    gap=GAP,
    rows_used=90,
    rows_left_out=10,
    notes=("Mind & this.",),
)


def test_words() -> None:
    assert str(FOUND).splitlines() == [
        "Not additive: interactions make 0.250 [0.200, 0.310] of the variance",
        "Own parts: <a> 0.500, b 0.250",
        "Interaction share of each output: 0: 0.500 [0.400, 0.600], 1: 0.000 [0.000, 0.000]",
        "<a> and b: interactions of relative size 0.500 [0.400, 0.600]",
        "accuracy: 0.900, of the additive part 0.700; difference 0.200 [0.100, 0.300]",
        "Shares and the gap are from 90 of 100 rows.",
        "Mind & this.",
    ]


def test_words_for_what_is_additive_or_has_no_grid() -> None:
    additive = Additivity(("<a>", "b"), SHARE, (), (NONE,), None, 9, 0)
    assert additive.is_additive
    lines = str(additive).splitlines()
    assert lines[0] == "Additive up to rounding: the largest second difference is 2.0e-07"
    assert not any(line.startswith("<a> and b") for line in lines)
    without = Additivity(("<a>", "b"), None, (), (NONE, PAIR), None, 9, 0)
    assert not without.is_additive
    assert str(without).splitlines()[0] == "Not additive"
    alone = Additivity(("b",), None, (), (), None, 9, 0)
    assert str(alone) == "Additive: fewer than two modalities vary"


def test_plain_values_survive_json() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict()))
    assert plain["total"]["interaction"] == {"estimate": 0.25, "low": 0.2, "high": 0.31}
    assert plain["second_differences"][0]["pair"] == ["<a>", "b"]
    assert plain["second_differences"][0]["is_additive"] is False
    assert plain["gap"]["additive_score"] == 0.7
    assert plain["is_additive"] is False
    nothing = Additivity(("b",), None, (), (), None, 9, 0).to_dict()
    assert (nothing["total"], nothing["gap"]) == (None, None)


def test_a_row_a_number() -> None:
    frame = FOUND.to_frame().to_pandas()
    assert frame["quantity"].tolist() == [
        "interaction share",
        "interaction share",
        "interaction share",
        "second difference",
        "gap",
    ]
    assert frame["of"].tolist() == ["all", "0", "1", "<a> and b", "accuracy"]
    assert frame["estimate"].tolist() == [0.25, 0.5, 0.0, 0.5, 0.2]


def test_html_is_escaped() -> None:
    page = FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "&lt;a&gt; and b" in page
    assert "<a>" not in page
    assert "Mind &amp; this." in page
    assert page.count("<tr>") == 6


def test_a_projection_in_a_line() -> None:
    values, error = np.zeros(3), np.array([0.0, 0.125, 0.05])
    exact = Projection(values, np.zeros(1), {}, 0 * error, True, 9, "all combinations")
    assert repr(exact) == "Projection((3,), all combinations)"
    drawn = Projection(values, np.zeros(1), {}, error, False, 9, "random combinations")
    assert repr(drawn) == "Projection((3,), random combinations, standard error up to 0.12)"
