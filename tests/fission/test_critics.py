"""A critic scores pairs by its definition, and can be frozen."""

import pytest
import torch
from torch import nn

from consilience.errors import ShapeError
from consilience.fission.critics import SeparableCritic, frozen


def test_a_score_hangs_on_its_pair_and_the_anchors_condition_alone() -> None:
    critic = SeparableCritic(2, 3, condition=1, rank=4)
    a, b, c = torch.randn(5, 2), torch.randn(5, 3), torch.randn(5, 1)
    scores = critic(a, b, c)
    for i, j in ((0, 0), (1, 4), (3, 2)):
        alone = critic(a[i : i + 1], b[j : j + 1], c[i : i + 1])
        assert torch.allclose(alone[0, 0], scores[i, j], atol=1e-6)
    moved = c.clone()
    moved[2] += 1
    changed = (critic(a, b, moved) - scores).abs().amax(1) > 1e-6
    assert changed.tolist() == [False, False, True, False, False]


def test_frozen_parameters_take_no_gradient_and_thaw_even_after_an_error() -> None:
    critic = SeparableCritic(1, 1)
    critic.anchor.requires_grad_(False)
    x = torch.ones(2, 1, requires_grad=True)
    with frozen(critic):
        scores = critic(x, x)
    scores.sum().backward()
    assert all(p.grad is None for p in critic.parameters())
    assert x.grad is not None
    with pytest.raises(RuntimeError, match="stop"), frozen(critic):
        raise RuntimeError("stop")
    assert all(p.requires_grad for p in critic.other.parameters())
    assert not any(p.requires_grad for p in critic.anchor.parameters())


def test_widths_are_checked() -> None:
    with pytest.raises(ShapeError, match="found first=0, second=1, hidden=64, rank=32"):
        SeparableCritic(0, 1)
    assert isinstance(SeparableCritic(1, 1).anchor, nn.Module)
