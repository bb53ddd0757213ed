"""Training as without a strategy, watched modality by modality."""

from collections.abc import Iterable
from time import perf_counter
from typing import final

import torch
from torch import Tensor, nn

from consilience.results.learning import LearningCurves
from consilience.results.training import History
from consilience.training.balance.companion import Companion, detached
from consilience.training.balance.objective import WhileTraining
from consilience.training.balance.regime import Regime
from consilience.training.balance.speed import LearningSpeed
from consilience.training.batches import Batch
from consilience.training.loop import adamw
from consilience.training.objectives import Criterion


@final
class Observed:
    """Changes nothing, and takes note of how each modality is learnt from.

    The network trains to the bit as it would without. Beside it a linear head on each
    modality's features learns from the features alone, so that its loss tells how much of the
    target that encoder gives by then, for training and for validation samples; and how fast
    each encoder moves is added up.

    Attributes:
        curves: One a training that had validation data, in their order.

    References:
        Wang et al., What Makes Training Multi-modal Classification Networks Hard?, CVPR
        2020 (overfitting and generalisation by head); Wu et al., Characterizing and
        Overcoming the Greedy Nature of Learning, ICML 2022 (learning speed); Alain and
        Bengio, Understanding intermediate layers using linear classifier probes, 2016.
    """

    def __init__(self) -> None:
        self.curves: list[LearningCurves] = []

    def train(self, companion: Companion, regime: Regime) -> History:
        """Trains the companion's network in place; see `Strategy`."""
        began = perf_counter()
        speed = LearningSpeed(companion.encoders, companion.names)
        probes = _Probes(companion, regime)

        def after(model: nn.Module, batch: Batch) -> None:
            speed(model, batch)
            probes.step(batch)

        history = regime.fit(
            companion,
            WhileTraining(probes.loss, regime.criterion),
            on_gradients=after,
            on_epoch=probes.end_epoch,
        )
        if regime.validation is not None:
            heads = probes.histories(history, perf_counter() - began)
            self.curves.append(LearningCurves(history, heads, speed.measured()))
        return history


class _Probes:
    """Linear heads that learn from features held fixed."""

    def __init__(self, companion: Companion, regime: Regime) -> None:
        self._companion = companion
        self._criterion = regime.criterion
        self._validation = regime.validation
        self._update = adamw(
            companion.heads, learning_rate=regime.learning_rate, weight_decay=regime.weight_decay
        )
        self._features: dict[str, Tensor] = {}
        self._running = _Means(len(companion.names))
        self._train: list[list[float]] = [[] for _ in companion.names]
        self._checked: list[list[float]] = [[] for _ in companion.names]

    def loss(self, companion: Companion, criterion: Criterion, batch: Batch) -> Tensor:
        """The network's own loss; the features are kept for the heads' step."""
        features = companion.encode(batch)
        self._features = detached(features)
        return companion.joint_loss(criterion, features, batch)

    def step(self, batch: Batch) -> None:
        """Moves the heads by the batch whose features were kept."""
        losses = self._companion.unimodal_losses(self._criterion, self._features, batch)
        parameters = list(self._companion.heads.parameters())
        gradients = torch.autograd.grad(torch.stack(losses).sum(), parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        self._update.step()
        self._update.zero_grad(set_to_none=True)
        self._running.add(losses, batch)

    def end_epoch(self, _epoch: int, _train: float, _check: float | None) -> None:
        """Takes down the epoch's losses."""
        for kept, value in zip(self._train, self._running.taken(), strict=True):
            kept.append(value)
        if self._validation is not None:
            for kept, value in zip(self._checked, self._check(self._validation), strict=True):
                kept.append(value)

    def _check(self, validation: Iterable[Batch]) -> list[float]:
        companion, means = self._companion, _Means(len(self._companion.names))
        device = next(companion.heads.parameters()).device
        training = companion.training
        companion.eval()
        with torch.no_grad():
            for batch in validation:
                there = batch.to(device)
                features = companion.encode(there)
                losses = companion.unimodal_losses(self._criterion, features, there)
                means.add(losses, there)
        companion.train(training)
        return means.taken()

    def histories(self, joint: History, seconds: float) -> dict[str, History]:
        """The heads' losses by epoch, with the network's kept epoch."""
        return {
            name: History(
                train_loss=tuple(self._train[m]),
                validation_loss=tuple(self._checked[m]),
                best_epoch=joint.best_epoch,
                seconds=seconds,
                stopped_early=joint.stopped_early,
            )
            for m, name in enumerate(self._companion.names)
        }


class _Means:
    """Mean losses over the samples that have each modality."""

    def __init__(self, count: int) -> None:
        self._sums = [0.0] * count
        self._sizes = [0] * count

    def add(self, losses: list[Tensor], batch: Batch) -> None:
        """Adds those of a batch."""
        rows = len(next(iter(batch.inputs.values())))
        for m, loss in enumerate(losses):
            size = rows if batch.presence is None else int(batch.presence[:, m].sum())
            self._sums[m] += float(loss.detach()) * size
            self._sizes[m] += size

    def taken(self) -> list[float]:
        """The means, and begins anew."""
        means = [
            s / n if n else float("nan") for s, n in zip(self._sums, self._sizes, strict=True)
        ]
        self._sums = [0.0] * len(means)
        self._sizes = [0] * len(means)
        return means
