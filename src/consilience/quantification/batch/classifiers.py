"""Cross-fitted classifiers: no sample is judged by a model it taught."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import final

import numpy as np
import torch
from jaxtyping import Float64, Int
from scipy.special import log_softmax
from torch import Tensor, nn

from consilience.data.splits import Split, holdout
from consilience.functional.randomness import seeded
from consilience.training import Supervised, TensorBatches, fit_many

HIDDEN = 64
DROPOUT = 0.3
MEMBERS = 2
TRAIN_BATCH = 128
JUDGE_BATCH = 4096
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1.0
PATIENCE = 8
FLOOR = 1e-6
VALUES_TOGETHER = 30_000_000
"""Numbers, over all classifiers trained in one pass, of which each holds a copy."""


@final
class Classifier(nn.Module):
    """Encodes each modality, multiplies pairs of encodings, and maps all to class logits.

    Args:
        dims: Width of each modality, by name.
        classes: Number of classes.
        hidden: Width of the encodings.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, classes)`.
    """

    def __init__(self, dims: Mapping[str, int], classes: int, *, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.names = tuple(dims)
        self.encoders = nn.ModuleDict(
            {
                name: nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden))
                for name, width in dims.items()
            }
        )
        self.turns = nn.ModuleDict(
            {name: nn.Linear(width, hidden) for name, width in dims.items()}
        )
        parts = len(dims) + (len(dims) > 1)
        self.head = nn.Sequential(
            nn.GELU(),
            nn.Dropout(DROPOUT),
            nn.Linear(parts * hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, classes),
        )

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """Class logits; `presence` is not used."""
        del presence
        parts = [self.encoders[name](inputs[name]) for name in self.names]
        if len(parts) > 1:
            turned = torch.stack([self.turns[name](inputs[name]) for name in self.names])
            parts.append(turned.prod(0))
        return self.head(torch.cat(parts, dim=1))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What classifiers said of samples they did not see.

    Attributes:
        log_p: Log-probabilities in nats, `(n, k)`.
        converged: Whether every classifier stopped before its epochs ran out.
    """

    log_p: Float64[np.ndarray, "n k"]
    converged: bool


@final
@dataclass(frozen=True, slots=True)
class _Member:
    """One classifier to train, and the fold it judges.

    Attributes:
        inputs: Standardised modalities of all samples.
        split: The fold.
        train: Rows to train on.
        stop: Rows that stop it early.
        seed: Of its weights and batches.
    """

    inputs: Mapping[str, Tensor]
    split: Split
    train: Int[np.ndarray, " t"]
    stop: Int[np.ndarray, " s"]
    seed: int


def held_out(
    modalities: Mapping[str, Float64[np.ndarray, "n _"]],
    y: Int[np.ndarray, " n"],
    splits: Sequence[Split],
    *,
    groups: np.ndarray | None,
    max_epochs: int,
    seed: int,
) -> Judged:
    """Log-probabilities of every sample by classifiers trained on the other folds.

    Each fold trains `MEMBERS` classifiers, which stop early by different parts of its training
    samples; their log-probabilities are averaged. As many as `VALUES_TOGETHER` allows are
    trained in one pass.

    Args:
        modalities: What the classifiers see, by name.
        y: Classes, `(n,)`.
        splits: Folds that test every sample once.
        groups: Group of each sample; early stopping does not divide one.
        max_epochs: Most epochs of each classifier.
        seed: Of weights, batches and the early-stopping parts.

    Returns:
        The log-probabilities; none is far below one in a million.
    """
    log_p = np.zeros((len(y), int(y.max()) + 1))
    converged = True
    target = torch.as_tensor(y)
    members = _members(modalities, y, splits, groups=groups, seed=seed)
    width = max(1, VALUES_TOGETHER // sum(x.size for x in modalities.values()))
    while some := list(islice(members, width)):
        models, stopped = _trained(some, target, max_epochs=max_epochs)
        converged = converged and stopped
        for member, model in zip(some, models, strict=True):
            rows = torch.as_tensor(member.split.test)
            with torch.no_grad():
                logits = model({name: x[rows] for name, x in member.inputs.items()})
            found = logits.double().log_softmax(1).numpy()
            log_p[member.split.test] += np.maximum(found, np.log(FLOOR)) / MEMBERS
    return Judged(log_softmax(log_p, axis=1), converged)


def _members(
    modalities: Mapping[str, Float64[np.ndarray, "n _"]],
    y: Int[np.ndarray, " n"],
    splits: Sequence[Split],
    *,
    groups: np.ndarray | None,
    seed: int,
) -> Iterator[_Member]:
    for split in splits:
        inputs = _standardised(modalities, split.train)
        known = None if groups is None else groups[split.train]
        for member in range(MEMBERS):
            own = seed + MEMBERS * split.fold + member
            parts = holdout(y[split.train], groups=known, task="classification", random_state=own)
            train, stop = (split.train[rows] for rows in parts)
            yield _Member(inputs, split, train, stop, own)


def _trained(
    members: Sequence[_Member], target: Tensor, *, max_epochs: int
) -> tuple[list[Classifier], bool]:
    """The trained classifiers, and whether all stopped before their epochs ran out."""

    def part(
        member: _Member, rows: Int[np.ndarray, " r"], size: int, order: int | None
    ) -> TensorBatches:
        index = torch.as_tensor(rows)
        taken = {name: x[index] for name, x in member.inputs.items()}
        return TensorBatches(taken, target[index], batch_size=size, seed=order)

    classes = int(target.max()) + 1
    models: list[Classifier] = []
    for member in members:
        with seeded(member.seed):
            dims = {name: x.shape[1] for name, x in member.inputs.items()}
            models.append(Classifier(dims, classes))
    with seeded(members[0].seed):
        histories = fit_many(
            models,
            Supervised(nn.CrossEntropyLoss()),
            [part(m, m.train, TRAIN_BATCH, m.seed) for m in members],
            validation=[part(m, m.stop, JUDGE_BATCH, None) for m in members],
            max_epochs=max_epochs,
            patience=PATIENCE,
            learning_rate=LEARNING_RATE,
            weight_decay=WEIGHT_DECAY,
        )
    return models, all(history.stopped_early for history in histories)


def _standardised(
    modalities: Mapping[str, Float64[np.ndarray, "n _"]], train: np.ndarray
) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for name, x in modalities.items():
        spread = x[train].std(0)
        centred = (x - x[train].mean(0)) / np.where(spread > 0, spread, 1.0)
        out[name] = torch.as_tensor(centred, dtype=torch.float32)
    return out
