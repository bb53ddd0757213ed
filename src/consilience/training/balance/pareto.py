"""MMPareto: the multimodal and the unimodal gradient of an encoder made to agree."""

from typing import final

import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import pareto_gradient
from consilience.results.training import History
from consilience.training.balance.companion import Companion
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Regime
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion


@final
class MMPareto:
    r"""Adds unimodal losses, and where their gradient conflicts with the joint one, makes peace.

    Each encoder gets its gradient of the joint loss and of its own; see
    `functional.dynamics.pareto_gradient`. Everything else learns from the sum of losses.
    `AdamW` takes the length of gradients out again; what remains is their direction.

    Args:
        boost: Factor of the encoders' gradients, above 0.

    Raises:
        ConfigurationError: If `boost` is not positive.

    References:
        Wei and Hu, MMPareto: Boosting Multimodal Learning with Innocent Unimodal
        Assistance, ICML 2024.
    """

    def __init__(self, boost: float = 1.5) -> None:
        if not boost > 0:
            raise ConfigurationError([f"boost must be positive, found {boost!r}"])
        self.boost = boost
        self._alone: list[list[Tensor | None]] = []

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        objective = WhileTraining(self.loss, regime.criterion)
        return regime.fit(companion, objective, on_gradients=self.combine)

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The sum of all losses; notes each encoder's gradient of its own."""
        features = companion.encode(batch)
        alone = companion.unimodal_losses(criterion, features, batch)
        self._alone = [
            list(torch.autograd.grad(loss, own, retain_graph=True, allow_unused=True))
            if own
            else []
            for loss, own in zip(alone, companion.encoder_parameters(), strict=True)
        ]
        return companion.joint_loss(criterion, features, batch) + sum(alone)

    def combine(self, model: nn.Module, _batch: Batch) -> None:
        """Puts the combined gradient in the place of the sum, encoder by encoder.

        Args:
            model: A companion whose gradients are those of `loss`.
        """
        if not isinstance(model, Companion):
            return
        for own, unimodal in zip(model.encoder_parameters(), self._alone, strict=True):
            pairs = [
                (p.grad, torch.zeros_like(p) if g is None else g)
                for p, g in zip(own, unimodal, strict=True)
                if p.grad is not None
            ]
            if not pairs:
                continue
            total = torch.cat([grad.flatten() for grad, _ in pairs])
            alone = torch.cat([g.flatten() for _, g in pairs])
            combined = pareto_gradient(total - alone, alone, boost=self.boost)
            for (grad, _), new in zip(
                pairs, combined.split([g.numel() for g, _ in pairs]), strict=True
            ):
                grad.copy_(new.view_as(grad))
