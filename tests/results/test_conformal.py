"""Calibrations survive JSON, and damage is noticed."""

import json
from typing import Any

import pytest

from consilience.results.conformal import Calibration, Errors


@pytest.fixture
def known() -> Calibration:
    return Calibration(
        method="additive",
        task="classification",
        modalities=("labs", "ecg"),
        temperature=1.25,
        log_loss=0.5,
        calibrated_log_loss=0.4,
        grouped=True,
        pooled=Errors(5, 3, (0.1, 0.1 + 0.2, 0.7), (0.25, 0.5, 0.75)),
        patterns={
            ("labs", "ecg"): Errors(4, 2, (0.1, 0.3), (1 / 3, 2 / 3)),
            (): Errors(1, 1, (), ()),
        },
    )


def test_json_gives_back_the_same_bit_for_bit(known: Calibration) -> None:
    text = json.dumps(known.to_dict(), allow_nan=False)
    assert Calibration.from_dict(json.loads(text)) == known


def test_what_can_be_promised_at_most(known: Calibration) -> None:
    assert known.pooled.most == 0.75
    assert known.unit == "group"


@pytest.mark.parametrize(
    ("change", "kind", "expected"),
    [
        ({"format": 2}, ValueError, r"^format 2; expected 1$"),
        (
            {"pooled": {"samples": 1, "units": 1, "sizes": [1], "levels": []}},
            ValueError,
            r"^1 sizes",
        ),
        ({"patterns": [{}]}, KeyError, "present"),
    ],
)
def test_damage_is_noticed(
    known: Calibration, change: dict[str, Any], kind: type[Exception], expected: str
) -> None:
    with pytest.raises(kind, match=expected):
        Calibration.from_dict(known.to_dict() | change)
