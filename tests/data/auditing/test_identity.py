import numpy as np
import pytest

from consilience.data.auditing.identity import codes_of, crossing, identity_findings
from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged

HALVES = [(np.arange(10), np.arange(10, 20))]


def samples(repeats: dict[int, int]) -> MultimodalData:
    """Twenty samples of every kind, some with the content of another."""
    order = [repeats.get(i, i) for i in range(20)]
    rng = np.random.default_rng(0)
    table, fixed = rng.normal(size=(20, 3)), rng.normal(size=(20, 4, 2))
    ragged = Ragged.of([rng.normal(size=(1 + i % 3, 1)) for i in range(20)])
    texts = np.array([f"number {i} says so" for i in range(20)], dtype=object)
    table[:, 0][::7] = np.nan
    whole = MultimodalData({"t": table, "f": fixed, "r": ragged, "n": texts}, kinds={"n": "text"})
    return whole[order]


def test_samples_with_the_same_content_are_counted() -> None:
    data = samples({5: 2, 9: 2, 15: 3}).with_target([0, 1] * 10)
    (only,) = identity_findings(data, ())
    assert (only.severity, only.code) == ("warning", "duplicate_sample")
    assert only.message == (
        "3 samples repeat the content of another (first: rows 2 and 5); "
        "1 content with different targets"
    )


def test_a_difference_in_any_one_modality_makes_another_sample() -> None:
    data = samples({5: 2})
    for name in data.schema.names:
        parts = dict(data.modalities)
        whole = samples({})
        parts[name] = whole.modalities[name]
        assert list(identity_findings(MultimodalData(parts), ())) == []


def test_absence_is_part_of_the_content() -> None:
    data = samples({5: 2})
    presence = data.presence.copy()
    presence[5, 1] = False
    parts = dict(data.modalities)
    assert list(identity_findings(MultimodalData(parts, presence=presence), ())) == []


def test_duplicates_that_cross_a_split_are_errors() -> None:
    codes = [f.code for f in identity_findings(samples({15: 3}), HALVES)]
    assert codes == ["duplicate_across_splits", "duplicate_sample"]
    assert [f.code for f in identity_findings(samples({5: 3}), HALVES)] == ["duplicate_sample"]


def test_equal_samples_of_few_columns_are_only_noted() -> None:
    data = MultimodalData({"a": [0, 1, 0, 1], "b": [0, 0, 1, 1]})[[0, 1, 2, 3, 3]]
    assert [f.severity for f in identity_findings(data, ())] == ["note"]


@pytest.mark.parametrize(
    ("groups", "fix"), [(None, "pass them as groups="), (np.arange(20), "keep one row an id")]
)
def test_repeated_ids_are_errors_and_may_be_groups(groups: np.ndarray | None, fix: str) -> None:
    ids = [f"p{i % 16}" for i in range(20)]
    data = MultimodalData({"a": np.arange(20.0)}, ids=ids, groups=groups)
    first, across = identity_findings(data, HALVES)
    assert first.message == "4 ids of 16 occur more than once: 'p0', 'p1', 'p2' and 1 more"
    assert first.fix.endswith(fix)
    assert across.message == "4 ids stand both in training and test"


def test_codes_and_crossings() -> None:
    codes = codes_of(np.array(["b", "a", "b"], dtype=object))
    assert codes.tolist() == [0, 1, 0]
    assert crossing(codes, [(np.array([0]), np.array([1])), (np.array([0]), np.array([2]))]) == [0]
    assert not crossing(np.array([-1, -1]), [(np.array([0]), np.array([1]))]).size
