"""The bounds by name: what their critic is trained by and how held-out scores are read."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from consilience.functional.mutual_information import (
    club_bound,
    dv_bound,
    infonce_bound,
    js_bound,
    js_objective,
    leave_one_out_bound,
    log_mean_apart,
    mine_bound,
    nwj_bound,
)
from consilience.results.dependence import BoundKind

Objective = Callable[[Tensor], Tensor]


@final
class MineObjective:
    """The objective of MINE, which keeps a moving average from batch to batch.

    Args:
        decay: Weight of what was before.
    """

    def __init__(self, decay: float = 0.9) -> None:
        self._decay = decay
        self._log_average: Tensor | None = None

    def __call__(self, scores: Tensor) -> Tensor:
        """The bound of a batch, with the corrected gradient; validation leaves no trace."""
        value, average = mine_bound(scores, self._log_average, self._decay)
        if scores.requires_grad:
            self._log_average = average
        return value


@final
@dataclass(frozen=True, slots=True)
class Bound:
    """One way to bound information from scores.

    Attributes:
        kind: On which side of the truth it lies.
        objective: Makes what its critic maximises, given scores of a batch.
        read: From scores of blocks to a value a block whose mean is the estimate, in nats.
        conditional: Whether its critic is a conditional density.
        capped: Whether it cannot exceed the log of the block.
    """

    kind: BoundKind
    objective: Callable[[], Objective]
    read: Callable[[Sequence[Tensor]], Tensor]
    conditional: bool = False
    capped: bool = False

    def judge(self, blocks: Sequence[Tensor]) -> Tensor:
        """What tells the best critic on held-back pairs: the bound, if higher is better.

        An upper bound is not better for being lower: its critic is judged by what it is
        trained by.

        Args:
            blocks: Scores of blocks.

        Returns:
            A value a block.
        """
        if self.kind == "upper":
            return each(self.objective())(blocks)
        return self.read(blocks)


def each(bound: Objective) -> Callable[[Sequence[Tensor]], Tensor]:
    """Reads a bound block by block.

    Args:
        bound: Of the scores of one block.

    Returns:
        Of the scores of blocks, a value a block.
    """
    return lambda blocks: torch.stack([bound(scores) for scores in blocks])


def pooled(clip: float = math.inf) -> Callable[[Sequence[Tensor]], Tensor]:
    r"""Reads the Donsker-Varadhan bound with the mean exponential over all blocks.

    The logarithm of one block's mean would be too low, and the bound too high. A block's value
    is linear in its own mean, $\bar T_b - \log \bar m - (m_b / \bar m - 1)$, so the values'
    mean is the pooled bound and their spread that of its error.

    Args:
        clip: Scores are clipped there, on both sides, in the exponential.

    Returns:
        Of the scores of blocks, a value a block.
    """

    def read(blocks: Sequence[Tensor]) -> Tensor:
        joint = torch.stack([scores.diagonal().mean() for scores in blocks])
        logs = torch.stack([log_mean_apart(scores.clamp(-clip, clip)) for scores in blocks])
        whole = logs.logsumexp(dim=0) - math.log(len(blocks))
        return joint - whole - ((logs - whole).exp() - 1)

    return read


def likelihood(log_conditional: Tensor) -> Tensor:
    """What a conditional density maximises.

    Args:
        log_conditional: Log-densities of all pairs, `(batch, batch)`.

    Returns:
        Their mean over partners.
    """
    return log_conditional.diagonal().mean()


BOUNDS: Mapping[str, Bound] = {
    "infonce": Bound("lower", lambda: infonce_bound, each(infonce_bound), capped=True),
    "nwj": Bound("lower", lambda: nwj_bound, each(nwj_bound)),
    "dv": Bound("lower", lambda: dv_bound, pooled()),
    "mine": Bound("lower", MineObjective, pooled()),
    "js": Bound("lower", lambda: js_objective, each(js_bound)),
    "smile": Bound("estimate", lambda: js_objective, pooled(5.0)),
    "club": Bound("upper", lambda: likelihood, each(club_bound), conditional=True),
    "nce_club": Bound("upper", lambda: infonce_bound, each(club_bound)),
    "leave_one_out": Bound(
        "upper", lambda: likelihood, each(leave_one_out_bound), conditional=True
    ),
}
"""Bounds that train a critic, by name."""
