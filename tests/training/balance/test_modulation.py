"""The modality ahead takes smaller steps, nothing else does, and noise is unbiased."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError
from consilience.training import Batch, TensorBatches
from consilience.training.balance import Companion, GradientModulation, Regime
from consilience.training.balance.modulation import add_noise

CE = nn.CrossEntropyLoss()


def ahead(model: Any, factor: float) -> None:
    """Makes the first modality's own head surer of the truth than the second's."""
    with torch.no_grad():
        for p in model.heads[1].parameters():
            p.zero_()
        model.heads[0].weight.zero_()
        model.heads[0].bias.copy_(torch.tensor([0.0, factor]))


def ones(batch: Batch) -> Batch:
    return Batch(batch.inputs, batch.presence, torch.ones(len(batch.inputs["a"])).long())


def test_factors_follow_from_the_probabilities_of_the_true_class(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, some = companion(), ones(batch())
    ahead(model, math.log(3.0))
    strategy = GradientModulation(0.1)
    strategy.loss(model, CE, some)
    assert strategy.factors == pytest.approx({"a": 0.85111, "b": 1.0}, abs=1e-5)
    presence = torch.ones(12, 2, dtype=torch.bool)
    presence[:, 0] = False
    strategy.loss(model, CE, Batch(some.inputs, presence, some.target))
    assert strategy.factors["a"] == 1.0


def test_heads_do_not_change_what_the_network_learns(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, some = companion(), batch()
    GradientModulation(0.1).loss(model, CE, some).backward()
    found = [p.grad for p in model.network.parameters()]
    model.zero_grad()
    model.joint_loss(CE, model.encode(some), some).backward()
    for p, grad in zip(model.network.parameters(), found, strict=True):
        torch.testing.assert_close(p.grad, grad)


def test_only_the_encoder_ahead_steps_less_under_plain_descent(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    some = ones(batch())
    data = TensorBatches(some.inputs, some.target, batch_size=12)
    ends: dict[float, Companion] = {}
    steps: dict[float, list[float]] = {}
    for alpha in (0.0, 0.1):
        model: Companion = companion()
        ahead(model, math.log(3.0))
        strategy = GradientModulation(alpha, noise=False)
        before = [p.detach().clone() for p in model.encoders[0].parameters()]
        regime = Regime(CE, data, max_epochs=1, patience=None, learning_rate=0.1, momentum=0.0)
        strategy.train(model, regime)
        moved = zip(before, model.encoders[0].parameters(), strict=True)
        steps[alpha] = torch.cat([(q - p).detach().flatten() for p, q in moved]).tolist()
        ends[alpha] = model
    torch.testing.assert_close(
        torch.tensor(steps[0.1]), torch.tensor(steps[0.0]) * (1 - math.tanh(0.15))
    )
    for part in ("network.fusion.weight", "network.encoders.1.linear.weight"):
        one, other = ends[0.0].state_dict()[part], ends[0.1].state_dict()[part]
        torch.testing.assert_close(one, other)


def test_interference_ends_after_its_epochs(companion: Any, batch: Callable[..., Batch]) -> None:
    some = ones(batch())
    data = TensorBatches(some.inputs, some.target, batch_size=12)
    ends: list[torch.Tensor] = []
    for alpha in (0.0, 5.0):
        model: Companion = companion()
        ahead(model, 3.0)
        strategy = GradientModulation(alpha, noise=False, epochs=1)
        regime = Regime(CE, data, max_epochs=2, patience=None, learning_rate=0.1, momentum=0.0)
        strategy.train(model, regime)
        ends.append(model.state_dict()["network.encoders.0.linear.weight"])
    start: Companion = companion()
    first = start.state_dict()["network.encoders.0.linear.weight"]
    moved = [(end - first).norm().item() for end in ends]
    assert 0.3 < moved[1] / moved[0] < 0.8


def test_noise_has_mean_zero_and_the_spread_of_each_gradient(companion: Any) -> None:
    torch.manual_seed(0)
    model = companion()
    weight = next(model.encoders[0].parameters())
    gradient = torch.randn_like(weight) * 3 + 1
    model.network.fusion.weight.grad = torch.ones_like(model.network.fusion.weight)
    draws: list[torch.Tensor] = []
    for _ in range(4000):
        weight.grad = gradient.clone()
        add_noise(model)
        draws.append(weight.grad - gradient)
    noise = torch.stack(draws)
    spread = gradient.std(correction=0)
    # Means of 4,000 draws of six numbers: six standard errors and more.
    assert (noise.mean(dim=0).abs() < 6 * spread / 4000**0.5).all()
    assert noise.std().item() == pytest.approx(spread.item(), rel=0.03)
    assert (model.network.fusion.weight.grad == 1).all()


@pytest.mark.parametrize("target", [torch.zeros(12).double(), torch.zeros(12, 2).double()])
def test_what_has_no_class_is_refused(
    companion: Any, batch: Callable[..., Batch], target: torch.Tensor
) -> None:
    some = Batch(batch().inputs, None, target)
    with pytest.raises(ConfigurationError) as raised:
        GradientModulation().loss(companion(), nn.MSELoss(), some)
    assert str(raised.value) == (
        "balance 'ogm_ge' compares the probabilities of the true class, so it is for one class "
        "a sample; for quantities and several labels use 'balanced_speed' or 'mmpareto'"
    )


def test_settings_that_cannot_be_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        GradientModulation(-0.1, epochs=0)
    assert raised.value.faults == (
        "alpha must not be negative, found -0.1",
        "epochs must be at least 1, found 0",
    )
