"""Pairs of digits: neither side alone can tell, whatever the rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.data.datasets.pairs import LEFT, RIGHT, draw_pairs

DIGITS = np.repeat(np.arange(10), 200)


@pytest.fixture(scope="module")
def pairs() -> dict[str, NDArray[np.int64]]:
    return draw_pairs(DIGITS)


@pytest.fixture(scope="module")
def data() -> MultimodalData:
    return datasets.load("mfeat-pairs")


def test_same_means_the_same_digit_and_never_the_same_image(
    pairs: dict[str, NDArray[np.int64]],
) -> None:
    left, right = DIGITS[pairs["left"]], DIGITS[pairs["right"]]
    assert np.array_equal(left == right, pairs["same"])
    assert (pairs["left"] != pairs["right"]).all()
    both = set(zip(pairs["left"].tolist(), pairs["right"].tolist(), strict=True))
    assert len(both) == len(left) == 4000


@pytest.mark.parametrize("side", ["left", "right"])
def test_every_image_is_as_often_in_both_kinds_of_pair(
    side: str, pairs: dict[str, NDArray[np.int64]]
) -> None:
    same = pairs["same"]
    assert (np.bincount(pairs[side][same], minlength=2000) == 1).all()
    assert (np.bincount(pairs[side][~same], minlength=2000) == 1).all()


@given(seed=st.integers(0, 1000), side=st.sampled_from(["left", "right"]))
def test_any_rule_of_one_side_is_right_half_of_the_time_in_every_block(
    seed: int, side: str
) -> None:
    pairs = draw_pairs(DIGITS)
    rule = np.random.default_rng(seed).random(2000) < 0.3
    right = rule[pairs[side]] == pairs["same"]
    for block in range(10):
        assert right[pairs["block"] == block].mean() == 0.5


def test_images_of_different_blocks_are_different(pairs: dict[str, NDArray[np.int64]]) -> None:
    images = [
        set(np.r_[pairs["left"][pairs["block"] == b], pairs["right"][pairs["block"] == b]])
        for b in range(10)
    ]
    assert all(len(i) == 200 for i in images)
    assert len(set().union(*images)) == 2000


def test_different_digits_meet_about_equally_often(pairs: dict[str, NDArray[np.int64]]) -> None:
    other = ~pairs["same"]
    further = (DIGITS[pairs["right"][other]] - DIGITS[pairs["left"][other]]) % 10
    counts = np.bincount(further, minlength=10)
    assert counts[0] == 0
    assert counts[1:].min() > 0.85 * counts[1:].mean()
    assert counts[1:].max() < 1.15 * counts[1:].mean()


def test_the_data_are_views_of_these_images(
    data: MultimodalData, pairs: dict[str, NDArray[np.int64]]
) -> None:
    mfeat = datasets.load("mfeat")
    assert np.array_equal(
        np.asarray(data.modalities["left"]), np.asarray(mfeat.modalities[LEFT])[pairs["left"]]
    )
    assert np.array_equal(
        np.asarray(data.modalities["right"]), np.asarray(mfeat.modalities[RIGHT])[pairs["right"]]
    )
    assert data.target is not None
    assert np.array_equal(data.target == "same", pairs["same"])
    assert data.groups is not None
    assert np.array_equal(data.groups, pairs["block"])
    assert len(data) == datasets.card("mfeat-pairs").rows


def test_only_a_rule_that_multiplies_can_tell(data: MultimodalData) -> None:
    left, right = (np.asarray(data.modalities[side]) for side in ("left", "right"))
    both = np.hstack([left, right])
    folds = GroupKFold(2)

    def accuracy(model: object, x: NDArray[np.float64]) -> float:
        pipe = make_pipeline(StandardScaler(), model)
        return cross_val_score(pipe, x, data.target, groups=data.groups, cv=folds).mean()

    additive = LogisticRegression(max_iter=500)
    assert accuracy(additive, left) == 0.5
    assert accuracy(additive, right) == 0.5
    assert abs(accuracy(additive, both) - 0.5) < 0.02
    assert accuracy(ExtraTreesClassifier(40, random_state=0), both) > 0.7
