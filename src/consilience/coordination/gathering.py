"""The batch of all processes: rows gathered with their gradient, losses over all of them."""

from typing import Any, final

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, distributed


def is_spread() -> bool:
    """Whether several processes train together (`torch.distributed` is initialised).

    Returns:
        True with two processes or more.

    Example:
        >>> is_spread()
        False
    """
    return (
        distributed.is_available()
        and distributed.is_initialized()
        and distributed.get_world_size() > 1
    )


def gather_rows(z: Shaped[Tensor, "rows *rest"]) -> tuple[Shaped[Tensor, "total *rest"], int]:
    """The rows of all processes in the order of their ranks, with gradient.

    The processes may hold different numbers of rows. In the backward pass each process
    receives the sum of the gradients that all of them send to its rows. Where parameters'
    gradients are afterwards averaged over processes, as `DistributedDataParallel` does, a
    loss that every process takes of all rows, or the mean over processes of losses of their
    own rows, has the gradient of one process with the whole batch. A process whose rows
    need no gradient takes part in the backward pass all the same, lest the others wait.

    Args:
        z: This process's rows, `(rows, ...)`; every process must call.

    Returns:
        All rows, and where this process's begin. Alone, `z` itself and 0.
    """
    if not is_spread():
        return z, 0
    if z.is_floating_point() and torch.is_grad_enabled() and not z.requires_grad:
        z = z.detach().requires_grad_()
    sizes = _sizes(z)
    rank = distributed.get_rank()
    together: Tensor = _Gather.apply(z, sizes, rank)
    return together, sum(sizes[:rank])


def mean_over_processes(loss: Float[Tensor, ""], rows: int) -> Float[Tensor, ""]:
    """The mean over all rows of all processes, from each one's mean over its own.

    Args:
        loss: Mean over this process's rows, `()`.
        rows: How many they are.

    Returns:
        The value of the global mean on every process. The gradient is that of this
        process's share, times the number of processes: averaged over them it is the
        global mean's.
    """
    if not is_spread():
        return loss
    count = distributed.get_world_size()
    total = torch.tensor(float(rows), dtype=torch.float64, device=loss.device)
    distributed.all_reduce(total)
    share = loss * (rows * count / total.item())
    value = share.detach().clone()
    distributed.all_reduce(value)
    return share + (value / count - share.detach())


def _sizes(z: Tensor) -> list[int]:
    count = distributed.get_world_size()
    own = torch.tensor([len(z)], device=z.device)
    sizes = [torch.zeros_like(own) for _ in range(count)]
    distributed.all_gather(sizes, own)
    return [int(size) for size in sizes]


@final
class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        z: Tensor,
        sizes: list[int],
        rank: int,
    ) -> Tensor:
        ctx.place = sum(sizes[:rank]), len(z)
        padded = z.new_zeros(max(sizes), *z.shape[1:])
        padded[: len(z)] = z
        parts = [torch.empty_like(padded) for _ in sizes]
        distributed.all_gather(parts, padded)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401  # torch gives its context no type
        *grads: Tensor,
    ) -> tuple[Tensor, None, None]:
        total = grads[0].contiguous().clone()
        distributed.all_reduce(total)
        first, rows = ctx.place
        return total[first : first + rows], None, None
