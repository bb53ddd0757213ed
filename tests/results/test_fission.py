"""What is kept reads, prints and travels as plain values."""

import json
import math

import pytest

from consilience.errors import ModalityError
from consilience.results.fission import FactorKept, FactorsKept, InformationKept
from consilience.results.interactions import Interactions, PairInteractions
from consilience.results.quantity import Quantity
from consilience.results.robustness import Measured

UNKNOWN = Measured(0.2, math.nan, math.nan)
ROWS = (
    FactorKept("ours", "shared", Measured(0.9, 0.85, 0.95), Measured(1.6, 1.5, 1.7)),
    FactorKept("ours", "own", Measured(0.8, 0.7, 0.9), Measured(1.1, 1.0, 1.2)),
    FactorKept("other <", "shared", Measured(0.95, 0.9, 1.0), Measured(2.0, 1.9, 2.1)),
    FactorKept("other <", "own", UNKNOWN, UNKNOWN),
)
KEPT = FactorsKept(ROWS, 10, 500, {"ours": 4, "other <": 2})


def pair(synergy: float) -> PairInteractions:
    q = Quantity(0.1, 0.0, 0.2)
    return PairInteractions(
        ("a", "b"), q, q, q, Quantity(synergy, 0.0, 1.0), q, q, q, "discrete", "few rows", 9, 0
    )


def test_rows_are_found_by_name_and_wrong_names_are_told() -> None:
    assert KEPT["ours", "own"].r2.estimate == 0.8
    assert (KEPT.representations, KEPT.factors) == (("ours", "other <"), ("shared", "own"))
    assert list(KEPT) == list(ROWS)
    assert len(KEPT) == 4
    with pytest.raises(ModalityError, match="'ours & owm'; did you mean 'ours & own'"):
        KEPT["ours", "owm"]


def test_it_prints_a_row_a_factor_and_a_column_a_representation() -> None:
    lines = str(KEPT).splitlines()
    assert lines[0] == "R2 of a linear probe on new samples, 95 % intervals over 10 seeds"
    assert lines[1].split("  ")[-2:] == ["ours (4 columns)", "other < (2 columns)"] or (
        "ours (4 columns)" in lines[1] and "other < (2 columns)" in lines[1]
    )
    assert lines[2].startswith("shared  0.900 [0.850, 0.950]")
    assert lines[3].startswith("own     0.800 [0.700, 0.900]")
    html = KEPT._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "other &lt; (2 columns)" in html
    assert "other < (" not in html


def test_it_travels_as_plain_values() -> None:
    plain = json.loads(json.dumps(KEPT.to_dict(), allow_nan=False))
    assert plain["rows"][3]["r2"] == {"estimate": 0.2, "low": None, "high": None}
    assert (plain["seeds"], plain["widths"]) == (10, {"ours": 4, "other <": 2})
    frame = KEPT.to_frame()
    assert frame.num_rows == 4
    assert frame.column("bits_high").to_pylist() == [1.7, 1.2, 2.1, None]


def test_information_stands_side_by_side() -> None:
    both = InformationKept(
        Interactions((pair(0.9),), None, "y"), Interactions((pair(0.3),), None, "y"), ("look",)
    )
    lines = str(both).splitlines()
    assert lines[0].split() == ["a", "and", "b", "(bits)", "data", "representation"]
    (synergy,) = [line for line in lines if line.startswith("synergy")]
    assert synergy.index("0.900") < synergy.index("0.300")
    assert lines[-1] == "Beware: look"
    assert both.to_dict()["representation"]["pairs"][0]["synergy"]["estimate"] == 0.3
    panels = both.plot().axes
    titles = [a.get_title(loc="left") + a.get_title() for a in panels]
    assert panels[0].get_xlim() == panels[1].get_xlim()
    assert panels[0].get_xlim()[1] >= 0.9
    assert any("data" in t for t in titles)
    assert "<td>synergy</td>" in both._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
