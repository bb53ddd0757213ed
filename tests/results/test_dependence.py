import json
import math

from consilience.results.dependence import MutualInformation


def found(estimate: float, kind: str = "lower", ceiling: float | None = 7.0) -> MutualInformation:
    assert kind in ("lower", "upper", "estimate")
    return MutualInformation(
        estimate, estimate - 0.1, estimate + 0.1, "x", kind, 2000, 128, ceiling, ("look out",)
    )


def test_says_on_which_side_the_truth_lies() -> None:
    assert str(found(1.2)).startswith("at least 1.200 [1.100, 1.300] bits (x, ceiling 7.00)\n")
    assert str(found(1.2, "upper", None)).startswith("at most 1.200 [1.100, 1.300] bits (x)\n")
    assert str(found(1.2, "estimate", None)).endswith("\nBeware: look out")


def test_no_interval_is_not_shown() -> None:
    bare = MutualInformation(0.5, math.nan, math.nan, "ksg", "estimate", 100)
    assert str(bare) == "about 0.500 bits (ksg)"
    assert bare.to_dict()["low"] is None


def test_the_ceiling_is_near_from_95_percent() -> None:
    assert found(6.65).is_at_ceiling
    assert not found(6.64).is_at_ceiling
    assert not found(9.0, ceiling=None).is_at_ceiling


def test_is_plain_enough_for_json() -> None:
    plain = json.loads(json.dumps(found(1.2).to_dict()))
    assert plain["kind"] == "lower"
    assert plain["warnings"] == ["look out"]
