"""Gradient blending: losses weighed by how their heads generalise and overfit."""

import logging
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import blend_weights
from consilience.results.dynamics import Blend, Overfitting
from consilience.results.training import History
from consilience.training.balance.companion import Companion, target_of
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Part, Regime
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion, Objective

JOINT = "all together"
"""What the multimodal head is called beside the modalities."""

LEAST_RATIO = 0.05
"""Overfitting per generalisation below this is not told from none."""

LEAST = 0.1
"""Weight by which the step of what predicts is measured at least."""

log = logging.getLogger("consilience")


@final
class GradientBlending:
    r"""Weighs the losses of all heads, estimated once before training.

    $$L = \sum_m w_m L_m + w_\text{joint} L_\text{joint}, \qquad w_k \propto G_k / O_k^2$$

    Each head, the unimodal ones and the multimodal one, is first trained by itself from the
    same initial weights; $G_k$ is by how much its validation loss fell, $O_k$ by how much the
    gap to its training loss grew. Fusion and prediction are trained whatever their weight, for
    they are what is used in the end; with weight 0 their loss reaches no encoder.

    Args:
        epochs: Epochs of each estimate, no more than those of the training.
        least_ratio: Ratios of overfitting to generalisation below this count as this much.
        least: Weight by which the step of fusion and prediction is measured at least.

    Attributes:
        blends: The estimates, one a training that had validation data. A training without
            (the last of a fit on few samples) takes the mean of the earlier ones' weights.

    Raises:
        ConfigurationError: If a setting cannot be used.

    References:
        Wang et al., What Makes Training Multi-modal Classification Networks Hard?, CVPR
        2020, algorithms 1 and 2.
    """

    def __init__(
        self, epochs: int = 10, *, least_ratio: float = LEAST_RATIO, least: float = LEAST
    ) -> None:
        _check(epochs, least_ratio, least)
        self.epochs, self.least_ratio, self.least = epochs, least_ratio, least
        self.blends: list[Blend] = []

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        if regime.validation is None:
            weights = _mean_weights(self.blends, "gradient_blending")
        else:
            found = estimate(companion, regime, self.epochs, self.least_ratio)
            log.info("%s", found)
            self.blends.append(found)
            weights = _weights(found)
        blended = Blended(weights, self.least)
        optimizer = regime.by_part(companion)
        regime.scale_steps(optimizer, blended.factors(companion.names))
        objective = WhileTraining(blended.loss, regime.criterion)
        return regime.fit(companion, objective, optimizer=optimizer)


