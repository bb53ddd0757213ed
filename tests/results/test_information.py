"""The decomposition's result: intervals, parts of a batch, words."""

import numpy as np
import pytest

from consilience.results.information import PID


def single(**changes: object) -> PID:
    values: dict[str, object] = {
        "redundancy": 0.25,
        "unique": (0.5, 1e-9),
        "synergy": 1.0,
        "gap": 1e-8,
        "q": np.ones((1, 1, 1)),
        "converged": True,
        "iterations": 7,
        "information": (0.75, 0.250000001, 1.750000001),
    }
    return PID(**(values | changes))  # pyright: ignore[reportArgumentType]  options of many types


def batch() -> PID:
    numbers = np.array([0.25, 0.5])
    return single(
        redundancy=numbers,
        unique=(numbers + 1, numbers * 0),
        synergy=numbers * 4,
        gap=np.array([1e-9, 1e-3]),
        q=np.ones((2, 1, 1, 1)),
        converged=np.array([True, False]),
        iterations=np.array([5, 9]),
        information=(numbers, numbers, numbers * 3),
    )


def test_intervals_follow_from_the_gap() -> None:
    found = single()
    assert found.redundancy_interval == (0.25, 0.25 + 1e-8)
    assert found.synergy_interval == (1.0, 1.0 + 1e-8)
    (low_1, high_1), (low_2, high_2) = found.unique_interval
    assert (low_1, high_1) == (0.5 - 1e-8, 0.5)
    assert (low_2, high_2) == (0.0, 1e-9)
    assert type(low_1) is float


def test_a_batch_has_intervals_of_its_shape() -> None:
    (low, high), _ = batch().unique_interval
    np.testing.assert_allclose(low, [1.25 - 1e-9, 1.499])
    np.testing.assert_allclose(high, [1.25, 1.5])


def test_a_batch_gives_up_its_parts() -> None:
    part = batch()[1]
    assert part.shape == ()
    assert part.q.shape == (1, 1, 1)
    assert (part.redundancy, part.unique, part.synergy) == (0.5, (1.5, 0.0), 2.0)
    assert (part.gap, part.converged, part.iterations) == (1e-3, False, 9)
    assert (type(part.gap), type(part.converged), type(part.iterations)) == (float, bool, int)
    assert batch()[:1].shape == (1,)


def test_a_single_table_has_no_parts() -> None:
    with pytest.raises(IndexError, match="of a single table; only a batch can be indexed"):
        single()[0]


def test_words_of_a_single_table() -> None:
    assert repr(single()) == (
        "PID(redundancy=0.2500, unique=(0.5000, 0.0000), synergy=1.0000, gap=1.0e-08)"
    )
    assert repr(single(converged=False)).endswith("gap=1.0e-08, converged=False)")
    assert str(single()).splitlines() == [
        "one table",
        "redundancy   0.2500 bits",
        "unique 1     0.5000 bits",
        "unique 2     0.0000 bits",
        "synergy      1.0000 bits",
        "certified to 1.0e-08 bits",
    ]


def test_words_of_a_batch() -> None:
    assert repr(batch()) == "PID(shape=(2,), converged=1 of 2, largest gap=1.0e-03)"
    lines = str(batch()).splitlines()
    assert lines[0] == "2 tables, mean over them"
    assert lines[1] == "redundancy   0.3750 bits"
    assert lines[-1] == "certified to 1.0e-03 bits; 1 of 2 above the tolerance asked for"


def test_a_dictionary_is_plain() -> None:
    named = single().to_dict()
    assert named["unique_1"] == 0.5
    assert named["information_12"] == 1.750000001
    assert {type(value) for value in named.values()} == {float, bool, int}
    assert batch().to_dict()["converged"] == [True, False]


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        single().gap = 0.0  # pyright: ignore[reportAttributeAccessIssue]  frozen: this must fail
