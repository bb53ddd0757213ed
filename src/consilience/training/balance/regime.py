"""What every strategy is given, and what it is asked for."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import torch
from torch import nn

from consilience.results.training import History
from consilience.training.balance.companion import Companion
from consilience.training.batches import Batch
from consilience.training.loop import adamw, fit
from consilience.training.objectives import Criterion, ModalityDropout, Objective

Part = tuple[str, str]
"""Of a companion: `("encoder", modality)`, `("head", modality)` or `("joint", "")`."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Regime:
    """How a network is trained, whatever the strategy.

    Attributes:
        criterion: Maps output and target to a scalar.
        data: Batches with a target.
        validation: Batches to watch; None watches none.
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before stopping, or None.
        learning_rate: Step size.
        weight_decay: Of AdamW; vectors do not decay.
        momentum: Of stochastic gradient descent, which is then used without decay, as in most
            of the strategies' papers; None takes AdamW, under which slow modalities starve less.
        modality_dropout: Probability with which a modality is hidden in training.
        deadline: Moment of `time.perf_counter()` after which no epoch begins.
    """

    criterion: Criterion
    data: Iterable[Batch]
    validation: Iterable[Batch] | None = None
    max_epochs: int = 100
    patience: int | None = 10
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    modality_dropout: float = 0.0
    momentum: float | None = None
    deadline: float = math.inf

    def fit(
        self,
        companion: Companion,
        objective: Objective,
        *,
        max_epochs: int | None = None,
        watched: bool = True,
        optimizer: torch.optim.Optimizer | None = None,
        on_epoch: Callable[[int, float, float | None], None] | None = None,
        on_gradients: Callable[[nn.Module, Batch], None] | None = None,
    ) -> History:
        """Trains under this regime.

        Args:
            companion: Trained in place.
            objective: What is minimised.
            max_epochs: Most epochs; None takes the regime's.
            watched: Whether validation data end the training and choose its best epoch.
            optimizer: What updates the weights; None takes the regime's.
            on_epoch: As in `training.fit`.
            on_gradients: As in `training.fit`.

        Returns:
            The losses by epoch.
        """
        if self.modality_dropout:
            objective = ModalityDropout(objective, self.modality_dropout)
        return fit(
            companion,
            objective,
            self.data,
            validation=self.validation if watched else None,
            max_epochs=max_epochs or self.max_epochs,
            patience=self.patience,
            optimizer=self._optimizer(companion) if optimizer is None else optimizer,
            deadline=self.deadline,
            on_epoch=on_epoch,
            on_gradients=on_gradients,
        )

    def by_part(self, companion: Companion) -> torch.optim.Optimizer:
        """The regime's optimiser, its groups telling encoders and heads apart.

        Args:
            companion: Whose parameters are updated.

        Returns:
            The optimiser; each group has `"part"`: `("encoder", name)`, `("head", name)` of a
            modality's own head, or `("joint", "")` of fusion and prediction.
        """
        optimizer = self._optimizer(companion)
        owner = {
            id(p): (kind, name)
            for kind, modules in (("encoder", companion.encoders), ("head", companion.heads))
            for name, module in zip(companion.names, modules, strict=True)
            for p in module.parameters()
        }
        groups: dict[tuple[int, Part], dict[str, Any]] = {}
        for k, group in enumerate(optimizer.param_groups):
            for p in group["params"]:
                part = owner.get(id(p), ("joint", ""))
                own = groups.setdefault((k, part), {**group, "params": [], "part": part})
                own["params"].append(p)
        optimizer.param_groups[:] = groups.values()
        return optimizer

    def scale_steps(self, optimizer: torch.optim.Optimizer, factors: Mapping[Part, float]) -> None:
        """Sets the step size of some parts to a multiple of the regime's, of all others to it.

        Args:
            optimizer: From `by_part`.
            factors: By part.
        """
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate * factors.get(group["part"], 1.0)

    def _optimizer(self, companion: Companion) -> torch.optim.Optimizer:
        if self.momentum is None:
            rate, decay = self.learning_rate, self.weight_decay
            return adamw(companion, learning_rate=rate, weight_decay=decay)
        trained = [p for p in companion.parameters() if p.requires_grad]
        return torch.optim.SGD(trained, lr=self.learning_rate, momentum=self.momentum)


@runtime_checkable
class Strategy(Protocol):
    """A way to train a network whose modalities would else hinder each other.

    An object serves the trainings of one estimator's fit, one after another; what it learns
    in one that is validated may serve a later one that is not.
    """

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place.

        Args:
            companion: The network with a head a modality.
            regime: How to train.

        Returns:
            The losses by epoch; the validation loss is that of the network's prediction.
        """
        ...


def fit_balanced(
    network: nn.Module, strategy: Strategy, regime: Regime, *, outputs: int
) -> History:
    """Trains a network in place by a strategy.

    The random numbers come from torch's generator: seed it outside.

    Args:
        network: Encodes each modality, fuses, predicts; see `Encodes`.
        strategy: What keeps the modalities in balance.
        regime: How to train.
        outputs: Width of the prediction.

    Returns:
        The losses by epoch.

    Raises:
        InputTypeError: If the network does not encode and decode by modality.
        ConfigurationError: If the strategy cannot be used on it.
        DataError: If there is no batch, a target lacks or the loss is not finite.
    """
    history = strategy.train(Companion(network, outputs), regime)
    network.zero_grad(set_to_none=True)
    return history
