import numpy as np

from consilience.data.auditing.groups import group_findings
from consilience.data.container import MultimodalData


def found(groups: np.ndarray, target: np.ndarray | None = None) -> dict[str, str]:
    """Messages about groups, by code."""
    data = MultimodalData({"a": np.arange(len(groups))}, target=target, groups=groups)
    return {f.code: f.message for f in group_findings(data, ())}


def test_number_and_largest_share_are_noted() -> None:
    assert found(np.array(list("aabbccddee") + ["e"] * 2)) == {
        "groups": "5 groups; the largest, 'e', has 4 samples (33.3%)"
    }
    assert list(group_findings(MultimodalData({"a": [1]}), ())) == []


def test_few_or_uneven_groups_are_warned_of() -> None:
    assert found(np.arange(12) % 3)["few_groups"] == "3 groups cannot fill 5 folds"
    uneven = np.r_[np.zeros(20, int), np.arange(1, 6)]
    assert found(uneven)["large_group"].startswith("group 0 has 80% of samples")


def test_groups_of_one_class_are_counted() -> None:
    groups = np.arange(20) // 2
    target = np.r_[np.tile([0, 1], 6), np.zeros(8, int)]
    assert found(groups, target)["one_class_groups"] == "4 of 10 groups hold one class only"
    assert "one_class_groups" not in found(groups, np.tile([0, 1], 10))
    assert "one_class_groups" not in found(groups, np.arange(20) + 0.5)


def test_groups_that_cross_a_split_are_errors() -> None:
    data = MultimodalData({"a": np.arange(12)}, groups=np.arange(12) // 2)
    findings = group_findings(data, [(np.arange(5), np.arange(5, 12))])
    (error,) = [f for f in findings if f.severity == "error"]
    assert error.code == "group_across_splits"
    assert error.message == "1 group stand both in training and test: 2"
