import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.data.container import MultimodalData
from consilience.data.splits import Split, make_splits
from consilience.errors import ConfigurationError, ConsilienceError, DataError, ShapeError


def check_partition(splits: tuple[Split, ...], rows: int, folds: int) -> None:
    """Every repeat tests every row once, and trains on all others."""
    for start in range(0, len(splits), folds):
        own = splits[start : start + folds]
        tested = np.concatenate([s.test for s in own])
        assert sorted(tested.tolist()) == list(range(rows))
        for fold, split in enumerate(own):
            assert (split.repeat, split.fold) == (start // folds, fold)
            assert split.train.tolist() == sorted(set(range(rows)) - set(split.test.tolist()))
            assert split.test.tolist() == sorted(split.test.tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 2**31 - 1), st.integers(2, 4))
def test_classes_have_the_same_share_in_every_fold(
    folds: int, repeats: int, seed: int, classes: int
) -> None:
    target = np.random.default_rng(seed).permutation(np.arange(60) % classes)
    splits = make_splits(target, folds=folds, repeats=repeats, random_state=seed)
    check_partition(splits, 60, folds)
    for split in splits:
        counts = np.bincount(target[split.test], minlength=classes)
        assert np.abs(counts - 60 / classes / folds).max() <= 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1), st.sampled_from(["classification", "regression"]))
def test_a_group_is_never_divided(seed: int, task: str) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 15, 90)
    target = rng.integers(0, 2, 90) if task == "classification" else rng.normal(size=90)
    splits = make_splits(target, folds=3, repeats=2, groups=groups, random_state=seed)
    check_partition(splits, 90, 3)
    assert not any(set(groups[s.train]) & set(groups[s.test]) for s in splits)


def test_quantities_are_stratified_by_quantile() -> None:
    target = np.random.default_rng(0).exponential(size=200)
    means = [target[s.test].mean() for s in make_splits(target, folds=5, random_state=0)]
    assert np.ptp(means) < 0.35
    top = target >= np.quantile(target, 0.8)
    assert [top[s.test].sum() for s in make_splits(target, folds=5, random_state=1)] == [8] * 5


@pytest.mark.parametrize(
    "target", [np.ones(30), np.r_[np.zeros(27), [1.5, 2.5, 3.5]], np.arange(7) + 0.5]
)
def test_ties_and_few_rows_do_not_prevent_folds(target: np.ndarray) -> None:
    splits = make_splits(target, folds=5, task="regression", random_state=0)
    check_partition(splits, len(target), 5)


def test_seeds_repeat_and_repeats_differ() -> None:
    target = np.arange(40) % 2
    first, again = (make_splits(target, repeats=2, random_state=3) for _ in range(2))
    assert all((a.test == b.test).all() for a, b in zip(first, again, strict=True))
    assert any((a.test != b.test).any() for a, b in zip(first[:5], first[5:], strict=True))
    other = make_splits(target, repeats=2, random_state=4)
    assert any((a.test != b.test).any() for a, b in zip(first, other, strict=True))
    np.random.seed(0)  # noqa: NPY002  the global generator is what is looked at
    make_splits(target)
    assert np.random.random() == np.random.RandomState(0).random()  # noqa: NPY002  the global generator is what is looked at


def test_several_outputs_are_only_shuffled() -> None:
    target = np.zeros((12, 2), dtype=int)
    check_partition(make_splits(target, folds=4, random_state=0), 12, 4)
    groups = np.arange(12) // 2
    splits = make_splits(target, folds=3, groups=groups, random_state=0)
    assert not any(set(groups[s.train]) & set(groups[s.test]) for s in splits)


def test_samples_bring_their_target_and_groups() -> None:
    data = MultimodalData({"a": np.ones(8)}, target=["x", "y"] * 4, groups=[1, 1, 2, 2] * 2)
    splits = make_splits(data, folds=2, random_state=0)
    assert {tuple(s.test.tolist()) for s in splits} == {(0, 1, 4, 5), (2, 3, 6, 7)}


@pytest.mark.parametrize(
    ("target", "options", "error", "message"),
    [
        ([0, 1] * 4, {"folds": 1, "repeats": 0}, ConfigurationError,
         "folds must be at least 2, found 1\nrepeats must be at least 1, found 0"),
        ([0, 1], {"folds": 3}, DataError, "2 samples cannot fill 3 folds; lower folds"),
        (["a"] * 5 + ["b"] * 3, {"folds": 4}, DataError,
         "class 'b' has 3 members, fewer than the 4 folds; use folds=3, or merge or drop rare"),
        (["a"] * 5 + ["b"], {"folds": 3}, DataError,
         "class 'b' has 1 member, fewer than the 3 folds; merge or drop rare classes"),
        ([1] * 5, {"folds": 2}, DataError, "the target has one class only (1); two are needed"),
        ([0, 1] * 4, {"folds": 3, "groups": [1, 2] * 4}, DataError,
         "there are 2 groups but 3 folds; use folds=2"),
        ([0, 1] * 4, {"folds": 2, "groups": ["z"] * 8}, DataError,
         "all samples are of one group (z), which cannot be divided"),
        (["a", "bb"] * 3 + ["bb"] * 2, {"folds": 2, "groups": [0, 1] * 3 + [1, 2]}, DataError,
         "class 'a' occurs only in group '0', so training lacks it when that group is tested"),
        ([0, None, 1], {"folds": 2}, DataError, "the target is missing in 1 of 3 rows"),
        ([0, 1] * 4, {"folds": 2, "groups": [1]}, ShapeError, "groups must be (8,), one a sample"),
    ],
)  # fmt: skip
def test_folds_that_cannot_be_say_why(
    target: list[object], options: dict[str, object], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        make_splits(target, **options)  # pyright: ignore[reportArgumentType]  options of many types
    assert message in str(caught.value)


def test_samples_without_target_cannot_be_split() -> None:
    with pytest.raises(DataError, match="splitting needs a target; pass target="):
        make_splits(MultimodalData({"a": [1.0, 2.0]}))
