"""Interactions as words, tables and pictures."""

import json
from typing import Any

import pytest

from consilience.errors import ModalityError
from consilience.results.interactions import (
    NULL,
    QUANTITIES,
    Interactions,
    PairInteractions,
    Sensitivity,
)
from consilience.results.quantity import Quantity


def _q(value: float) -> Quantity:
    return Quantity(value, value - 0.02, value + 0.02, 0.01, 0.005)


def _pair(one: str, two: str, **more: Any) -> PairInteractions:
    values = (0.1, 0.2, 0.0, 0.5, 0.3, 0.1, 0.8)
    known = {name: _q(value) for name, value in zip(QUANTITIES, values, strict=True)}
    rest: dict[str, Any] = {"estimator": "discrete", "reason": "Why not.", **known, **more}
    return PairInteractions(names=(one, two), rows_used=90, rows_left_out=10, **rest)


FOUND = Interactions(
    (_pair("labs", "<ecg>", warnings=("few rows",)), _pair("labs", "note")),
    _q(0.9),
    "Target of 2 classes",
    (_pair("labs", "<ecg>+note"),),
)


def test_pairs_are_found_by_name_in_either_order() -> None:
    assert FOUND["note", "labs"].names == ("labs", "note")
    assert FOUND["labs", "<ecg>+note"] is FOUND.against_rest[0]
    assert [p.title for p in FOUND] == ["labs and <ecg>", "labs and note"]
    assert len(FOUND) == 2
    with pytest.raises(ModalityError, match=r"no pair 'labs & nota'; did you mean 'labs & note'"):
        _ = FOUND["labs", "nota"]


BARS = "##############="
"""24 characters are 0.82 bits: 14 reach 0.48, 15 both 0.50 and 0.52."""


def test_bars_end_at_the_estimate_and_the_ends_of_its_interval() -> None:
    wide = {
        "synergy": Quantity(0.3, 0.2, 0.82, 0.01, 0.1),
        "unique_1": Quantity(-0.1, -1.0, 0.0, 0.0, 1.0),
    }
    lines = str(_pair("a", "b", **wide)).splitlines()
    assert lines[1].endswith("# to low, = to estimate, - to high")
    drawn = {line.split("  ")[0]: line.split()[-1] for line in lines[2:9]}
    assert drawn["synergy"] == "######===---------------"
    assert drawn["unique to a"] == "1.000"
    nothing = dict.fromkeys(QUANTITIES, Quantity(0.0, 0.0, 0.0, 0.0, 1.0))
    assert str(_pair("a", "b", **nothing)).splitlines()[2].endswith("1.000")


def test_words() -> None:
    text = str(FOUND)
    assert "labs and <ecg>: discrete, 90 rows, 10 left out" in text
    line = next(row for row in text.splitlines() if row.startswith("synergy"))
    assert line.split() == ["synergy", "0.5000", "[0.4800,", "0.5200]", "0.0100", "0.005", BARS]
    assert "unique to <ecg>" in text
    assert "Beware: few rows" in text
    assert "All modalities together: 0.900 [0.880, 0.920] bits" in text
    assert "Recommended: interacting" in text
    assert NULL in text
    unknown = dict.fromkeys(QUANTITIES, Quantity(0.1, 0.0, 0.2))
    assert NULL not in str(Interactions((_pair("a", "b", **unknown),), None, ""))
    assert FOUND.warnings == ("labs and <ecg>: few rows",)


def test_plain_values_survive_json() -> None:
    plain = json.loads(json.dumps(FOUND.to_dict()))
    assert plain["pairs"][0]["synergy"]["estimate"] == 0.5
    assert plain["against_rest"][0]["names"] == ["labs", "<ecg>+note"]
    assert plain["recommendation"]["family"] == "interacting"
    sensitivity = Sensitivity((2, 3), 0.1, 0.2, 0.3, 0.4)
    assert _pair("a", "b", sensitivity=(sensitivity,)).to_dict()["sensitivity"] == [
        {"clusters": [2, 3], "redundancy": 0.1, "unique_1": 0.2, "unique_2": 0.3, "synergy": 0.4}
    ]


def test_the_whole_minus_the_sum_of_each_alone() -> None:
    three = FOUND.whole_minus_sum
    assert three is not None
    assert [three.estimate, three.low, three.high] == pytest.approx([0.6, 0.56, 0.64])
    pair = _pair("a", "b")
    two = Interactions((pair,), pair.information_12, "Target of 2 classes").whole_minus_sum
    assert two is not None
    assert two.estimate == pytest.approx(pair.synergy.estimate - pair.redundancy.estimate)
    assert [two.low, two.high] == pytest.approx([0.34, 0.46])
    assert Interactions((pair,), None, "").whole_minus_sum is None
    assert FOUND.to_dict()["whole_minus_sum"] == three.to_dict()
    assert f"repeat each other): {three} bits" in str(FOUND)
    assert f"(interaction information): {three} bits" in FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call


def test_a_row_a_quantity() -> None:
    frame = FOUND.to_frame().to_pandas()
    assert len(frame) == 21
    synergy = frame[(frame["quantity"] == "synergy") & (frame["comparison"] == "against rest")]
    assert synergy[["first", "second", "estimate"]].to_numpy().tolist() == [
        ["labs", "<ecg>+note", 0.5]
    ]


def test_html_is_escaped() -> None:
    page = FOUND._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "&lt;ecg&gt;" in page
    assert "<ecg>" not in page
    assert page.count("<table>") == page.count("</table>") == 3


def test_the_picture_has_a_panel_a_pair() -> None:
    assert len(FOUND.plot().axes) == 3
