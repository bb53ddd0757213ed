"""Values by their axioms on models whose worth of modalities is known."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import consilience as cs
from consilience.errors import ConfigurationError
from consilience.quantification.shapley import modality_shapley


class Vote:
    """The sign of a weighted sum of what is shown; yes where nothing is."""

    def __init__(self, **weights: float) -> None:
        self.weights = weights
        self.classes_ = np.array([0, 1])

    def encoded(self, given: Any) -> dict[str, Tensor]:
        return {n: torch.tensor(np.asarray(given.modalities[n])).double() for n in self.weights}

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        z = torch.zeros(len(next(iter(features.values()))), 1, dtype=torch.float64)
        for m, (name, x) in enumerate(features.items()):
            part = self.weights[name] * x
            z = z + (part if presence is None else torch.where(presence[:, m, None], part, 0.0))
        return torch.cat([torch.zeros_like(z), z + 1e-9], dim=1)

    def predict(self, given: Any) -> NDArray[Any]:
        presence = torch.from_numpy(given.presence)
        return self.classes_[self.decoded(self.encoded(given), presence).argmax(dim=1).numpy()]


def samples(rows: int = 300, names: str = "abc", **more: Any) -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=rows)
    tells = dict(zip(names, [1.5, 0.7, 0.3, *[0.1] * 5], strict=False))
    return cs.MultimodalData(
        {n: rng.normal(size=(rows, 1)) + t * (2 * y[:, None] - 1) for n, t in tells.items()},
        target=y,
        **more,
    )


def accuracy(model: Vote, data: cs.MultimodalData, shown: set[str]) -> float:
    for name in model.weights:
        data = data if name in shown else data.absent(name)
    return float((model.predict(data) == data.target).mean())


def test_values_are_what_showing_a_modality_adds_over_all_orders() -> None:
    model, data = Vote(a=1.0, b=0.5, c=0.2), samples()
    expected = dict.fromkeys("abc", 0.0)
    for order in permutations("abc"):
        shown: set[str] = set()
        for name in order:
            before = accuracy(model, data, shown)
            shown.add(name)
            expected[name] += (accuracy(model, data, shown) - before) / 6
    found = modality_shapley(model, data, n_boot=100, random_state=0)
    for name, value in found.values.items():
        assert value.estimate == pytest.approx(expected[name], abs=1e-12)
        assert value.low < value.estimate < value.high
    total = sum(value.estimate for value in found.values.values())
    assert total == pytest.approx(found.score.estimate - found.empty.estimate, abs=1e-12)
    assert found.patterns["b",] == pytest.approx(accuracy(model, data, {"b"}))
    assert found.patterns[()] == found.empty.estimate
    assert len(found.patterns) == 8


def test_a_modality_that_is_not_used_is_worth_nothing_and_equals_are_worth_the_same() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=200)
    x = rng.normal(size=(200, 1)) + 2 * y[:, None] - 1
    data = cs.MultimodalData({"a": x, "b": x.copy(), "c": rng.normal(size=(200, 1))}, target=y)
    found = modality_shapley(Vote(a=1.0, b=1.0, c=0.0), data, n_boot=100).values
    assert found["c"].estimate == 0.0
    assert found["a"].estimate == pytest.approx(found["b"].estimate, abs=1e-12)
    assert found["a"].estimate > 0.1


def test_eight_modalities_are_the_most() -> None:
    data = samples(40, "abcdefgh")
    found = modality_shapley(Vote(**dict.fromkeys("abcdefgh", 1.0)), data, n_boot=50)
    assert len(found.patterns) == 256
    many = {f"m{i}": np.zeros((40, 1)) for i in range(9)}
    with pytest.raises(ConfigurationError) as raised:
        modality_shapley(
            Vote(**dict.fromkeys(many, 1.0)),
            cs.MultimodalData(many, target=data.target),
        )
    assert str(raised.value) == (
        "exact Shapley values are for at most 8 modalities, found 9; perceptual_scores and "
        "utilization take any number"
    )


def test_an_estimator_is_asked_under_every_pattern() -> None:
    data = samples(200)
    model = cs.FusionClassifier(
        "gated", modality_dropout=0.3, max_epochs=5, patience=None, random_state=0
    ).fit(data)
    found = modality_shapley(model, data, n_boot=50, random_state=0)
    without = data.absent("b").absent("c")
    assert found.patterns["a",] == pytest.approx((model.predict(without) == data.target).mean())
    assert found.values["a"].estimate > found.values["c"].estimate
