"""What is travelled, what is hidden, and that the slow one then learns alone."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import relative_speed
from consilience.results.dynamics import LearningSpeeds
from consilience.training import Batch, Supervised, TensorBatches, fit
from consilience.training.balance import BalancedSpeed, Companion, LearningSpeed, Regime
from consilience.training.balance.speed import replaced

CE = nn.CrossEntropyLoss()


def speeds(**travelled: float) -> LearningSpeeds:
    return LearningSpeeds(travelled, travelled, 1)


def test_speeds_add_up_over_the_steps_of_a_training(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    model: Companion = companion()
    speed = LearningSpeed(model.encoders, model.names)
    expected = [0.0, 0.0]

    def note(seen: nn.Module, batch: Batch) -> None:
        speed(seen, batch)
        for m, encoder in enumerate(model.encoders):
            own = list(encoder.parameters())
            expected[m] += relative_speed(own, [p.grad for p in own])

    descent = torch.optim.SGD(model.network.parameters(), lr=0.1)
    fit(
        model.network,
        Supervised(CE),
        batches(),
        max_epochs=2,
        optimizer=descent,
        on_gradients=note,
    )
    found = speed.measured()
    assert found.steps == 6
    assert list(found.travelled.values()) == pytest.approx(expected, rel=1e-12)
    assert min(expected) > 0
    assert found.speeds["a"] == pytest.approx(-found.speeds["b"])


def test_the_fastest_is_hidden_for_some_steps_when_it_is_ahead(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, some = companion("abc"), batch("abc")
    strategy = BalancedSpeed(0.5, steps=2)
    strategy.hidden_steps = dict.fromkeys("abc", 0)
    shown: list[list[bool]] = []
    told = [speeds(a=0.0, b=0.4, c=0.2), *[speeds(a=0.0, b=0.9, c=0.2)] * 2]
    told += [speeds(a=0.9, b=0.0, c=0.2), *[speeds(a=0.0, b=0.4, c=0.2)] * 2]
    for found in told:
        model.zero_grad()
        strategy.loss(model, CE, some).backward()
        shown.append([e.linear.weight.grad is not None for e in model.encoders])
        strategy.decide(found)
    every = [True, True, True]
    assert shown == [
        every,
        every,
        [True, False, True],
        [True, False, True],
        *[[False, True, True]] * 2,
    ]
    assert strategy.hidden_steps == {"a": 2, "b": 2, "c": 0}


def test_hidden_features_are_their_running_mean_over_samples_that_have_them(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, first, second = companion(), batch(), batch(seed=2)
    presence = torch.ones(12, 2, dtype=torch.bool)
    presence[:6, 0] = False
    first = Batch(first.inputs, presence, first.target)
    strategy = BalancedSpeed(0.0)
    strategy.hidden_steps = {"a": 0, "b": 0}
    strategy.loss(model, CE, first)
    strategy.loss(model, CE, second)
    one = model.encode(first)["a"][6:].mean(dim=0)
    two = model.encode(second)["a"].mean(dim=0)
    strategy.decide(speeds(a=1.0, b=0.0))
    found = strategy.loss(model, CE, second)
    features = model.encode(second)
    features["a"] = (0.9 * one + 0.1 * two).expand(12, -1)
    torch.testing.assert_close(found, model.joint_loss(CE, features, second))


def test_padding_stays_padding() -> None:
    tokens = torch.tensor([[[1.0, 2.0], [torch.nan, torch.nan]]])
    found = replaced(tokens, torch.tensor([5.0, 6.0]))
    torch.testing.assert_close(
        found, torch.tensor([[[5.0, 6.0], [torch.nan, torch.nan]]]), equal_nan=True
    )


@pytest.mark.parametrize(("warm_up", "hidden"), [(0, 5), (1, 2), (2, 0)])
def test_nothing_is_hidden_before_the_warm_up_is_over(
    companion: Any, batches: Callable[..., TensorBatches], warm_up: int, hidden: int
) -> None:
    strategy = BalancedSpeed(0.0, steps=2, warm_up=warm_up)
    strategy.train(companion(), Regime(CE, batches(), max_epochs=2, patience=None))
    assert sum(strategy.hidden_steps.values()) == hidden


def test_the_slow_modality_catches_up(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    """The same information, one of the two 25 times as loud."""
    data = batches("ab", 200)
    data.inputs["a"] = 5 * data.inputs["a"]
    data.inputs["b"] = 0.2 * data.inputs["b"]
    ends: list[float] = []
    for tolerance in (1e9, 0.0):
        model = companion()
        start = model.encoders[1].linear.weight.detach().clone()
        regime = Regime(CE, data, max_epochs=20, patience=None, learning_rate=0.05, momentum=0.0)
        BalancedSpeed(tolerance).train(model, regime)
        ends.append((model.encoders[1].linear.weight - start).norm().item())
    assert ends[1] > 1.5 * ends[0]


def test_settings_that_cannot_be_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        BalancedSpeed(-1.0, steps=0, warm_up=-1)
    assert raised.value.faults == (
        "tolerance must not be negative, found -1.0",
        "steps must be at least 1, found 0",
        "warm_up must not be negative, found -1",
    )
