"""What training minimises."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeGuard, final, runtime_checkable

import torch
from torch import Tensor, nn

from consilience.errors import DataError
from consilience.training.batches import Batch

Criterion = Callable[[Tensor, Tensor], Tensor]
"""Maps output and target to a scalar, such as `nn.CrossEntropyLoss()`."""


@runtime_checkable
class Objective(Protocol):
    """A loss of a model on a batch; any function of the two will do."""

    def __call__(self, model: nn.Module, batch: Batch, /) -> Tensor:
        """The mean loss over the batch, a scalar."""
        ...


@runtime_checkable
class SetsItsLoss(Protocol):
    """A model whose training needs more than the loss of its output."""

    def training_loss(
        self,
        criterion: Criterion,
        inputs: Mapping[str, Tensor],
        target: Tensor,
        presence: Tensor | None = None,
    ) -> Tensor:
        """The loss to train by, a scalar.

        Args:
            criterion: Between an output and the target.
            inputs: By modality, `(batch, ...)`.
            target: `(batch,)` or `(batch, outputs)`.
            presence: Bool `(batch, modalities)`, or None.
        """
        ...


_KNOWN: dict[type, bool] = {}
"""By class, whether it sets its own loss: looking it up anew costs more than a small layer."""


def sets_its_loss(model: object) -> TypeGuard[SetsItsLoss]:
    """Whether a model, or a part of it, has a method `training_loss`.

    Args:
        model: Any object; those of one class are alike.

    Returns:
        Whether it has.
    """
    kind = type(model)
    if kind not in _KNOWN:
        _KNOWN[kind] = isinstance(model, SetsItsLoss)
    return _KNOWN[kind]


@final
class Supervised:
    """The loss between a model's output and the target.

    A model with a method `training_loss` is trained by that instead, and judged by
    the loss of its output.

    Args:
        criterion: Maps output and target to a scalar, such as `nn.CrossEntropyLoss()`.
    """

    def __init__(self, criterion: Criterion) -> None:
        self.criterion = criterion

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
        if model.training and sets_its_loss(model):
            return model.training_loss(self.criterion, batch.inputs, batch.target, batch.presence)
        return self.criterion(model(batch.inputs, batch.presence), batch.target)


@final
class ModalityDropout:
    """Hides modalities at random while training, so that a model learns to do without.

    Each present modality of a sample is hidden with the same probability, but one
    that was present always stays. Nothing is hidden when a model is judged.

    Args:
        objective: The objective on what remains.
        share: Probability with which a modality is hidden, in [0, 1).

    References:
        Neverova et al., ModDrop: Adaptive Multi-modal Gesture Recognition, 2016.
    """

    def __init__(self, objective: Objective, share: float) -> None:
        self.objective = objective
        self.share = share

    def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
        """The mean loss over the batch, a scalar."""
        if not model.training:
            return self.objective(model, batch)
        first = next(iter(batch.inputs.values()))
        presence = batch.presence
        if presence is None:
            presence = torch.ones(len(first), len(batch.inputs), dtype=torch.bool)
            presence = presence.to(first.device)
        hidden = Batch(batch.inputs, remaining(presence, self.share), batch.target)
        return self.objective(model, hidden)


def remaining(presence: Tensor, share: float) -> Tensor:
    """Hides modalities at random, never the last one of a sample.

    Args:
        presence: Bool `(batch, modalities)`.
        share: Probability with which each is hidden.

    Returns:
        Bool `(batch, modalities)`, drawn from torch's generator.
    """
    draws = torch.rand(presence.shape, device=presence.device)
    luckiest = torch.where(presence, draws, -1.0).argmax(dim=1, keepdim=True)
    kept = draws >= share
    kept = kept | (torch.arange(presence.shape[1], device=presence.device) == luckiest)
    return presence & kept
