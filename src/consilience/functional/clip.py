"""Losses of CLIP and SigLIP: cosines under a learnt scale."""

import math
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ShapeError
from consilience.functional.contrastive import info_nce
from consilience.functional.embedding import at_least_single, check_pair

LARGEST_SCALE = 100.0
"""Where the learnt scale of CLIP's logits ends."""


def clip_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    log_scale: Float[Tensor, ""],
    *,
    tile: int | None = None,
) -> Float[Tensor, ""]:
    r"""CLIP's loss: InfoNCE of cosines under a learnt scale.

    $$s_{ij} = \min(e^t, 100)\, \cos(a_i, b_j)$$

    The scale is learnt as its logarithm. Above the limit its gradient passes only where
    a step would bring it back, so that it neither grows on nor stays stuck.

    Args:
        za: `(batch, dim)`, of any length: normalised here.
        zb: Row i the partner of row i of `za`.
        log_scale: $t$, `()`; CLIP starts at $\log(1 / 0.07) = 2.6593$.
        tile: Side of a tile of logits; None chooses by the batch.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.
        ConfigurationError: If the tile is not positive.

    References:
        Radford et al., Learning Transferable Visual Models From Natural Language
        Supervision, ICML 2021, figure 3 and section 2.5.
    """
    check_pair(za, zb)
    inverse = (-bounded_log_scale(log_scale)).exp()
    return info_nce(F.normalize(za, dim=1), F.normalize(zb, dim=1), inverse, tile=tile)


def siglip_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "candidates dim"],
    log_scale: Float[Tensor, ""],
    bias: Float[Tensor, ""],
    *,
    first: int = 0,
) -> Float[Tensor, ""]:
    r"""SigLIP's loss: each combination is by itself judged a pair or none.

    $$L = -\frac1N \sum_{ij} \log \sigma\bigl(z_{ij} (e^t \cos(a_i, b_j) + b)\bigr),
    \qquad z_{ij} = \pm 1$$

    Args:
        za: `(batch, dim)`, of any length: normalised here.
        zb: `(candidates, dim)`, `candidates` at least `first + batch`.
        log_scale: $t$, `()`; starts at $\log 10$; $e^t$ is at most 100 here.
        bias: $b$, `()`; starts at $-10$.
        first: Row of `zb` that is the partner of row 0 of `za`; the others follow.

    Returns:
        The loss in nats a row, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.

    References:
        Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023, algorithm 1.

    Example:
        >>> a, b = torch.eye(16).split(8)
        >>> round(siglip_loss(a, b, torch.tensor(10.0).log(), torch.tensor(-10.0)).item(), 5)
        10.00036
    """
    check_pair(za, zb, paired=False)
    if first < 0 or first + len(za) > len(zb):
        raise ShapeError(
            f"zb has {len(zb)} rows, too few for {len(za)} partners from row {first} on"
        )
    za, zb = F.normalize(at_least_single(za), dim=1), F.normalize(at_least_single(zb), dim=1)
    logits = bounded_log_scale(log_scale).exp() * za @ zb.T + bias
    found = logits.diagonal(first)
    return (F.softplus(logits).sum() - found.sum()) / len(za)


def bounded_log_scale(log_scale: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """The logarithm of a scale, at most that of `LARGEST_SCALE`.

    Args:
        log_scale: `()`.

    Returns:
        `()`; above the limit the gradient is zero unless a step down would follow it.
    """
    bounded: Tensor = _Bounded.apply(log_scale, math.log(LARGEST_SCALE))
    return bounded


@final
class _Bounded(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        x: Tensor,
        limit: float,
    ) -> Tensor:
        ctx.save_for_backward(x > limit)
        return x.clamp(max=limit)

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        *grads: Tensor,
    ) -> tuple[Tensor, None]:
        (above,), (grad,) = ctx.saved_tensors, grads
        return torch.where(above & (grad < 0), torch.zeros_like(grad), grad), None
