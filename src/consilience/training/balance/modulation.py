"""On-the-fly gradient modulation with generalisation enhancement (OGM-GE)."""

from typing import final

import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError
from consilience.functional.dynamics import modulation
from consilience.results.training import History
from consilience.training.balance.companion import Companion, detached, target_of
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Regime
from consilience.training.batches import Batch
from consilience.training.objectives import Criterion


@final
class GradientModulation:
    r"""Slows down the encoder of a modality that is ahead, and adds noise to all encoders.

    $$\theta_m \leftarrow \theta_m - \eta\, k_m\, g_m + \eta\, \xi, \qquad
    \xi \sim \mathcal N(0, \operatorname{var} g_m)$$

    with $k_m$ of `functional.dynamics.modulation`. How far a modality is, is told by a linear
    head on its features held fixed; in the paper's networks, whose head is linear, it is that
    modality's part of the head. $k_m$ multiplies the encoder's step, which under plain
    descent is the same as multiplying its gradient; `AdamW` would divide it out of that.

    Args:
        alpha: How strongly, at least 0; the paper uses 0.1 to 0.8.
        noise: Whether to add noise, per parameter tensor with the spread of its gradient.
        epochs: Epochs in which to interfere; None is all.

    Raises:
        ConfigurationError: If `alpha` is negative or `epochs` is not positive.

    References:
        Peng et al., Balanced Multimodal Learning via On-the-fly Gradient Modulation, CVPR
        2022, equations 8 to 12; like the authors' code, noise goes to every encoder, with
        the spread of the gradient before it is slowed down.
    """

    def __init__(
        self, alpha: float = 0.3, *, noise: bool = True, epochs: int | None = None
    ) -> None:
        faults: list[str] = []
        if not alpha >= 0:
            faults.append(f"alpha must not be negative, found {alpha!r}")
        if epochs is not None and epochs < 1:
            faults.append(f"epochs must be at least 1, found {epochs!r}")
        if faults:
            raise ConfigurationError(faults)
        self.alpha, self.noise, self.epochs = alpha, noise, epochs
        self.factors: dict[str, float] = {}

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        optimizer = regime.by_part(companion)
        seen = [0]

        def count(epoch: int, _train: float, _check: float | None) -> None:
            seen[0] = epoch

        def interfere(model: nn.Module, _batch: Batch) -> None:
            active = self.epochs is None or seen[0] < self.epochs
            factors = {("encoder", name): k for name, k in self.factors.items()}
            regime.scale_steps(optimizer, factors if active else {})
            if active and self.noise and isinstance(model, Companion):
                add_noise(model)

        objective = WhileTraining(self.loss, regime.criterion)
        return regime.fit(
            companion, objective, optimizer=optimizer, on_epoch=count, on_gradients=interfere
        )

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The joint loss, and that of the heads on features held fixed; sets `factors`."""
        features = companion.encode(batch)
        fixed = detached(features)
        with torch.no_grad():
            scores = [
                _true_class(says, target_of(batch), _here(batch, m))
                for m, says in enumerate(companion.alone(fixed))
            ]
        self.factors = dict(
            zip(companion.names, modulation(scores, self.alpha).tolist(), strict=True)
        )
        alone = companion.unimodal_losses(criterion, fixed, batch)
        return companion.joint_loss(criterion, features, batch) + sum(alone)


def add_noise(companion: Companion) -> None:
    """Adds to each tensor of an encoder's gradient noise of the same spread.

    Args:
        companion: With gradients; torch's generator gives the noise.
    """
    for parameters in companion.encoder_parameters():
        for p in parameters:
            if p.grad is not None:
                spread = p.grad.std(correction=0)
                p.grad.add_(torch.randn_like(p.grad) * spread)


def _here(batch: Batch, modality: int) -> Tensor | None:
    return None if batch.presence is None else batch.presence[:, modality]


def _true_class(logits: Tensor, target: Tensor, here: Tensor | None) -> float:
    """Mean probability of the true class, 0 where no sample has the modality.

    Raises:
        ConfigurationError: If the target is no class.
    """
    if target.is_floating_point() or target.ndim != 1:
        raise ConfigurationError(
            [
                "balance 'ogm_ge' compares the probabilities of the true class, so it is for one "
                "class a sample; for quantities and several labels use 'balanced_speed' or "
                "'mmpareto'"
            ]
        )
    true = logits.softmax(dim=1).gather(1, target[:, None])[:, 0]
    true = true if here is None else true[here]
    return float(true.mean()) if len(true) else 0.0
