"""A value whose gradient is known in closed form."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class _Known(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, *both: Tensor) -> Tensor:  # noqa: ANN401  torch gives its context no type
        half = len(both) // 2
        ctx.save_for_backward(*both[half:])
        return value.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:  # noqa: ANN401  # pyright: ignore[reportIncompatibleMethodOverride]  as torch's decorator types it
        known = ctx.saved_tensors
        return (None, *(grads[0] * g for g in known), *(None for _ in known))


def with_gradient(value: Tensor, inputs: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """A scalar that hands down given gradients, in place of those of how it was computed.

    Args:
        value: The scalar, without a graph.
        inputs: What it depends on.
        gradients: Its gradient by each input, of their shapes.

    Returns:
        The same scalar. A second derivative is refused, not wrong.

    Example:
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> with_gradient(x.detach() ** 2, [x], [2 * x.detach()]).backward()
        >>> x.grad
        tensor(6.)
    """
    out: Tensor = _Known.apply(value, *inputs, *gradients)  # pyright: ignore[reportAssignmentType]  torch's apply has no type
    return out
