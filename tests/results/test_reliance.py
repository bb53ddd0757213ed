"""Numbers and words of what a model leans on."""

import json
import math

import pytest

from consilience.results.reliance import (
    PerceptualScores,
    ShapleyValues,
    UnimodalBias,
    Utilization,
)
from consilience.results.robustness import Measured


def around(x: float) -> Measured:
    return Measured(x, x - 0.1, x + 0.1)


def test_utilization() -> None:
    found = Utilization(
        "accuracy",
        around(0.8),
        {"a": around(0.4), "b": around(0.6)},
        {"a": around(0.5), "b": around(0.25)},
        1200,
    )
    assert found.imbalance == pytest.approx(0.25)
    assert str(found) == (
        "accuracy is 0.800 [0.700, 0.900] on 1,200 samples; lost is 0.500 [0.400, 0.600] of it "
        "without a, 0.250 [0.150, 0.350] of it without b."
    )
    rows = found.to_frame().to_pylist()
    assert [row["without"] for row in rows] == [0.4, 0.6]
    assert rows[0]["estimate"] == 0.5
    unknown = Measured(math.nan, math.nan, math.nan)
    nothing = Utilization("r2", unknown, {"a": unknown}, {"a": unknown}, 1)
    assert json.loads(json.dumps(nothing.to_dict()))["imbalance"] is None


def test_perceptual_scores() -> None:
    found = PerceptualScores("accuracy", around(0.8), {"a": around(0.3)}, 5, 100)
    assert str(found) == (
        "accuracy is 0.800 [0.700, 0.900] on 100 samples; it falls 0.300 [0.200, 0.400] by "
        "permuting a."
    )
    assert found.to_frame().to_pylist()[0]["modality"] == "a"
    assert json.loads(json.dumps(found.to_dict()))["repeats"] == 5


def test_shapley_values() -> None:
    patterns = {(): 0.5, ("a",): 0.7, ("b",): 0.6, ("a", "b"): 0.8}
    found = ShapleyValues(
        "accuracy",
        around(0.8),
        around(0.5),
        {"a": around(0.2), "b": around(0.1)},
        patterns,
        100,
    )
    assert str(found) == (
        "accuracy is 0.800 [0.700, 0.900] with all modalities and 0.500 [0.400, 0.600] with "
        "none; to the difference add: a 0.200 [0.100, 0.300], b 0.100 [0.000, 0.200]."
    )
    assert found.to_frame().column_names == ["modality", "metric", "estimate", "low", "high"]
    told = json.loads(json.dumps(found.to_dict()))["patterns"]
    assert told[3] == {"present": ["a", "b"], "score": 0.8}


def test_unimodal_bias() -> None:
    plain = UnimodalBias(around(0.5), {"q": around(0.7), "v": around(0.6)}, around(0.8), {}, 100)
    assert plain.best_alone == "q"
    said = (
        "With all modalities accuracy is 0.800 [0.700, 0.900] on 100 samples; q alone reaches "
        "0.700 [0.600, 0.800], the most frequent class 0.500 [0.400, 0.600]."
    )
    assert str(plain) == said
    pairs = {"q": around(0.0), "v": around(0.2), "all": around(0.4), "majority": around(0.0)}
    paired = UnimodalBias(plain.majority, plain.alone, plain.together, pairs, 100)
    assert str(paired) == (
        f"{said} Both samples of a pair are right in 0.400 [0.300, 0.500] of pairs with all "
        "modalities, in 0.000 [-0.100, 0.100] with q alone."
    )
    rows = paired.to_frame().to_pylist()
    assert [row["sees"] for row in rows] == ["majority", "q", "v", "all"]
    assert [row["both_of_a_pair"] for row in rows] == [0.0, 0.0, 0.2, 0.4]
    assert plain.to_frame().to_pylist()[0]["both_of_a_pair"] is None
    assert json.loads(json.dumps(paired.to_dict()))["pairs"]["all"]["estimate"] == 0.4
