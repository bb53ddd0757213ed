"""Heads beside a network that change nothing it says."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import DataError, InputTypeError
from consilience.estimators.network import FusionNetwork
from consilience.training import Batch
from consilience.training.balance import Companion, Encodes
from consilience.training.balance.companion import detached, pooled, target_of

CE = nn.CrossEntropyLoss()


def test_it_says_what_the_network_says(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion(), batch()
    assert torch.equal(model(some.inputs), model.network(some.inputs))
    keys = {key.partition(".")[0] for key in model.state_dict()}
    assert keys == {"network", "heads"}
    assert len(list(model.parameters())) == len(set(map(id, model.parameters())))


def test_each_head_sees_its_own_modality(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion("abc"), batch("abc")
    losses = model.unimodal_losses(CE, model.encode(some), some)
    for m, loss in enumerate(losses):
        model.zero_grad()
        loss.backward(retain_graph=True)
        reached = [any(p.grad is not None for p in e.parameters()) for e in model.encoders]
        assert reached == [k == m for k in range(3)]
        assert [h.weight.grad is not None for h in model.heads] == reached
        assert model.network.fusion.weight.grad is None


def test_heads_learn_from_the_samples_that_have_the_modality(
    companion: Any, batch: Callable[..., Batch]
) -> None:
    model, some = companion(), batch()
    presence = torch.ones(12, 2, dtype=torch.bool)
    presence[:5, 0] = False
    presence[:, 1] = False
    features = model.encode(some)
    hidden = Batch(some.inputs, presence, some.target)
    first, second = model.unimodal_losses(CE, features, hidden)
    assert some.target is not None
    torch.testing.assert_close(first, CE(model.heads[0](features["a"][5:]), some.target[5:]))
    assert second.item() == 0
    second.backward()


def test_tokens_are_averaged_without_padding() -> None:
    tokens = torch.tensor([[[1.0, 2.0], [3.0, 6.0]], [[5.0, 7.0], [torch.nan] * 2]])
    tokens = torch.cat([tokens, torch.full((1, 2, 2), torch.nan)]).requires_grad_()
    mean = pooled(tokens)
    assert mean.tolist() == [[2.0, 4.0], [5.0, 7.0], [0.0, 0.0]]
    mean.sum().backward()
    assert tokens.grad is not None
    assert torch.isfinite(tokens.grad).all()
    assert pooled(tokens[:, 0]) is not None


def test_detached_features_reach_no_encoder(companion: Any, batch: Callable[..., Batch]) -> None:
    model, some = companion(), batch()
    fixed = detached(model.encode(some))
    model.joint_loss(CE, fixed, some).backward()
    assert all(p.grad is None for e in model.encoders for p in e.parameters())
    assert model.network.fusion.weight.grad is not None


def test_a_fusion_that_sets_its_own_loss_is_trained_by_it() -> None:
    class Wide(nn.Linear):
        out_dim = 4

    torch.manual_seed(0)
    network = FusionNetwork(
        {"a": Wide(3, 4), "b": Wide(3, 4)}, "stacking", 2, hidden=4, dropout=0.0, options={}
    )
    assert isinstance(network, Encodes)
    model = Companion(network, 2)
    some = Batch({"a": torch.randn(6, 3), "b": torch.randn(6, 3)}, None, torch.arange(6) % 2)
    found = model.joint_loss(CE, model.encode(some), some)
    assert some.target is not None
    torch.testing.assert_close(found, network.training_loss(CE, some.inputs, some.target))


def test_what_cannot_be_balanced_is_refused() -> None:
    with pytest.raises(InputTypeError) as raised:
        Companion(nn.Linear(2, 2), 2)
    assert str(raised.value) == (
        "balancing needs a network with `names`, `encoders`, `fusion`, `encode` and `decode`, "
        "such as that of an estimator; found Linear"
    )
    with pytest.raises(DataError, match="balancing needs a target in every batch"):
        target_of(Batch({}, None, None))
