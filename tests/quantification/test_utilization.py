"""Rates of models whose reliance is known by construction."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError
from consilience.quantification.two_stage import encode
from consilience.quantification.utilization import (
    feature_means,
    perceptual_scores,
    permuted,
    utilization,
)


class Rule:
    """Classifies by a formula of two numbers that are their own features."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.classes_ = np.array(["no", "yes"])

    def encoded(self, given: Any) -> dict[str, Tensor]:
        return {n: torch.tensor(np.asarray(given.modalities[n])).double() for n in ("a", "b")}

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        a, b = features["a"][:, :1], features["b"][:, :1]
        if presence is not None:
            a, b = torch.where(presence[:, :1], a, 0.0), torch.where(presence[:, 1:], b, 0.0)
        z = {"a": a, "and": torch.minimum(a, b), "sum": a + b, "const": 0 * a + 1}[self.formula]
        return torch.cat([-z, z], dim=1)

    def predict(self, given: Any) -> NDArray[Any]:
        presence = torch.from_numpy(given.presence)
        return self.classes_[self.decoded(self.encoded(given), presence).argmax(dim=1).numpy()]


class Quantity(Rule):
    """The sum itself, in another unit than its raw output has."""

    def __init__(self) -> None:
        super().__init__("sum")
        del self.classes_

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        return super().decoded(features, presence)[:, 1:]

    def predict(self, given: Any) -> NDArray[Any]:
        return 10 * self.decoded(self.encoded(given)).numpy()[:, 0] - 3


def signs(names: list[str], y: NDArray[Any], **more: Any) -> cs.MultimodalData:
    """Four equally frequent corners, each many times."""
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    rows = np.tile(corners, (len(y) // 4, 1))
    return cs.MultimodalData({names[0]: rows[:, :1], names[1]: rows[:, 1:]}, target=y, **more)


ONE = np.tile(["yes", "yes", "no", "no"], 100)
BOTH = np.tile(["yes", "no", "no", "no"], 100)


def test_what_one_modality_solves_alone_does_not_use_the_other() -> None:
    found = utilization(Rule("a"), signs(["a", "b"], ONE), n_boot=100, random_state=0)
    assert found.metric == "accuracy"
    assert found.score.estimate == 1.0
    assert found.rates["a"].estimate == 0.5
    assert found.rates["b"].estimate == 0.0
    assert found.imbalance == 0.5
    assert found.rates["a"].low < 0.5 < found.rates["a"].high
    assert found.without["a"].estimate == 0.5


def test_what_needs_both_uses_both() -> None:
    """With one held at its mean 0 the smaller of the two is never positive."""
    found = utilization(Rule("and"), signs(["a", "b"], BOTH), n_boot=100, random_state=0)
    assert found.rates["a"].estimate == found.rates["b"].estimate == 0.25


def test_the_mean_is_that_of_the_reference() -> None:
    data = signs(["a", "b"], BOTH)
    positive = data[np.tile([True, True, False, False], 100)]
    found = utilization(Rule("and"), data, reference=positive, n_boot=100, random_state=0)
    # a is taken for 1 everywhere, so that b alone decides: wrong at one corner of four.
    assert found.without["a"].estimate == 0.75
    only_b = Rule("a")
    assert utilization(only_b, data, reference=positive, n_boot=100).without["a"].estimate == 0.25


def test_absent_modalities_stay_absent_and_have_no_part_in_the_mean() -> None:
    presence = np.ones((400, 2), dtype=bool)
    presence[::2, 0] = False
    data = signs(["a", "b"], ONE, presence=presence)
    model = Rule("a")
    means = feature_means(encode(model, data))
    assert means["a"].tolist() == [0.0]
    found = utilization(model, data, n_boot=100, random_state=0)
    there = presence[:, 0]
    right = np.where(there, np.tile([0, 1, 0, 1], 100), np.asarray(ONE) == "no")
    assert found.score.estimate == pytest.approx(right.mean())
    with pytest.raises(DataError) as raised:
        utilization(model, data, reference=data.absent("b"))
    assert str(raised.value) == (
        "modality 'b' is absent in all samples, so its features have no mean; pass the training "
        "samples as reference"
    )


def test_means_of_tokens_leave_padding_out() -> None:
    class Tokens(Rule):
        def encoded(self, given: Any) -> dict[str, Tensor]:
            del given
            x = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 0.0], [np.nan, np.nan]]])
            return {"a": x, "b": torch.zeros(2, 1)}

    data = cs.MultimodalData({"a": [0.0, 0.0], "b": [0.0, 0.0]})
    assert feature_means(encode(Tokens("a"), data))["a"].tolist() == [3.0, 2.0]


