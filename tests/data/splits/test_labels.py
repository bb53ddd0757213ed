import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from consilience.data.splits.labels import deal

FIFTHS = [0.2] * 5


def _drawn(seed: int, n: int, rates: list[float]) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    return (rng.random((n, len(rates))) < rates).astype(np.int64)


def _spread(labels: NDArray[np.int64], part: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """By part and label, how many samples have it; the last column counts samples."""
    counts = np.column_stack([labels, np.ones(len(labels), dtype=np.int64)])
    return np.array([counts[part == k].sum(axis=0) for k in range(parts)])


@given(st.integers(0, 10**6), st.integers(40, 200))
@settings(max_examples=30, deadline=None)
def test_every_label_has_nearly_the_same_number_in_every_part(seed: int, n: int) -> None:
    labels = _drawn(seed, n, [0.5, 0.2, 0.05])
    found = _spread(labels, deal(labels, None, FIFTHS, np.random.default_rng(seed)), 5)
    assert (np.abs(found - found.mean(axis=0)) < 2.5).all()
    assert found.sum(axis=0).tolist() == [*labels.sum(axis=0).tolist(), n]


def test_labels_are_dealt_more_evenly_than_by_shuffling() -> None:
    labels = _drawn(1, 1000, [0.1, 0.03, 0.5, 0.02])
    rng = np.random.default_rng(0)
    dealt = _spread(labels, deal(labels, None, FIFTHS, rng), 5)
    shuffled = _spread(labels, rng.permutation(1000) % 5, 5)
    assert dealt.std(axis=0)[:4].max() < 1 < shuffled.std(axis=0)[:4].max()


def test_a_label_of_as_many_samples_as_parts_is_in_each_once() -> None:
    labels = np.zeros((100, 2), dtype=np.int64)
    labels[:5, 0] = 1
    labels[3:60, 1] = 1
    found = _spread(labels, deal(labels, None, FIFTHS, np.random.default_rng(3)), 5)
    assert found[:, 0].tolist() == [1] * 5
    assert np.ptp(found[:, 1]) <= 1


def test_a_group_is_never_divided() -> None:
    labels = _drawn(2, 300, [0.4, 0.1])
    groups = np.random.default_rng(2).integers(0, 60, 300)
    groups = np.unique(groups, return_inverse=True)[1]
    part = deal(labels, groups, FIFTHS, np.random.default_rng(0))
    assert all(len(np.unique(part[groups == g])) == 1 for g in range(60))
    found = _spread(labels, part, 5)
    assert (np.abs(found / found.mean(axis=0) - 1)[:, [0, 2]] < 0.25).all()


def test_parts_of_unequal_shares_get_theirs_of_every_label() -> None:
    labels = _drawn(4, 1000, [0.5, 0.1])
    found = _spread(labels, deal(labels, None, [0.85, 0.15], np.random.default_rng(0)), 2)
    assert np.abs(found[1] / found.sum(axis=0) - 0.15).max() < 0.01


def test_the_same_seed_deals_the_same_and_another_otherwise() -> None:
    labels = _drawn(5, 100, [0.5, 0.1])
    one, two, other = (deal(labels, None, FIFTHS, np.random.default_rng(s)) for s in (0, 0, 1))
    assert (one == two).all()
    assert (one != other).any()


def test_a_hundred_thousand_samples_are_dealt_in_bulk() -> None:
    labels = _drawn(6, 100_000, [0.3] * 6)
    found = _spread(labels, deal(labels, None, FIFTHS, np.random.default_rng(0)), 5)
    assert np.ptp(found, axis=0).max() <= 12


def test_a_rare_label_of_as_many_groups_as_parts_is_in_each_once() -> None:
    groups = np.repeat(np.arange(50), 4)
    labels = np.column_stack([np.isin(groups, [3, 9, 20, 31, 44]), groups < 45]).astype(np.int64)
    for seed in range(5):
        part = deal(labels, groups, FIFTHS, np.random.default_rng(seed))
        assert _spread(labels, part, 5)[:, 0].tolist() == [4] * 5
