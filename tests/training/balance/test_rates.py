from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError, ModalityError
from consilience.training import TensorBatches
from consilience.training.balance import Companion, ModalityLearningRates, Regime

CE = nn.CrossEntropyLoss()


def test_each_encoder_steps_by_its_own_rate(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    """Under plain descent one step is the rate times the gradient."""
    data = batches("abc", 20)
    start, model = companion("abc"), companion("abc")
    some = next(iter(batches("abc", 20)))
    start.joint_loss(CE, start.encode(some), some).backward()
    regime = Regime(CE, data, max_epochs=1, patience=None, learning_rate=0.1, momentum=0.0)
    ModalityLearningRates({"a": 0.0, "b": 3.0}).train(model, regime)

    def check(before: nn.Module, after: nn.Module, rate: float) -> None:
        for p, q in zip(before.parameters(), after.parameters(), strict=True):
            assert p.grad is not None
            torch.testing.assert_close(q.detach(), p.detach() - rate * p.grad)

    one: Companion = start
    for before, after, rate in zip(one.encoders, model.encoders, (0.0, 0.3, 0.1), strict=True):
        check(before, after, rate)
    check(start.network.fusion, model.network.fusion, 0.1)


def test_rates_that_cannot_be_are_told_at_once(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        ModalityLearningRates({"a": -1.0, "b": -2.0})
    assert raised.value.faults == (
        "the rate of modality 'a' must not be negative, found -1.0",
        "the rate of modality 'b' must not be negative, found -2.0",
    )
    with pytest.raises(ConfigurationError, match="rates names no modality"):
        ModalityLearningRates({})
    with pytest.raises(ModalityError, match="rates names 'aa', which is no modality; did you"):
        ModalityLearningRates({"aa": 1.0}).train(companion(), Regime(CE, batches()))
