"""What is said of two studies."""

import json

import pytest

from consilience.results.interval import Interval
from consilience.results.run_comparison import RunComparison, RunRow


def _compared(delta: Interval | None, unpaired: str | None = None) -> RunComparison:
    estimates = Interval(0.8, 0.7, 0.9), Interval(0.84, 0.75, 0.93)
    p = None if delta is None else 0.04
    return RunComparison(
        "runs/a",
        "runs/b",
        "auroc",
        higher_is_better=True,
        unpaired=unpaired,
        folds=0 if unpaired else 10,
        recommended=RunRow(("labs", "gated"), *estimates, delta, p),
        shared=(RunRow(("labs", "labs"), *estimates, delta, p),),
        notes=("They were made by consilience 1 and 2.",),
    )


@pytest.mark.parametrize(
    ("delta", "end"),
    [
        (
            Interval(0.04, 0.01, 0.07),
            "+0.040 [+0.010, +0.070] (positive is better): the second is better.",
        ),
        (
            Interval(-0.04, -0.07, -0.01),
            "-0.040 [-0.070, -0.010] (positive is better): the second is worse.",
        ),
        (
            Interval(0.0, -0.07, 0.01),
            "+0.000 [-0.070, +0.010] (positive is better): the two cannot be told apart.",
        ),
    ],
)
def test_a_paired_difference_is_put_in_words(delta: Interval, end: str) -> None:
    found = _compared(delta)
    assert found.words == (
        "runs/a recommends labs (auroc 0.800 [0.700, 0.900]), "
        "runs/b recommends gated (0.840 [0.750, 0.930]). "
        f"On the same 10 folds the second differs by {end} "
        "They were made by consilience 1 and 2."
    )
    assert found.recommended.title == "labs / gated"
    head, row = str(found).splitlines()[1:]
    assert head.split() == ["method", "runs/a", "runs/b", "difference", "p"]
    assert row.startswith("labs    0.800 [0.700, 0.900]  0.840 [0.750, 0.930]  ")
    assert row.endswith("  0.040")


def test_without_pairs_no_difference_is_shown() -> None:
    found = _compared(None, "their data differ")
    assert "Their difference cannot be tested, for their data differ; each interval" in found.words
    assert "differs by" not in str(found)
    head, row = str(found).splitlines()[1:]
    assert head.split() == ["method", "runs/a", "runs/b"]
    assert row == "labs    0.800 [0.700, 0.900]  0.840 [0.750, 0.930]"


def test_everything_goes_into_json() -> None:
    found = json.loads(json.dumps(_compared(None, "x").to_dict()))
    assert found["recommended"]["methods"] == ["labs", "gated"]
    assert found["shared"][0]["second"] == {"estimate": 0.84, "low": 0.75, "high": 0.93}
    assert found["shared"][0]["delta"] is None


def test_tiny_negative_numbers_have_no_sign_of_their_own() -> None:
    assert str(Interval(-1e-9, -1e-9, 0.1)) == "0.000 [0.000, 0.100]"
