import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import consilience as cs
from consilience.data.splits.strata import BINS, strata_of, target_and_groups
from consilience.errors import DataError, ShapeError


def test_classes_are_their_own_strata() -> None:
    words = np.array(["b", "a", "b"], dtype=object)
    assert strata_of(words, "classification", 2).tolist() == [1, 0, 1]
    assert strata_of(np.array([5, 7, 5]), "classification", 2).tolist() == [0, 1, 0]


def test_quantities_fall_into_quantiles_of_equal_size() -> None:
    target = np.random.default_rng(0).permutation(100.0 * np.arange(100))
    strata = strata_of(target, "regression", 5)
    assert np.bincount(strata).tolist() == [100 // BINS] * BINS
    assert (np.diff(strata[np.argsort(target)]) >= 0).all()


def test_several_outputs_are_one_stratum() -> None:
    assert strata_of(np.zeros((4, 2)), "regression", 2).tolist() == [0, 0, 0, 0]


@given(
    st.lists(st.integers(0, 4), min_size=6, max_size=60),
    st.integers(2, 6),
)
def test_every_stratum_of_a_quantity_fills_every_fold(values: list[int], folds: int) -> None:
    strata = strata_of(np.array(values, dtype=float), "regression", folds)
    counts = np.bincount(strata)
    assert counts[counts > 0].min() >= min(folds, len(values))


def test_groups_of_the_samples_unless_others_are_given() -> None:
    data = cs.MultimodalData({"a": [1.0, 2.0]}, target=[0, 1], groups=["x", "y"])
    _, own = target_and_groups(data, None)
    assert own is not None
    assert own.tolist() == ["x", "y"]
    _, given_groups = target_and_groups(data, [1, 2])
    assert given_groups is not None
    assert given_groups.tolist() == [1, 2]
    assert target_and_groups([0, 1], None)[1] is None


def test_bad_targets_and_groups_are_refused() -> None:
    with pytest.raises(DataError, match="missing in 1 of 2 rows"):
        target_and_groups([0.0, np.nan], None)
    with pytest.raises(ShapeError, match="groups"):
        target_and_groups([0, 1], [1, 2, 3])
