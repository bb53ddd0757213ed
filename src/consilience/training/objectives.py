"""What training minimises."""

from collections.abc import Callable
from typing import Protocol, final, runtime_checkable

from torch import Tensor, nn

from consilience.errors import DataError
from consilience.training.batches import Batch


@runtime_checkable
class Objective(Protocol):
    """A loss of a model on a batch; any function of the two will do."""

    def __call__(self, model: nn.Module, batch: Batch, /) -> Tensor:
        """The mean loss over the batch, a scalar."""
        ...


@final
class Supervised:
    """The loss between a model's output and the target.

    Args:
        loss: Maps output and target to a scalar, such as `nn.CrossEntropyLoss()`.
    """

    def __init__(self, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.loss = loss

    def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
        """The mean loss over the batch.

        Args:
            model: Called with `batch.inputs` and `batch.presence`.
            batch: A batch with a target.

        Returns:
            A scalar.

        Raises:
            DataError: If the batch has no target.
        """
        if batch.target is None:
            raise DataError("a supervised objective needs a target in every batch")
        return self.loss(model(batch.inputs, batch.presence), batch.target)
