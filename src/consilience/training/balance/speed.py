"""How fast each modality is learnt from, and training that waits for the slow ones."""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import conditional_speeds, relative_speed
from consilience.results.dynamics import LearningSpeeds
from consilience.results.training import History
from consilience.training.balance.companion import Companion, pooled
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Regime
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion


@final
class LearningSpeed:
    """Adds up how far each encoder has travelled; give it to `fit` as `on_gradients`.

    Args:
        encoders: The encoder of each modality.
        names: The modalities.

    Example:
        >>> encoder = nn.Linear(1, 1, bias=False)
        >>> nn.init.constant_(encoder.weight, 2.0).sum().backward()
        >>> speed = LearningSpeed([encoder], ["audio"])
        >>> speed(encoder, Batch({}, None, None))
        >>> speed.measured().travelled
        {'audio': 0.25}
    """

    def __init__(self, encoders: Sequence[nn.Module], names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.steps = 0
        self._encoders = tuple(encoders)
        self._travelled = np.zeros(len(self.names))

    def __call__(self, _model: nn.Module, _batch: Batch) -> None:
        """Takes note of a step's gradients."""
        self.steps += 1
        for m, encoder in enumerate(self._encoders):
            own = [p for p in encoder.parameters() if p.requires_grad]
            self._travelled[m] += relative_speed(own, [p.grad for p in own])

    def measured(self) -> LearningSpeeds:
        """What is known by now."""
        speeds = conditional_speeds(self._travelled)
        return LearningSpeeds(
            travelled=dict(zip(self.names, self._travelled.tolist(), strict=True)),
            speeds=dict(zip(self.names, speeds.tolist(), strict=True)),
            steps=self.steps,
        )


@final
class BalancedSpeed:
    """Hides the modality that is learnt fastest for a while, so that others catch up.

    When the conditional learning speeds differ by more than a tolerance, the features of the
    fastest modality are replaced by their running mean for some steps: the prediction can
    then only get better by the others.

    Args:
        tolerance: Difference of speeds that is let pass, in nats, at least 0.
        steps: Steps of one intervention.
        warm_up: Epochs before the first.

    Attributes:
        hidden_steps: By modality, the steps in which it was hidden so far.

    Raises:
        ConfigurationError: If a setting cannot be used; all faults at once.

    References:
        Wu et al., Characterizing and Overcoming the Greedy Nature of Learning in
        Multi-modal Deep Neural Networks, ICML 2022, algorithm 1. There the mean replaces
        what one branch hears of the other midway; here, for any fusion, what the fusion
        hears of the encoder.
    """

    def __init__(self, tolerance: float = 0.01, *, steps: int = 5, warm_up: int = 1) -> None:
        faults: list[str] = []
        if not tolerance >= 0:
            faults.append(f"tolerance must not be negative, found {tolerance!r}")
        if steps < 1:
            faults.append(f"steps must be at least 1, found {steps!r}")
        if warm_up < 0:
            faults.append(f"warm_up must not be negative, found {warm_up!r}")
        if faults:
            raise ConfigurationError(faults)
        self.tolerance, self.steps, self.warm_up = tolerance, steps, warm_up
        self.hidden_steps: dict[str, int] = {}
        self._hidden: str | None = None
        self._left = 0
        self._means: dict[str, Tensor] = {}

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        speed = LearningSpeed(companion.encoders, companion.names)
        self.hidden_steps = dict.fromkeys(companion.names, 0)
        self._hidden, self._left, self._means = None, 0, {}
        epochs = [0]

        def count(epoch: int, _train: float, _check: float | None) -> None:
            epochs[0] = epoch

        def after(model: nn.Module, batch: Batch) -> None:
            speed(model, batch)
            if epochs[0] >= self.warm_up:
                self.decide(speed.measured())

        objective = WhileTraining(self.loss, regime.criterion)
        return regime.fit(companion, objective, on_epoch=count, on_gradients=after)

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The joint loss, the hidden modality's features replaced by their running mean."""
        features = companion.encode(batch)
        if self._hidden is None:
            self._follow(features, batch)
        else:
            features[self._hidden] = replaced(features[self._hidden], self._means[self._hidden])
        return companion.joint_loss(criterion, features, batch)

    def decide(self, speeds: LearningSpeeds) -> None:
        """Chooses what the next step hides.

        Args:
            speeds: What is known of them.
        """
        if self._hidden is not None:
            self.hidden_steps[self._hidden] += 1
            self._left -= 1
        if self._left > 0:
            return
        fastest = speeds.fastest
        ahead = speeds.spread > self.tolerance and fastest in self._means
        self._hidden = fastest if ahead else None
        self._left = self.steps if ahead else 0

    def _follow(self, features: dict[str, Tensor], batch: Batch) -> None:
        for m, (name, x) in enumerate(features.items()):
            here = x if batch.presence is None else x[batch.presence[:, m]]
            if len(here):
                new = pooled(here.detach()).mean(dim=0)
                known = self._means.get(name)
                self._means[name] = new if known is None else torch.lerp(known, new, 0.1)


def replaced(features: Tensor, mean: Tensor) -> Tensor:
    """The same vector for every sample, and every step that is not padding.

    Args:
        features: `(batch, width)`, or `(batch, length, width)` with NaN as padding.
        mean: `(width,)`.

    Returns:
        Of the shape of `features`; no gradient reaches these.
    """
    return torch.where(torch.isnan(features.detach()), torch.nan, mean).to(features.dtype)
