"""A small loop that trains a critic and stops when held-back pairs gain no more."""

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError

HELD_BACK = 1 / 7
PATIENCE = 4
ROUND = 20
"""Batches a round at least."""


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and in which steps a critic is trained.

    Attributes:
        batch: Pairs a batch.
        max_rounds: Rounds at most, each a pass and at least 20 batches.
        learning_rate: Of Adam.
    """

    batch: int
    max_rounds: int
    learning_rate: float


def fit_critic(
    critic: nn.Module,
    objective: Callable[[Tensor], Tensor],
    data: tuple[Tensor, Tensor],
    *,
    judge: Callable[[Sequence[Tensor]], Tensor],
    schedule: Schedule,
    rng: np.random.Generator,
) -> int:
    """Trains a critic in place; the weights of its best round are kept.

    Args:
        critic: From two batches to scores of all pairs, `(batch, batch)`.
        objective: What to maximise, given scores.
        data: Both variables, `(samples, columns)` each.
        judge: From the scores of held-back blocks to values whose mean tells the best round.
        schedule: How long.
        rng: Holds pairs back and deals the batches.

    Returns:
        Rounds until the best.

    Raises:
        ConfigurationError: If the critic has nothing to train, or gives no such scores.
    """
    first, second = data
    order = torch.from_numpy(rng.permutation(len(first)))
    back = max(2, int(len(order) * HELD_BACK))
    checked, trained = order[:back], order[back:]
    size = min(schedule.batch, back)
    blocks = checked[: back // size * size].split(size)
    parameters = list(critic.parameters())
    if not parameters:
        raise ConfigurationError(["the critic has no parameters to train"])
    _check_scores(critic(first[checked[:2]], second[checked[:2]]))
    update = torch.optim.Adam(parameters, lr=schedule.learning_rate)
    best, best_round, kept = -math.inf, 0, deepcopy(critic.state_dict())
    for round_ in range(1, schedule.max_rounds + 1):
        critic.train()
        for rows in _batches(trained, schedule.batch, rng):
            update.zero_grad()
            (-objective(critic(first[rows], second[rows]))).backward()
            update.step()
        critic.eval()
        with torch.no_grad():
            gain = float(judge([critic(first[c], second[c]) for c in blocks]).mean())
        if gain > best:
            best, best_round, kept = gain, round_, deepcopy(critic.state_dict())
        elif round_ - best_round >= PATIENCE:
            break
    critic.load_state_dict(kept)
    critic.eval()
    return best_round


def _batches(rows: Tensor, size: int, rng: np.random.Generator) -> list[Tensor]:
    size = min(size, len(rows))
    a_pass = len(rows) // size
    passes = -(-ROUND // a_pass)
    mixed = [rows[torch.from_numpy(rng.permutation(len(rows)))] for _ in range(passes)]
    return [batch for one in mixed for batch in one[: a_pass * size].split(size)]


def _check_scores(scores: object) -> None:
    shape = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
    if shape != (2, 2):
        raise ConfigurationError(
            [f"a critic must give scores of all pairs, (2, 2) for a batch of 2; found {shape}"]
        )
