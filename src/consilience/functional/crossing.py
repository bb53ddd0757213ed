"""Log-sum-exps of all products of two sets of vectors, in memory linear in the vectors."""

from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

ROWS, COLUMNS = 512, 512
"""Sizes of a tile that stays in the cache of a core."""

SAFE = 40.0
"""Largest size of a logit whose exponential, summed or inverted, stays exact in float32."""


def crossed_logsumexp(
    za: Float[Tensor, "rows dim"],
    zb: Float[Tensor, "columns dim"],
    scale: Float[Tensor, ""],
    tile: tuple[int, int] = (ROWS, COLUMNS),
) -> tuple[Float[Tensor, " rows"], Float[Tensor, " columns"]]:
    r"""Log-sum-exp of every row and every column of the logits, which are never stored.

    $$r_i = \log \sum_j e^{s_{ij}}, \qquad c_j = \log \sum_i e^{s_{ij}}, \qquad
    s_{ij} = \sigma \langle a_i, b_j \rangle$$

    A tile of logits serves its rows and its columns at once, and is made again for the
    gradient: four matrix products in all. Where the norms bound the logits by `SAFE` no
    maximum is subtracted, otherwise each tile has its own.

    Args:
        za: $a_i$, `(rows, dim)`.
        zb: $b_j$, `(columns, dim)`.
        scale: $\sigma$, `()`; takes a gradient too.
        tile: Rows and columns of a tile; memory is a few times their product.

    Returns:
        $r$, `(rows,)`, and $c$, `(columns,)`, in nats. Differentiable once.

    References:
        Milakov and Gimelshein, Online normalizer calculation for softmax, 2018;
        Cheng et al., Breaking the Memory Barrier: Near Infinite Batch Size Scaling for
        Contrastive Loss, 2024.

    Example:
        >>> rows, columns = crossed_logsumexp(torch.eye(2), torch.zeros(3, 2), torch.tensor(1.0))
        >>> rows.exp().tolist(), columns.exp().round(decimals=4).tolist()
        ([3.0, 3.0], [2.0, 2.0, 2.0])
    """
    both: tuple[Tensor, Tensor] = _Crossed.apply(za, zb, scale, tile)
    return both


def _bounded(za: Tensor, zb: Tensor, scale: Tensor) -> bool:
    longest = za.norm(dim=1).max() * zb.norm(dim=1).max()
    return bool(longest * scale.abs() <= SAFE)


def _buffer(za: Tensor, zb: Tensor, tile: tuple[int, int]) -> Tensor:
    return za.new_empty(min(tile[0], len(za)) * min(tile[1], len(zb)))


def _logits(block: Tensor, other: Tensor, buffer: Tensor) -> Tensor:
    out = buffer[: len(block) * len(other)].view(len(block), len(other))
    return torch.mm(block, other.T, out=out)


def _exact(za: Tensor, zb: Tensor, scale: Tensor, tile: tuple[int, int]) -> tuple[Tensor, Tensor]:
    rows, columns = za.new_zeros(len(za)), zb.new_zeros(len(zb))
    buffer = _buffer(za, zb, tile)
    for i in range(0, len(za), tile[0]):
        block = za[i : i + tile[0]] * scale
        for j in range(0, len(zb), tile[1]):
            powers = _logits(block, zb[j : j + tile[1]], buffer).exp_()
            rows[i : i + tile[0]] += powers.sum(1)
            columns[j : j + tile[1]] += powers.sum(0)
    return rows.log_(), columns.log_()


def _shifted(
    za: Tensor, zb: Tensor, scale: Tensor, tile: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    rows = za.new_full((len(za),), -torch.inf)
    columns = zb.new_full((len(zb),), -torch.inf)
    buffer, work = _buffer(za, zb, tile), _buffer(za, zb, tile)
    for i in range(0, len(za), tile[0]):
        block = za[i : i + tile[0]] * scale
        for j in range(0, len(zb), tile[1]):
            logits = _logits(block, zb[j : j + tile[1]], buffer)
            mine, other = rows[i : i + tile[0]], columns[j : j + tile[1]]
            torch.logaddexp(mine, _logsumexp(logits, 1, work), out=mine)
            torch.logaddexp(other, _logsumexp(logits, 0, work), out=other)
    return rows, columns


def _logsumexp(logits: Tensor, dim: int, work: Tensor) -> Tensor:
    top = logits.amax(dim, keepdim=True)
    powers = torch.sub(logits, top, out=work[: logits.numel()].view_as(logits)).exp_()
    return powers.sum(dim).log_().add_(top.squeeze(dim))


def _exact_pull(logits: Tensor, rows: Tensor, columns: Tensor, work: Tensor) -> Tensor:
    """Gradient of the logits from gradients that already hold the inverse sums."""
    share = work[: logits.numel()].view_as(logits)
    return logits.exp_().mul_(torch.add(rows[:, None], columns, out=share))


def _shifted_pull(
    logits: Tensor, rows: tuple[Tensor, Tensor], columns: tuple[Tensor, Tensor], work: Tensor
) -> Tensor:
    """Gradient of the logits from log-sum-exps and gradients of rows and columns."""
    over = torch.sub(logits, rows[0][:, None], out=work[: logits.numel()].view_as(logits))
    over.exp_().mul_(rows[1][:, None])
    return over.add_(logits.sub_(columns[0]).exp_().mul_(columns[1]))


@final
class _Crossed(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        za: Tensor,
        zb: Tensor,
        scale: Tensor,
        tile: tuple[int, int],
    ) -> tuple[Tensor, Tensor]:
        ctx.bounded = _bounded(za, zb, scale)
        rows, columns = (_exact if ctx.bounded else _shifted)(za, zb, scale, tile)
        ctx.tile = tile
        ctx.save_for_backward(za, zb, scale, rows, columns)
        return rows, columns

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]  # hidden by the decorator
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        *grads: Tensor,
    ) -> tuple[Tensor, Tensor | None, Tensor, None]:
        za, zb, scale, rows, columns = ctx.saved_tensors
        tile, bounded, wanted = ctx.tile, ctx.bounded, ctx.needs_input_grad[1]
        up, left = grads
        if bounded:
            up, left = up * (-rows).exp(), left * (-columns).exp()
        grad_a, grad_b = torch.zeros_like(za), torch.zeros_like(zb) if wanted else None
        buffer, work = _buffer(za, zb, tile), _buffer(za, zb, tile)
        for i in range(0, len(za), tile[0]):
            mine = slice(i, i + tile[0])
            block = za[mine] * scale
            for j in range(0, len(zb), tile[1]):
                other = slice(j, j + tile[1])
                logits = _logits(block, zb[other], buffer)
                if bounded:
                    pull = _exact_pull(logits, up[mine], left[other], work)
                else:
                    held = (rows[mine], up[mine]), (columns[other], left[other])
                    pull = _shifted_pull(logits, *held, work)
                grad_a[mine].addmm_(pull, zb[other])
                if grad_b is not None:
                    grad_b[other].addmm_(pull.T, block)
        grad_scale = torch.einsum("ij,ij->", grad_a, za).reshape(scale.shape)
        return grad_a.mul_(scale), grad_b, grad_scale, None
