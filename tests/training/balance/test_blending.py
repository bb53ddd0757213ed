"""Weights come of what each head does by itself; the blend is the weighted sum."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import blend_weights
from consilience.results.dynamics import Blend
from consilience.training import Batch, Supervised, TensorBatches, fit
from consilience.training.balance import (
    Companion,
    GradientBlending,
    OnlineGradientBlending,
    Regime,
)
from consilience.training.balance.blending import JOINT, Blended, HeadAlone, estimate, mean_loss
from consilience.training.balance.objective import WhileTraining

CE = nn.CrossEntropyLoss()
Batches = Callable[..., TensorBatches]


def gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("weights", [(0.5, 0.2, 0.3), (0.8, 0.0, 0.2), (0.0, 0.0, 1.0)])
def test_steps_under_plain_descent_are_those_of_the_weighted_sum(
    companion: Any, batch: Callable[..., Batch], weights: Sequence[float]
) -> None:
    model, some = companion(), batch()
    features = model.encode(some)
    alone = model.unimodal_losses(CE, features, some)
    joint = model.joint_loss(CE, features, some)
    (weights[0] * alone[0] + weights[1] * alone[1] + weights[2] * joint).backward()
    expected = gradients(model)
    model.zero_grad()
    blended = Blended(weights, 0.0)
    blended.loss(model, CE, some).backward()
    regime = Regime(CE, [some], learning_rate=1.0, momentum=0.0)
    optimizer = regime.by_part(model)
    regime.scale_steps(optimizer, blended.factors(model.names))
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    optimizer.step()
    for name, p in model.named_parameters():
        # Encoders hear two losses, heads one: their common scale is theirs by definition.
        scale = 3 / 2 if "encoders" in name else 3
        torch.testing.assert_close((before[name] - p).detach(), scale * expected[name])


def test_equal_weights_are_the_usual_step() -> None:
    factors = Blended([1 / 3] * 3, 0.0).factors(["a", "b"])
    assert list(factors.values()) == pytest.approx([1.0] * 5)
    assert set(factors) == {("joint", ""), *((k, m) for k in ("head", "encoder") for m in "ab")}


def test_a_joint_head_without_weight_learns_and_reaches_no_encoder(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, some = companion(), batch()
    blended = Blended([0.7, 0.3, 0.0], 0.1)
    blended.loss(model, CE, some).backward()
    found = gradients(model)
    model.zero_grad()
    torch.stack(model.unimodal_losses(CE, model.encode(some), some)).sum().backward()
    for name in found:
        if "encoders" in name:
            torch.testing.assert_close(found[name], model.get_parameter(name).grad)
    assert found["network.fusion.weight"].abs().sum() > 0
    assert blended.factors(model.names)["joint", ""] == pytest.approx(0.3)


def test_estimates_are_of_each_head_trained_by_itself(companion: Any, batches: Batches) -> None:
    model: Companion = companion()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    data, check = batches(), batches(rows=40, seed=2)
    regime = Regime(CE, data, validation=check, learning_rate=0.05, max_epochs=100)
    found = estimate(model, regime, 4, 0.0)
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key])

    other: Companion = companion()
    data, check = batches(), batches(rows=40, seed=2)
    list(data)  # the estimate looked at the data once before it trained
    objective = HeadAlone(0, CE)
    first = [mean_loss(other, objective, x) for x in (batches(), check)]
    fit(other, objective, data, max_epochs=4, learning_rate=0.05)
    last = [mean_loss(other, objective, x) for x in (batches(), check)]
    head = found.heads["a"]
    assert head.train == pytest.approx((first[0], last[0]), rel=1e-9)
    assert head.validation == pytest.approx((first[1], last[1]), rel=1e-9)
    assert head.epochs == (0, 4)
    assert list(found.heads) == list(found.weights) == ["a", "b", JOINT]
    heads = found.heads.values()
    expected = blend_weights([h.gain for h in heads], [h.overfitting for h in heads])
    assert list(found.weights.values()) == pytest.approx(expected.tolist())
    assert estimate(model, Regime(CE, data, validation=check, max_epochs=2), 4, 0.0).heads[
        "b"
    ].epochs == (0, 2)


def test_a_head_alone_trains_nothing_else(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion(), batch()
    HeadAlone(1, CE)(model.train(), some).backward()
    assert {n.rsplit(".", 1)[0] for n in gradients(model)} == {
        "network.encoders.1.linear",
        "heads.1",
    }
    joint = HeadAlone(2, CE)
    assert some.target is not None
    expected = CE(model(some.inputs), some.target)
    torch.testing.assert_close(joint(model.eval(), some), expected)
    torch.testing.assert_close(joint(model.train(), some), expected)
    with pytest.raises(ConfigurationError, match="Linear has no heads; wrap it in Companion"):
        joint(nn.Linear(1, 1), some)


def test_the_loss_is_measured_by_sample_and_learns_nothing(
    companion: Any, batches: Batches
) -> None:
    model: Companion = companion()
    model.train()
    whole = mean_loss(model, Supervised(CE), batches(batch_size=60))
    assert mean_loss(model, Supervised(CE), batches(batch_size=7)) == pytest.approx(whole)
    assert model.training


def test_blending_trains_by_what_it_estimated(
    companion: Any, batches: Batches, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="consilience")
    regime = Regime(CE, batches(), validation=batches(seed=2), max_epochs=3, learning_rate=0.05)
    strategy = GradientBlending(epochs=2)
    model: Companion = companion()
    history = strategy.train(model, regime)
    assert len(history.validation_loss) == 3
    (found,) = strategy.blends
    assert "Losses are weighed a 0." in caplog.text

    blended = Blended(list(found.weights.values()), strategy.least)
    again: Companion = companion()
    data = batches()
    for _ in range(12):  # as often as three estimates looked at the data
        list(data)
    other = Regime(CE, data, validation=batches(seed=2), max_epochs=3, learning_rate=0.05)
    optimizer = other.by_part(again)
    other.scale_steps(optimizer, blended.factors(again.names))
    expected = other.fit(again, WhileTraining(blended.loss, CE), optimizer=optimizer)
    assert history.train_loss == pytest.approx(expected.train_loss, rel=1e-9)


def test_online_blending_weighs_anew_every_super_epoch(companion: Any, batches: Batches) -> None:
    regime = Regime(
        CE, batches(), validation=batches(seed=2), max_epochs=5, patience=None, learning_rate=0.05
    )
    strategy = OnlineGradientBlending(epochs=2)
    strategy.train(companion(), regime)
    (blends,) = strategy.blends
    assert len(blends) == 3
    starts = [blend.heads[JOINT].train[0] for blend in blends]
    assert starts[0] > starts[1] > starts[2]


def test_a_training_without_validation_takes_the_mean_of_earlier_weights(
    companion: Any, batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blend(*weights: float) -> Blend:
        return Blend(dict(zip(("a", "b", JOINT), weights, strict=True)), {})

    used: list[tuple[float, ...]] = []
    factors = Blended.factors

    def note(self: Blended, names: Sequence[str]) -> dict[tuple[str, str], float]:
        used.append(self.weights)
        return factors(self, names)

    monkeypatch.setattr(Blended, "factors", note)
    regime = Regime(CE, batches(), max_epochs=5, patience=None)
    offline = GradientBlending()
    offline.blends = [blend(0.2, 0.4, 0.4), blend(0.4, 0.0, 0.6)]
    offline.train(companion(), regime)
    assert used.pop() == pytest.approx((0.3, 0.2, 0.5))
    online = OnlineGradientBlending(epochs=2)
    online.blends = [[blend(0.2, 0.4, 0.4)], [blend(0.4, 0.0, 0.6), blend(0.0, 0.0, 1.0)]]
    online.train(companion(), regime)
    assert used[0] == pytest.approx((0.3, 0.2, 0.5))
    assert used[1] == used[2] == pytest.approx((0.1, 0.2, 0.7))


@pytest.mark.parametrize("strategy", [GradientBlending, OnlineGradientBlending])
def test_without_any_validation_there_are_no_weights(
    companion: Any, batches: Batches, strategy: type[GradientBlending]
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        strategy().train(companion(), Regime(CE, batches()))
    name = "gradient_blending_online" if strategy is not GradientBlending else "gradient_blending"
    assert str(raised.value) == (
        f"balance {name!r} weighs heads by how they generalise, for which it needs validation "
        "data; set patience to a number, or use 'unimodal_losses'"
    )
    with pytest.raises(ConfigurationError) as raised:
        strategy(0, least_ratio=-1.0, least=-0.1)
    assert raised.value.faults == (
        "epochs must be at least 1, found 0",
        "least_ratio must not be negative, found -1.0",
        "least must not be negative, found -0.1",
    )
