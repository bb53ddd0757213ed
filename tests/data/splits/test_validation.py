import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.data.splits import holdout
from consilience.errors import ConfigurationError, ConsilienceError, DataError


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=80),
    st.floats(0.05, 0.95),
    st.integers(0, 10**6),
)
def test_both_parts_hold_samples_and_training_holds_every_class_it_can(
    target: list[int], share: float, seed: int
) -> None:
    train, validation = holdout(target, share=share, task="classification", random_state=seed)
    assert sorted([*train, *validation]) == list(range(len(target)))
    assert len(train)
    assert len(validation)
    counts = np.bincount(target)
    taken = np.bincount(np.array(target)[validation], minlength=len(counts))
    lost = (taken == counts) & (counts > 0)
    assert lost.sum() == (1 if counts.max() == 1 else 0)
    if (counts[counts > 0] > 20).all():
        assert np.abs(taken - share * counts).max() <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=30, max_size=80), st.integers(0, 10**6))
def test_a_group_is_never_divided(groups: list[int], seed: int) -> None:
    if len(set(groups)) < 2:
        groups[0] = 10
    target = np.random.default_rng(seed).integers(0, 2, len(groups))
    train, validation = holdout(target, groups=groups, random_state=seed)
    assert len(train)
    assert len(validation)
    assert not set(np.array(groups)[train]) & set(np.array(groups)[validation])


def test_shares_of_classes_are_kept_across_groups() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 60, 600)
    target = (rng.random(600) < 0.3).astype(int)
    _, validation = holdout(target, share=0.25, groups=groups, random_state=0)
    assert abs(len(validation) / 600 - 0.25) < 0.03
    assert abs(target[validation].mean() - target.mean()) < 0.05


def test_a_class_of_one_group_stays_in_training() -> None:
    target = [0] * 8 + [1] * 2
    groups = [0, 0, 1, 1, 2, 2, 3, 3, 9, 9]
    for seed in range(10):
        _, validation = holdout(target, groups=groups, random_state=seed)
        assert not {8, 9} & set(validation.tolist())


def test_quantities_are_stratified() -> None:
    target = np.arange(100) + 0.5
    _, validation = holdout(target, share=0.2, random_state=0)
    assert [((target[validation] // 20) == b).sum() for b in range(5)] == [4] * 5


def test_seeds_repeat() -> None:
    target = np.arange(40) % 2
    first, again, other = (holdout(target, random_state=s)[1].tolist() for s in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("target", "options", "error", "message"),
    [
        ([0, 1], {"share": 1.0}, ConfigurationError, "share must lie between 0 and 1, found 1.0"),
        ([0], {}, DataError, "needs at least two samples, found 1; add samples"),
        ([0, 1], {"groups": [1, 1]}, DataError, "needs at least two groups, found 1"),
    ],
)
def test_what_cannot_be_divided_says_why(
    target: list[int], options: dict[str, object], error: type[ConsilienceError], message: str
) -> None:
    with pytest.raises(error) as caught:
        holdout(target, **options)  # pyright: ignore[reportArgumentType]  options of many types
    assert message in str(caught.value)
