from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import pareto_gradient
from consilience.training import Batch
from consilience.training.balance import MMPareto

CE = nn.CrossEntropyLoss()


def against(loss: Tensor, parameters: list[nn.Parameter]) -> Tensor:
    return torch.cat(
        [g.flatten() for g in torch.autograd.grad(loss, parameters, retain_graph=True)]
    )


@pytest.mark.parametrize("flipped", [False, True])
def test_each_encoder_gets_the_combination_of_its_two_gradients(
    companion: Any, batch: Callable[..., Batch], *, flipped: bool
) -> None:
    model, some = companion(), batch()
    with torch.no_grad():
        # Its own head reads the encoder as the joint one does, or the wrong way round.
        sign = -20 if flipped else 1
        model.heads[0].weight.copy_(sign * model.network.fusion.weight[:, :2])
    features = model.encode(some)
    joint = model.joint_loss(CE, features, some)
    alone = model.unimodal_losses(CE, features, some)
    parts = [list(e.parameters()) for e in model.encoders]
    pairs = [
        (against(joint, own), against(loss, own)) for own, loss in zip(parts, alone, strict=True)
    ]
    assert (float(pairs[0][0] @ pairs[0][1]) < 0) == flipped
    rest = list(model.network.fusion.parameters())
    kept = against(joint, rest)

    strategy = MMPareto(boost=1.25)
    loss = strategy.loss(model, CE, some)
    torch.testing.assert_close(loss, joint + sum(alone))
    loss.backward()
    strategy.combine(model, some)
    for own, (one, two) in zip(parts, pairs, strict=True):
        found = torch.cat([p.grad.flatten() for p in own if p.grad is not None])
        torch.testing.assert_close(found, pareto_gradient(one, two, boost=1.25))
    found = torch.cat([p.grad.flatten() for p in rest if p.grad is not None])
    torch.testing.assert_close(found, kept)


def test_frozen_encoders_stay(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion(), batch()
    for p in model.encoders[0].parameters():
        p.requires_grad_(requires_grad=False)
    strategy = MMPareto()
    strategy.loss(model, CE, some).backward()
    strategy.combine(model, some)
    assert all(p.grad is None for p in model.encoders[0].parameters())


def test_boost_is_positive() -> None:
    with pytest.raises(ConfigurationError, match=r"boost must be positive, found 0\.0"):
        MMPareto(0.0)
