"""Near duplicates are found in any modality and never stand on both sides of a split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.data.container import MultimodalData
from consilience.data.splits import duplicates
from consilience.data.splits.duplicates import (
    NEAR,
    components,
    divide_apart,
    near_duplicates,
)
from consilience.errors import ConfigurationError, DataError


def pictures(n: int = 60, width: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, width))


def test_a_picture_with_a_touch_of_noise_is_found_and_a_different_one_is_not() -> None:
    x = pictures()
    x[7] = x[3] + 0.02 * np.random.default_rng(1).normal(size=300)
    x[9] = x[4] + 0.5 * np.random.default_rng(1).normal(size=300)
    assert near_duplicates(MultimodalData({"image": x})).tolist() == [[3, 7]]


@pytest.mark.parametrize("width", [8, 300])
def test_the_limit_is_a_share_of_the_usual_distance(width: int) -> None:
    """Both below and above the width where candidates are sought in a sketch.

    Columns of mean 0 and variance 1 differ by the root of twice their number.
    """
    x = pictures(400, width)
    x = (x - x.mean(0)) / x.std(0)
    limit = NEAR * np.sqrt(2 * width)
    for step, found in ((0.9 * limit, [[5, 6]]), (1.15 * limit, [])):
        y = x.copy()
        y[6] = y[5]
        y[6, 0] += step * x[:, 0].std()
        assert near_duplicates(MultimodalData({"a": y})).tolist() == found


def test_scale_of_a_column_does_not_matter() -> None:
    x = pictures(40, 6)
    x[:, 2] *= 1000
    x[9] = x[2]
    assert near_duplicates(MultimodalData({"a": x})).tolist() == [[2, 9]]


def test_the_same_words_are_the_same_text_unless_they_are_few() -> None:
    texts = ["A dog runs fast.", "a dog runs fast", "the cat sat there", "dog", "dog", None, None]
    data = MultimodalData({"note": texts}, kinds={"note": "text"})
    assert near_duplicates(data).tolist() == [[0, 1]]


def test_equal_rows_of_few_columns_are_to_be_expected() -> None:
    assert len(near_duplicates(MultimodalData({"a": np.zeros((9, 3))}))) == 0


def test_one_modality_is_enough_and_absent_rows_are_none() -> None:
    a, b = pictures(20, 5), pictures(20, 5)[::-1].copy()
    a[3] = a[11]
    b[[4, 5]] = np.nan
    assert near_duplicates(MultimodalData({"a": a, "b": b})).tolist() == [[3, 11]]


def test_missing_numbers_are_taken_as_the_mean() -> None:
    a = pictures(30, 6)
    a[3, 0] = np.nan
    a[8] = a[3]
    assert [3, 8] in near_duplicates(MultimodalData({"a": a})).tolist()


def test_sequences_are_compared_too() -> None:
    even = pictures(20, 12).reshape(20, 4, 3)
    even[17] = even[2]
    uneven = [np.ones((i % 5 + 1, 2)) * (i // 2) for i in range(8)]
    uneven[6] = uneven[1]
    found = near_duplicates(MultimodalData({"a": even})).tolist()
    assert found == [[2, 17]]
    assert [1, 6] in near_duplicates(MultimodalData({"a": uneven})).tolist()


def test_of_very_many_rows_only_equal_ones_are_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    x = pictures(30, 5)
    x[7], x[9] = x[3], x[4] + 1e-6
    monkeypatch.setattr(duplicates, "MANY", 29)
    assert near_duplicates(MultimodalData({"a": x})).tolist() == [[3, 7]]
    monkeypatch.setattr(duplicates, "MANY", 30)
    assert near_duplicates(MultimodalData({"a": x})).tolist() == [[3, 7], [4, 9]]


def test_units_reach_over_chains() -> None:
    units = components(6, np.array([[0, 3], [3, 5], [1, 2]]))
    assert units[0] == units[3] == units[5]
    assert units[1] == units[2]
    assert len(set(units.tolist())) == 3


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), share=st.floats(0.05, 0.9))
def test_duplicates_never_stand_on_both_sides(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 12, size=40)
    data = MultimodalData({"a": pictures(12, 6)[kinds], "b": rng.normal(size=(40, 6))})
    apart = divide_apart(data, share=share, random_state=seed)
    assert not set(kinds[apart.train]) & set(kinds[apart.test])
    assert sorted([*apart.train, *apart.test]) == list(range(40))
    assert len(apart.train)
    assert len(apart.test)
    assert apart.leaks == 0


def test_the_share_is_about_that_asked_for() -> None:
    data = MultimodalData({"a": pictures(200, 5)})
    for share in (0.1, 0.3):
        held = len(divide_apart(data, share=share, random_state=0).test)
        assert held == pytest.approx(200 * share, abs=1)


def test_groups_come_first_and_what_leaks_between_them_is_counted() -> None:
    x = pictures(40, 6)
    x[20:24] = x[0:4]
    data = MultimodalData({"a": x}, groups=np.arange(40) // 20)
    apart = divide_apart(data, share=0.5, random_state=0)
    assert len(apart.test) == 20
    assert len(set((apart.test // 20).tolist())) == 1
    assert apart.leaks == 4


def test_the_same_seed_gives_the_same_division() -> None:
    data = MultimodalData({"a": pictures(50, 5)})
    one, same, other = (divide_apart(data, random_state=s).test.tolist() for s in (1, 1, 2))
    assert one == same != other


def test_what_cannot_be_divided_is_told() -> None:
    data = MultimodalData({"a": pictures(3, 5)}, groups=["x", "x", "x"])
    with pytest.raises(DataError, match=r"^all 3 samples are of one group, so none can be held"):
        divide_apart(data)
    same = MultimodalData({"a": np.repeat(pictures(1, 5), 3, axis=0), "b": pictures(3, 5)})
    texts = MultimodalData({"t": ["one and the same text"] * 3}, kinds={"t": "text"})
    assert len(divide_apart(same).test)
    with pytest.raises(DataError, match=r"^all 3 samples nearly equal one another, so none can"):
        divide_apart(texts)
    with pytest.raises(ConfigurationError, match=r"share must lie between 0 and 1, found 1.0"):
        divide_apart(data, share=1.0)
