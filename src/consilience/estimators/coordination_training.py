"""How towers are trained: batches that all processes share, and whether anything was learnt."""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import cast, final

import torch
from torch import Tensor, distributed, nn

from consilience.coordination.encoders import CoordinatedEncoders
from consilience.coordination.gathering import is_spread
from consilience.coordination.objectives import InfoNCEObjective
from consilience.functional.clip import bounded_log_scale
from consilience.functional.ranking import true_ranks
from consilience.training import Batch, TensorBatches

MOST = 1024
"""Rows that validation looks at in one batch."""
SURE = 2.0
"""Standard errors that a loss must lie below chance."""


@final
class SharedBatches:
    """Batches of which each process takes its part; alone, the batches themselves.

    All processes must draw the same batches. A last batch that is not full is left out
    unless it is the only one, as a contrastive loss depends on the size of the batch.

    Args:
        batches: The batches of all processes together.
    """

    def __init__(self, batches: TensorBatches) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[Batch]:
        size = min(self.batches.batch_size, self.batches.rows)
        for batch in self.batches:
            if len(next(iter(batch.inputs.values()))) == size:
                yield _part(batch, size)


def _part(batch: Batch, size: int) -> Batch:
    if not is_spread():
        return batch
    count, rank = distributed.get_world_size(), distributed.get_rank()
    rows = slice(rank, size - size % count, count)
    presence = None if batch.presence is None else batch.presence[rows]
    return Batch({name: x[rows] for name, x in batch.inputs.items()}, presence, None)


def batch_loss(model: nn.Module, batch: Batch) -> Tensor:
    """The loss of towers on a batch; in validation the same number on every process.

    Args:
        model: `CoordinatedEncoders`.
        batch: This process's part.

    Returns:
        `()`.
    """
    loss = cast("CoordinatedEncoders", model).loss(batch.inputs, batch.presence)
    if not model.training and is_spread():
        loss = loss.detach().clone()
        distributed.broadcast(loss, 0)
    return loss


def average_gradients(model: nn.Module, _batch: Batch) -> None:
    """Averages gradients over processes, so that all take the step of the whole batch.

    Args:
        model: Whose parameters have gradients.
    """
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)
        parameter.grad /= distributed.get_world_size()


def shared_seed(seed: int) -> int:
    """The first process's seed, on every process.

    Args:
        seed: This process's own.

    Returns:
        The seed.
    """
    if not is_spread():
        return seed
    told = torch.tensor([seed])
    distributed.broadcast(told, 0)
    return int(told)


def chance_warning(
    towers: CoordinatedEncoders, embedded: Mapping[str, Tensor], presence: Tensor
) -> str:
    """Says so if the held-out loss or ranks of pairs sit at chance.

    InfoNCE is compared with ln of the number of pairs, the mean rank of the true partner
    with the middle. The loss alone may sit there while partners rank above it.

    Args:
        towers: Trained.
        embedded: Held-out embeddings by modality, `(rows, dim)`.
        presence: Bool `(rows, modalities)`.

    Returns:
        A sentence, empty where something was learnt.
    """
    lost: list[str] = []
    sure: list[str] = []
    for (i, one), (j, other) in combinations(enumerate(towers.names), 2):
        both = (presence[:, i] & presence[:, j]).nonzero().flatten()[:MOST]
        if len(both) < 2:
            continue
        za, zb = embedded[one][both], embedded[other][both]
        loss, rank = _loss_at_chance(towers, za, zb), _rank_at_chance(za, zb)
        if rank:
            lost.append(f"{one!r} and {other!r}: {loss or rank}")
        elif loss:
            sure.append(f"{one!r} and {other!r}: {loss}")
    return _LOST.format("; ".join(lost)) if lost else _SURE.format("; ".join(sure)) * bool(sure)


_LOST = (
    "held-out pairs are found no better than by chance ({}); check that row i of each modality "
    "is one pair, add pairs, or train longer"
)
_SURE = (
    "the held-out loss sits at chance ({}), although partners rank above it: the towers are too "
    "sure of what they learnt by heart; raise dropout or weight_decay, or add pairs"
)


def _loss_at_chance(towers: CoordinatedEncoders, za: Tensor, zb: Tensor) -> str | None:
    """What is said where InfoNCE is not below ln of the pairs by more than noise."""
    if not isinstance(towers.objective, InfoNCEObjective):
        return None
    pairs, own = len(za), torch.arange(len(za))
    logits = za @ zb.T * bounded_log_scale(towers.objective.log_scale.detach()).exp()
    ways = [nn.functional.cross_entropy(x, own, reduction="none") for x in (logits, logits.T)]
    each = torch.stack(ways).mean(dim=0)
    mean, error = float(each.mean()), float(each.std()) / math.sqrt(pairs)
    if mean < math.log(pairs) - SURE * error:
        return None
    return f"the loss is {mean:.2f}, chance is ln {pairs} = {math.log(pairs):.2f}"


def _rank_at_chance(za: Tensor, zb: Tensor) -> str | None:
    """What is said where the true partner's mean rank is the middle but for noise."""
    pairs = len(za)
    share = (float(true_ranks(za, zb).mean()) - 0.5) / pairs
    if share < 0.5 - SURE / math.sqrt(12 * pairs):
        return None
    return f"the true partner's mean rank is {share * pairs + 0.5:.0f} of {pairs}"
