"""AdamW without the bookkeeping that torch's optimiser does around each step."""

from collections.abc import Sequence
from typing import Any, Protocol, final, runtime_checkable

import torch
from torch import Tensor
from torch.optim.adamw import adamw


@runtime_checkable
class Updates(Protocol):
    """What a training loop asks of an optimiser."""

    def zero_grad(self, set_to_none: bool = ...) -> None:  # noqa: FBT001  torch's signature
        """Forgets the gradients."""
        ...

    def step(self) -> Any:  # noqa: ANN401  torch's signature
        """Moves the parameters."""
        ...


@final
class LeanAdamW:
    """The steps of a fused `torch.optim.AdamW`, number for number, for parameters that stay.

    A step of a small model is mostly what surrounds torch's kernel: hooks, profiling, lists made
    anew. Here is the kernel alone; the settings cannot be changed on the way.

    Args:
        optimizer: A fused AdamW that has taken no step, which lends parameters and settings.

    Example:
        >>> weight = torch.nn.Parameter(torch.ones(2))
        >>> update = LeanAdamW(torch.optim.AdamW([weight], lr=0.5, weight_decay=0.0, fused=True))
        >>> weight.sum().backward()
        >>> update.step()
        >>> [round(x, 6) for x in weight.tolist()]
        [0.5, 0.5]
    """

    def __init__(self, optimizer: torch.optim.AdamW) -> None:
        self._groups = [_Group(group) for group in optimizer.param_groups]

    def zero_grad(self, set_to_none: bool = True) -> None:  # noqa: FBT001, FBT002  torch's signature
        """Forgets the gradients, whatever `set_to_none`."""
        del set_to_none
        for group in self._groups:
            for parameter in group.parameters:
                parameter.grad = None

    def step(self) -> None:
        """Moves the parameters that have a gradient."""
        with torch.no_grad():
            for group in self._groups:
                group.step()


class _Group:
    """Parameters with the same settings."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.parameters: Sequence[Tensor] = list(settings["params"])
        self._means = [torch.zeros_like(p) for p in self.parameters]
        self._squares = [torch.zeros_like(p) for p in self.parameters]
        self._steps = [torch.zeros((), device=p.device) for p in self.parameters]
        beta1, beta2 = settings["betas"]
        self._settings: dict[str, Any] = {
            "beta1": beta1,
            "beta2": beta2,
            **{key: settings[key] for key in ("lr", "weight_decay", "eps")},
        }

    def step(self) -> None:
        pairs = ((i, p.grad) for i, p in enumerate(self.parameters))
        gradients = {i: gradient for i, gradient in pairs if gradient is not None}
        if gradients:
            adamw(
                [self.parameters[i] for i in gradients],
                list(gradients.values()),
                [self._means[i] for i in gradients],
                [self._squares[i] for i in gradients],
                [],
                [self._steps[i] for i in gradients],
                fused=True,
                amsgrad=False,
                maximize=False,
                **self._settings,
            )