@final
class OnlineGradientBlending:
    """Weighs the losses of all heads anew every few epochs; see `GradientBlending`.

    Before each super-epoch every head is trained by itself from the current weights for as
    many epochs, so training takes several times as long.

    Args:
        epochs: Epochs of a super-epoch.
        least_ratio: As in `GradientBlending`.
        least: As in `GradientBlending`.

    Attributes:
        blends: The estimates in the order of super-epochs, of each training that had
            validation data. One without goes through the mean of their weights.

    Raises:
        ConfigurationError: If a setting cannot be used.

    References:
        Wang et al., What Makes Training Multi-modal Classification Networks Hard?, CVPR
        2020, algorithm 3.
    """

    def __init__(
        self, epochs: int = 10, *, least_ratio: float = LEAST_RATIO, least: float = LEAST
    ) -> None:
        _check(epochs, least_ratio, least)
        self.epochs, self.least_ratio, self.least = epochs, least_ratio, least
        self.blends: list[list[Blend]] = []

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        blended = Blended((), self.least)
        optimizer = regime.by_part(companion)
        if regime.validation is not None:
            self.blends.append([])

        def weigh(epoch: int, _train: float = 0.0, _check: float | None = None) -> None:
            if epoch % self.epochs or epoch >= regime.max_epochs:
                return
            blended.weights = self._weights(companion, regime, epoch // self.epochs)
            regime.scale_steps(optimizer, blended.factors(companion.names))

        weigh(0)
        objective = WhileTraining(blended.loss, regime.criterion)
        return regime.fit(companion, objective, optimizer=optimizer, on_epoch=weigh)

    def _weights(self, companion: Companion, regime: Regime, number: int) -> tuple[float, ...]:
        if regime.validation is None:
            number = min(number, max(map(len, self.blends), default=1) - 1)
            here = [run[min(number, len(run) - 1)] for run in self.blends if run]
            return _mean_weights(here, "gradient_blending_online")
        found = estimate(companion, regime, self.epochs, self.least_ratio)
        log.info("super-epoch %d: %s", number + 1, found)
        self.blends[-1].append(found)
        return _weights(found)


@final
class Blended:
    r"""The weighted sum of all heads' losses, as a size of steps.

    A loss that is multiplied by a small weight would be divided by it again in `AdamW`. So each
    parameter gets the mean of its losses' gradients, weighted, and a step in proportion to the
    sum of their weights. Under plain descent that is the gradient of $\sum_k w_k L_k$, for
    encoders and for heads each times a constant that makes equal weights the usual step.

    Args:
        weights: One a modality, then that of the joint head.
        least: Weight by which the joint head's own step is measured at least.
    """

    def __init__(self, weights: Sequence[float], least: float) -> None:
        self.weights = tuple(weights)
        self.least = least

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The loss to train by, a scalar."""
        features = companion.encode(batch)
        *own, joint = self.weights
        shares = [w / (w + joint) if w + joint > 0 else 0.0 for w in own]
        pairs = list(zip(features.items(), shares, strict=True))
        felt = {name: _felt(x, share) for (name, x), share in pairs}
        rest = {name: _felt(x, 1 - share) for (name, x), share in pairs}
        alone = companion.unimodal_losses(criterion, felt, batch)
        return companion.joint_loss(criterion, rest, batch) + sum(alone)

    def factors(self, names: Sequence[str]) -> dict[Part, float]:
        """By part, the size of its step; 1 everywhere would be equal weights of all heads.

        Args:
            names: The modalities.

        Returns:
            Multiples of the learning rate.
        """
        *own, joint = self.weights
        heads = len(self.weights)
        factors: dict[Part, float] = {("joint", ""): heads * max(joint, self.least)}
        for name, weight in zip(names, own, strict=True):
            factors["head", name] = heads * weight
            factors["encoder", name] = heads * (weight + joint) / 2
        return factors


@final
class HeadAlone:
    """The loss of one head by itself, in training as when it is judged.

    Args:
        head: Number of the modality; that after the last is the joint head.
        criterion: Between an output and the target.
    """

    def __init__(self, head: int, criterion: Criterion) -> None:
        self._head = head
        self._criterion = criterion

    def __call__(self, model: nn.Module, batch: Batch) -> Tensor:
        """The mean loss over the batch, a scalar.

        Raises:
            ConfigurationError: If the model has no heads.
        """
        if not isinstance(model, Companion):
            raise ConfigurationError(
                [f"{type(model).__name__} has no heads; wrap it in Companion"]
            )
        features = model.encode(batch)
        if self._head < len(model.names):
            return model.unimodal_losses(self._criterion, features, batch)[self._head]
        if model.training:
            return model.joint_loss(self._criterion, features, batch)
        return self._criterion(model(batch.inputs, batch.presence), target_of(batch))


def estimate(
    companion: Companion,
    regime: Regime,
    epochs: int,
    least_ratio: float,
) -> Blend:
    """Trains a copy for each head from the current weights and weighs what came of it.

    Args:
        companion: It stays as it is.
        regime: With validation data.
        epochs: Of each; no more than the regime's.
        least_ratio: As in `GradientBlending`.

    Returns:
        Weights, gain and overfitting of each head.
    """
    validation = regime.validation or ()
    epochs = min(epochs, regime.max_epochs)
    names = (*companion.names, JOINT)
    heads: dict[str, Overfitting] = {}
    for k, name in enumerate(names):
        copy = deepcopy(companion)
        objective = HeadAlone(k, regime.criterion)
        before = [mean_loss(copy, objective, data) for data in (regime.data, validation)]
        regime.fit(copy, objective, max_epochs=epochs, watched=False)
        after = [mean_loss(copy, objective, data) for data in (regime.data, validation)]
        heads[name] = Overfitting(
            train=(before[0], after[0]),
            validation=(before[1], after[1]),
            epochs=(0, epochs),
        )
    weights = blend_weights(
        [head.gain for head in heads.values()],
        [head.overfitting for head in heads.values()],
        least_ratio=least_ratio,
    )
    return Blend(dict(zip(names, weights.tolist(), strict=True)), heads)


def _felt(features: Tensor, share: float) -> Tensor:
    """The same features, of whose gradient a share reaches the encoder."""
    return features.detach() if share == 0 else torch.lerp(features.detach(), features, share)


def mean_loss(model: nn.Module, objective: Objective, data: Iterable[Batch]) -> float:
    """The mean loss a sample of a model that does not learn.

    Args:
        model: It is left in the mode it was in.
        objective: Gives the mean loss of a batch.
        data: Batches.

    Returns:
        The loss.
    """
    mode = model.training
    model.eval()
    device = next(p.device for p in model.parameters())
    total, rows = 0.0, 0
    with torch.no_grad():
        for given in data:
            batch = given.to(device)
            size = len(next(iter(batch.inputs.values())))
            total += float(objective(model, batch)) * size
            rows += size
    model.train(mode)
    return total / max(rows, 1)


def _weights(blend: Blend) -> tuple[float, ...]:
    return tuple(blend.weights.values())


def _mean_weights(blends: Sequence[Blend], name: str) -> tuple[float, ...]:
    if not blends:
        raise ConfigurationError(
            [
                f"balance {name!r} weighs heads by how they generalise, for which it needs "
                "validation data; set patience to a number, or use 'unimodal_losses'"
            ]
        )
    mean: NDArray[np.float64] = np.mean([_weights(blend) for blend in blends], axis=0)
    return tuple(mean.tolist())


def _check(epochs: int, least_ratio: float, least: float) -> None:
    faults: list[str] = []
    if epochs < 1:
        faults.append(f"epochs must be at least 1, found {epochs!r}")
    if not least_ratio >= 0:
        faults.append(f"least_ratio must not be negative, found {least_ratio!r}")
    if not least >= 0:
        faults.append(f"least must not be negative, found {least!r}")
    if faults:
        raise ConfigurationError(faults)
