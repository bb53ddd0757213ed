"""Unimodal losses beside the joint one, so that no encoder is left without a teacher."""

from typing import final

from torch import Tensor

from consilience.errors import ConfigurationError
from consilience.results.training import History
from consilience.training.balance.companion import Companion
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Regime
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion


@final
class UnimodalLosses:
    r"""Adds to the loss that of a linear head on each modality's features.

    $$L = L_\text{joint} + \lambda \sum_m L_m$$

    Args:
        weight: $\lambda$, at least 0.

    Raises:
        ConfigurationError: If `weight` is negative.
    """

    def __init__(self, weight: float = 1.0) -> None:
        if not weight >= 0:
            raise ConfigurationError([f"weight must not be negative, found {weight!r}"])
        self.weight = weight

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        return regime.fit(companion, WhileTraining(self.loss, regime.criterion))

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The loss to train by, a scalar."""
        features = companion.encode(batch)
        alone = companion.unimodal_losses(criterion, features, batch)
        return companion.joint_loss(criterion, features, batch) + self.weight * sum(alone)
