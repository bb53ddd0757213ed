"""Results of a test of robustness: what can be read from them, and how."""

import json
import math
from dataclasses import FrozenInstanceError, replace

import pytest

from consilience.errors import ModalityError
from consilience.results.robustness import Curve, Measured, PatternScore, Robustness


def _at(*estimates: float) -> tuple[Measured, ...]:
    return tuple(Measured(e, e - 0.05, e + 0.05) for e in estimates)


LEVELS = (0.0, 0.5, 1.0)
ECG = Curve("ecg", "noise", LEVELS, _at(0.9, 0.8, 0.7), _at(0.8)[0])
LABS = Curve("labs", "drop", LEVELS, _at(0.9, 0.9, 0.8), _at(0.875)[0])
EVERY = Curve(
    None,
    "noise, drop",
    LEVELS,
    _at(0.9, 0.6, 0.5),
    _at(0.65)[0],
    calibration=_at(0.1, 0.2, 0.3),
    baseline=_at(0.8, 0.4, 0.3),
    effective=Measured(0.075, 0.01, 0.14),
)
WITHOUT_ECG = PatternScore(("labs",), ("ecg",), _at(0.6)[0], Measured(0.3, 0.2, 0.4))
WITHOUT_LABS = PatternScore(("ecg",), ("labs",), _at(0.85)[0], Measured(0.05, 0.0, 0.1))
FOUND = Robustness(
    "accuracy", True, _at(0.9)[0], (ECG, LABS, EVERY), (WITHOUT_ECG, WITHOUT_LABS), 1200, 5
)


def test_curves_and_patterns_are_found_by_name() -> None:
    assert FOUND["labs"] is LABS
    assert FOUND[None] is EVERY
    assert [c.title for c in FOUND] == ["ecg", "labs", "all modalities"]
    assert len(FOUND) == 3
    assert FOUND.without("ecg") is WITHOUT_ECG
    with pytest.raises(ModalityError, match=r"^no curve of 'lbas'; did you mean 'labs'\?$"):
        FOUND["lbas"]
    with pytest.raises(ModalityError, match=r"^no pattern without 'ekg'; did you mean 'ecg'\?$"):
        FOUND.without("ekg")


def test_the_weakest_and_the_worst_are_the_lowest_scores_of_the_highest_losses() -> None:
    assert FOUND.weakest is ECG
    assert FOUND.worst is WITHOUT_ECG
    loss = replace(FOUND, metric="rmse", higher_is_better=False)
    assert loss.weakest is LABS
    unknown = replace(ECG, relative=Measured(math.nan, math.nan, math.nan))
    assert replace(FOUND, curves=(unknown, LABS)).weakest is LABS
    nothing = replace(FOUND, curves=(EVERY,), patterns=())
    assert nothing.weakest is None
    assert nothing.worst is None


def test_the_words() -> None:
    assert FOUND.words == (
        "accuracy is 0.900 [0.850, 0.950] on 1,200 clean samples (95 % intervals over samples "
        "and 5 draws of noise a level). Noise costs most in ecg: at level 1 it is "
        "0.700 [0.650, 0.750], on average over the levels 0.800 [0.750, 0.850]. Of 2 patterns "
        "of absence the worst is without ecg: 0.600 [0.550, 0.650]."
    )
    one = replace(FOUND, curves=(), patterns=(), grouped=True, repeats=1)
    assert one.words.endswith("(95 % intervals over groups and 1 draw of noise a level).")


def test_the_table_has_a_line_a_curve_and_a_line_an_absence() -> None:
    text = str(replace(FOUND, warnings=("few samples",)))
    lines = text.split("\n")
    assert lines[1].split("  ")[0] == "input"
    assert [line.split("  ")[0] for line in lines[2:]] == [
        "ecg: noise",
        "labs: drop",
        "all modalities: noise, drop",
        "without ecg",
        "without labs",
        "Beware: few samples",
    ]
    assert lines[4].endswith("0.075 [0.010, 0.140]  0.300 [0.250, 0.350]")
    plain = str(replace(FOUND, curves=(ECG,)))
    assert "baseline" not in plain
    assert "calibration" not in plain


def test_html_is_escaped() -> None:
    html = replace(
        FOUND, curves=(replace(ECG, modality="<b>"),), warnings=("a < b",)
    )._repr_html_()  # pyright: ignore[reportPrivateUsage]  what notebooks call
    assert "<b>" not in html
    assert "&lt;b&gt;: noise" in html
    assert "Beware: a &lt; b" in html
    assert html.count("<tr>") == 4


def test_json_holds_everything_and_what_is_not_known_is_null() -> None:
    unknown = replace(FOUND, clean=Measured(0.9, math.nan, math.inf))
    plain = json.loads(json.dumps(unknown.to_dict(), allow_nan=False))
    assert plain["clean"] == {"estimate": 0.9, "low": None, "high": None}
    assert plain["curves"][2]["modality"] is None
    assert plain["curves"][2]["effective"] == {"estimate": 0.075, "low": 0.01, "high": 0.14}
    assert [s["estimate"] for s in plain["curves"][0]["scores"]] == [0.9, 0.8, 0.7]
    assert plain["curves"][0]["effective"] is None
    assert plain["worst"] == plain["patterns"][0]
    assert plain["patterns"][0]["loss"]["estimate"] == 0.3


def test_a_frame_has_a_row_a_level() -> None:
    rows = FOUND.to_frame().to_pylist()
    assert len(rows) == 9
    assert rows[8] == {
        "metric": "accuracy",
        "modality": "all modalities",
        "noise": "noise, drop",
        "level": 1.0,
        "estimate": 0.5,
        "low": 0.45,
        "high": 0.55,
        "calibration": 0.3,
        "baseline": 0.3,
    }
    assert rows[0]["baseline"] is None


def test_results_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        FOUND.metric = "auroc"  # pyright: ignore[reportAttributeAccessIssue]  frozen: this must fail


def test_the_plot_is_a_figure_of_all_curves() -> None:
    (axes,) = FOUND.plot().axes
    assert len(axes.lines) == 4
