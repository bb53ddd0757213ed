from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import DataError
from consilience.functional.randomness import seeded
from consilience.training import (
    Batch,
    ModalityDropout,
    Objective,
    SetsItsLoss,
    Supervised,
)
from consilience.training.objectives import Criterion, remaining, sets_its_loss


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


class Doubled(Sum):
    """A model that trains by twice the loss of its output."""

    def training_loss(
        self,
        criterion: Criterion,
        inputs: Mapping[str, Tensor],
        target: Tensor,
        presence: Tensor | None = None,
    ) -> Tensor:
        return 2 * criterion(self(inputs, presence), target)


def test_a_model_that_sets_its_loss_is_trained_by_it_and_judged_by_its_output() -> None:
    model = Doubled()
    objective = Supervised(nn.MSELoss())
    assert isinstance(model, SetsItsLoss)
    assert objective(model.train(), Batch(INPUTS, None, TARGET)).item() == 4
    assert objective(model.eval(), Batch(INPUTS, None, TARGET)).item() == 2


def test_modalities_are_hidden_at_their_rate_but_never_the_last() -> None:
    presence = torch.tensor([[True, True, True], [True, False, False], [False, False, False]])
    many = presence.repeat(20_000, 1)
    with seeded(0):
        left = remaining(many, 0.5).reshape(-1, 3, 3)
    assert not (left & ~presence).any()
    assert left[:, 1, 0].all()
    shown = left[:, 0]
    assert shown.any(dim=1).all()
    # 1 - .5 + .5 ** 3 / 3: hidden by its own draw, save when all are and it is the one kept.
    assert shown.float().mean(dim=0) == pytest.approx([0.5417] * 3, abs=0.015)


def test_hidden_modalities_do_not_reach_a_model_that_is_judged() -> None:
    whole = Batch(INPUTS, None, TARGET)
    objective = ModalityDropout(Supervised(nn.MSELoss()), 0.9)
    assert objective(Sum().eval(), whole).item() == 2
    with seeded(1):
        assert objective(Sum().train(), whole).item() != 2


def test_a_loss_of_its_own_is_told_by_class() -> None:
    class Own(nn.Module):
        def training_loss(self) -> None: ...

    assert sets_its_loss(Own())
    assert not sets_its_loss(nn.Linear(1, 1))
    assert not sets_its_loss(nn.Linear(2, 1))