def test_quantities_are_scored_in_their_own_unit() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 500, 1)) * np.array([2.0, 1.0])[:, None, None]
    data = cs.MultimodalData({"a": a, "b": b}, target=10 * (a + b)[:, 0] - 3)
    found = utilization(Quantity(), data, n_boot=100, random_state=0)
    assert found.metric == "r2"
    assert found.score.estimate == pytest.approx(1.0)
    assert found.rates["a"].estimate == pytest.approx(a.var() / (a + b).var(), rel=1e-5)


def test_intervals_are_over_groups() -> None:
    groups = np.repeat(np.arange(10), 40)
    alone = utilization(Rule("a"), signs(["a", "b"], ONE), n_boot=200, random_state=0)
    data = signs(["a", "b"], ONE, groups=groups)
    grouped = utilization(Rule("a"), data, n_boot=200, random_state=0)
    width = [r.rates["b"].high - r.rates["b"].low for r in (alone, grouped)]
    assert width[1] > 5 * width[0]


def test_a_score_that_is_not_positive_has_no_share() -> None:
    wrong = np.where(ONE == "yes", "no", "yes")
    found = utilization(Rule("a"), signs(["a", "b"], wrong), n_boot=100, random_state=0)
    assert np.isnan(found.rates["a"].estimate)


def test_permuting_costs_what_the_other_samples_do_not_tell() -> None:
    data = signs(["a", "b"], ONE)
    found = perceptual_scores(Rule("a"), data, n_repeats=20, n_boot=100, random_state=0)
    assert found.score.estimate == 1.0
    assert found.scores["b"].estimate == 0.0
    # A permuted sign is wrong half the time: 20 x 400 draws, six standard errors.
    assert found.scores["a"].estimate == pytest.approx(0.5, abs=6 * 0.5 / 8000**0.5)
    assert found.scores["a"].low < 0.5 < found.scores["a"].high
    again = perceptual_scores(Rule("a"), data, n_repeats=20, n_boot=100, random_state=0)
    assert again == found


def test_permuting_takes_presence_along_and_leaves_the_data_alone() -> None:
    presence = np.array([[True, True], [False, True], [True, True]])
    data = cs.MultimodalData(
        {"a": [[1.0], [2.0], [3.0]], "b": [[4.0], [5.0], [6.0]]},
        presence=presence,
        target=[0, 1, 0],
    )
    found = permuted(data, "a", np.array([1, 2, 0]))
    assert found.presence.tolist() == [[False, True], [True, True], [True, True]]
    assert np.asarray(found.modalities["a"])[1:, 0].tolist() == [3.0, 1.0]
    assert np.asarray(found.modalities["b"])[:, 0].tolist() == [4.0, 5.0, 6.0]
    assert found.target is not None
    assert found.target.tolist() == [0, 1, 0]
    assert np.asarray(data.modalities["a"])[0, 0] == 1.0
    assert data.presence.tolist() == presence.tolist()


def test_what_cannot_be_measured_says_why(unchecked: None) -> None:
    del unchecked
    data = signs(["a", "b"], ONE)

    class Plain:
        classes_ = ("no", "yes")

        def predict(self, given: Any) -> NDArray[Any]:
            return np.full(len(given), "no")

    with pytest.raises(InputTypeError) as raised:
        utilization(Plain(), data)
    assert str(raised.value) == (
        "utilization looks between encoders and fusion, and Plain has no methods encoded and "
        "decoded; pass a fitted FusionClassifier or FusionRegressor, or use perceptual_scores, "
        "which takes any model"
    )
    assert perceptual_scores(Plain(), data, n_boot=50).scores["a"].estimate == 0.0
    with pytest.raises(ConfigurationError, match="n_repeats must be at least 1, found 0"):
        perceptual_scores(Plain(), data, n_repeats=0)
