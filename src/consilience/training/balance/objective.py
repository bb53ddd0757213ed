"""Objectives that differ from the loss of the prediction only while training."""

from collections.abc import Callable
from typing import final

from torch import Tensor, nn

from consilience.training.balance.companion import Companion
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion, Objective, Supervised

Loss = Callable[[Companion, Criterion, Batch], Tensor]
"""The loss of a batch to train by, a scalar."""


@final
class WhileTraining:
    """A strategy's loss in training, that of the network's prediction when it is judged.

    Args:
        loss: To train by.
        criterion: Between an output and the target.
    """

    def __init__(self, loss: Loss, criterion: Criterion) -> None:
        self._loss = loss
        self._criterion = criterion
        self._judged: Objective = Supervised(criterion)

    def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
        """The mean loss over the batch, a scalar."""
        if model.training and isinstance(model, Companion):
            return self._loss(model, self._criterion, batch)
        return self._judged(model, batch)


def of_prediction(companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
    """The joint loss alone.

    Args:
        companion: The network with its heads.
        criterion: Between an output and the target.
        batch: With a target.

    Returns:
        A scalar.
    """
    return companion.joint_loss(criterion, companion.encode(batch), batch)
