from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import DataError
from consilience.training import Batch, Objective, Supervised


class Sum(nn.Module):
    """The sum of the present modalities, so that both arguments show."""

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        total = torch.stack(list(inputs.values()), dim=1)
        return (total if presence is None else total * presence).sum(dim=1)


INPUTS = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([10.0, 20.0])}
TARGET = torch.tensor([11.0, 20.0])


def test_the_loss_is_that_of_output_and_target() -> None:
    objective = Supervised(nn.MSELoss())
    assert objective(Sum(), Batch(INPUTS, None, TARGET)).item() == 2
    presence = torch.tensor([[True, True], [False, True]])
    assert objective(Sum(), Batch(INPUTS, presence, TARGET)).item() == 0
    assert isinstance(objective, Objective)


def test_the_output_comes_first() -> None:
    objective = Supervised(lambda output, target: (output - 2 * target).sum())
    assert objective(Sum(), Batch(INPUTS, None, TARGET)).item() == 33 - 62


def test_a_target_is_needed() -> None:
    with pytest.raises(DataError) as raised:
        Supervised(nn.MSELoss())(Sum(), Batch(INPUTS, None, None))
    assert str(raised.value) == "a supervised objective needs a target in every batch"
