from typing import Any

import numpy as np
import pytest

from consilience.data.auditing.targets import target_findings, usable_target
from consilience.data.container import MultimodalData


def found(target: Any) -> list[tuple[str, str]]:
    """Codes and messages about a target."""
    rows = 40 if target is None else len(target)
    data = MultimodalData({"a": np.arange(rows)}, target=target)
    return [(f.code, f.message) for f in target_findings(data)]


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        (None, "no_target", "there is no target"),
        ([0, 1] * 10 + [None] * 2, "missing_target", "missing in 2 of 22 samples (first: row 20)"),
        (["a"] * 20, "one_class", "all 20 samples are of class 'a'"),
        ([0] * 20 + [1] * 20 + [2] * 4, "rare_class",
         "1 class of 3 with fewer than 5 samples: 2"),
        ([0] * 95 + [1] * 5, "imbalance", "95.0% of samples are of class 0"),
        ([0.5] * 9, "constant_target", "the target is 0.5 in every sample"),
        ([0.5, np.inf, 1.5], "infinite_target", "infinite in 1 sample (first: row 1"),
    ],
)  # fmt: skip
def test_a_poor_target_is_described(target: Any, code: str, message: str) -> None:
    (only,) = found(target)
    assert only[0] == code
    assert message in only[1]


@pytest.mark.parametrize(
    "target", [[0, 1] * 20, np.arange(40) + 0.5, ["a"] * 10 + ["b"] * 10, [[0, 1], [1, 0]] * 5]
)
def test_a_good_target_is_not(target: Any) -> None:
    assert found(target) == []


def test_each_output_is_looked_at() -> None:
    data = MultimodalData({"a": np.arange(20)}, target=np.c_[np.arange(20) % 2, np.ones(20, int)])
    (only,) = target_findings(data)
    assert (only.code, only.where) == ("one_class", "target '1'")


def test_a_target_wholly_missing_is_one_finding() -> None:
    assert [code for code, _ in found([np.nan, np.nan])] == ["missing_target"]


def test_usable_values_are_those_known_and_varying() -> None:
    data = MultimodalData({"a": np.arange(4)}, target=["b", None, "a", "b"])
    usable = usable_target(data)
    assert usable is not None
    assert (usable[0].tolist(), usable[1].tolist()) == ([1, 0, 1], [0, 2, 3])
    assert usable_target(data.with_target(["a"] * 4)) is None
    assert usable_target(data.with_target(None)) is None
