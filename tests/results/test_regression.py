"""A regression as words, tables and plain values."""

import json
import math

import numpy as np
import pytest

from consilience.results.regression import (
    Coefficient,
    InteractionRegression,
    LinearModel,
    NestedTest,
    coefficient,
)


def model(formula: str, *estimates: float) -> LinearModel:
    terms = ("constant", "<a>", "b", "<a>*b")
    made = [coefficient(t, w, 0.5, 20, 0.95) for t, w in zip(terms, estimates, strict=False)]
    return LinearModel(formula, tuple(made), 0.5, 0.45, 1.5, 20)


FOUND = InteractionRegression(
    models=(
        model("y ~ <a>", 1.0, 2.0),
        model("y ~ <a> + b", 1.0, 2.0, 3.0),
        model("y ~ <a> + b + <a>*b", 1.0, 2.0, 3.0, 4.0),
    ),
    tests=(
        NestedTest("y ~ <a>", "y ~ <a> + b", 3.0, (1, 21), 0.1),
        NestedTest("y ~ <a> + b", "y ~ <a> + b + <a>*b", 64.0, (1, 20), 1e-7),
    ),
    slopes=(coefficient("<a> at b = 1", 6.0, 0.5, 20, 0.95),),
    names=("<a>", "b", "y"),
    centres=(0.0, 0.5),
    covariance="hc3",
    level=0.95,
    rows_used=24,
    rows_left_out=2,
    matrix=np.diag([9.0, 0.16, 9.0, 0.09]) + 0.02,
    notes=("Mind & this.",),
)


def test_a_slope_with_its_error() -> None:
    slope = FOUND.slope_at(2.5)
    assert slope.term == "<a> at b = 2.5"
    assert slope.estimate == pytest.approx(2.0 + 4.0 * 2.0)
    assert slope.standard_error == pytest.approx(math.sqrt(0.18 + 4 * 0.11 + 2 * 2 * 0.02))
    assert slope.high - slope.estimate == pytest.approx(2.0860 * slope.standard_error, rel=1e-4)


def test_terms_are_found_by_name() -> None:
    assert FOUND.interaction is FOUND.models[2]["<a>*b"]
    assert str(FOUND.interaction) == "<a>*b: 4.00 [2.96, 5.04]"
    with pytest.raises(KeyError, match="c"):
        _ = FOUND.models[0]["c"]


def test_a_coefficient_without_error() -> None:
    assert coefficient("x", 2.0, 0.0, 5, 0.95) == Coefficient(
        "x", 2.0, 0.0, 2.0, 2.0, math.inf, 0.0
    )
    assert coefficient("x", -2.0, 0.0, 5, 0.95).t == -math.inf
    assert coefficient("x", 0.0, 0.0, 5, 0.95).p_value == 1.0
    assert coefficient("x", 1.0, 1.0, 5, 0.5).high == pytest.approx(1 + 0.7267, abs=1e-4)


def test_words() -> None:
    lines = str(FOUND).splitlines()
    assert lines[0] == "24 rows, HC3 standard errors"
    assert "y ~ <a> + b + <a>*b  (R2 0.500)" in lines
    assert lines.count(f"{'':24} estimate        95% interval        p") == 4
    line = next(text for text in lines if text.startswith("  <a>*b"))
    assert line.split() == ["<a>*b", "4.000", "[2.957,", "5.043]", "1.2e-07"]
    assert lines[-2] == "y ~ <a> + b + <a>*b against y ~ <a> + b: F(1, 20) = 64.00, p = 1e-07"
    assert lines[-1] == "Mind & this."


def test_plain_values_survive_json() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict()))
    assert plain["models"][2]["coefficients"][3]["estimate"] == 4.0
    assert plain["tests"][1]["freedom"] == [1, 20]
    assert (plain["covariance"], plain["rows_left_out"]) == ("hc3", 2)


def test_a_row_a_coefficient() -> None:
    frame = FOUND.to_frame().to_pandas()
    assert len(frame) == 2 + 3 + 4 + 1
    assert frame["model"].iloc[-1] == "slopes"
    assert frame["estimate"].iloc[-1] == 6.0


def test_html_is_escaped() -> None:
    page = FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "<a>" not in page
    assert "&lt;a&gt;*b" in page
    assert "Mind &amp; this." in page
    assert page.count("<table>") == page.count("</table>") == 4
