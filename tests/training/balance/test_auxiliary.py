from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError
from consilience.training import Batch
from consilience.training.balance import UnimodalLosses

CE = nn.CrossEntropyLoss()


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_unimodal_losses_are_added(
    companion: Any, batch: Callable[..., Batch], weight: float
) -> None:
    model, some = companion("abc"), batch("abc")
    features = model.encode(some)
    assert some.target is not None
    expected = CE(model(some.inputs), some.target)
    for name, head in zip("abc", model.heads, strict=True):
        expected = expected + weight * CE(head(features[name]), some.target)
    found = UnimodalLosses(weight).loss(model, CE, some)
    torch.testing.assert_close(found, expected)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"weight must not be negative, found -1.0"):
        UnimodalLosses(-1.0)
