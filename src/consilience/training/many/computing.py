"""The losses of many models of one architecture at once."""

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from consilience.training.batches import Batch
from consilience.training.objectives import Objective

HEAVIEST = 2**21
"""Bytes that a step of one model holds for its gradient: with more, a processor's memory is the
limit whichever way models are computed, and many at once fit its cache worse."""


class UnstackableError(Exception):
    """Models cannot, or need not, be computed many at once."""


@final
class StackedLosses:
    """Computes the losses of models that differ by their tensors alone.

    Args:
        template: One of the models; it lends its code and none of its tensors.
        objective: Gives the loss of a model on a batch.
        buffers: Names of the buffers, which must not be replaced.
        common: Tensors that all models have in common, by name.
    """

    def __init__(
        self,
        template: nn.Module,
        objective: Objective,
        buffers: Sequence[str],
        common: Mapping[str, Tensor],
    ) -> None:
        self._task = _Task(template)
        self._objective = objective
        self._buffers = tuple(buffers)
        self._common = dict(common)
        self._names = _canonical(self._task)
        self._weighed = False

    def __call__(
        self, own: Mapping[str, Tensor], batch: Batch, *, shared: bool, vectorised: bool
    ) -> Tensor:
        """The losses of some models.

        Args:
            own: Their tensors by name, `(models, ...)`; buffers are changed in place.
            batch: Their batches, `(models, batch, ...)`, or one for all.
            shared: Whether it is one for all.
            vectorised: Whether to compute all at once or one after another.

        Returns:
            `(models,)`.

        Raises:
            UnstackableError: If the computation is not one of tensors alone, or gains
                nothing. Torch raises other errors for the former.
        """
        optional = {"presence": batch.presence, "target": batch.target}
        rest = {name: x for name, x in optional.items() if x is not None}
        if not vectorised:
            return self._one_by_one(own, batch.inputs, rest, shared=shared)
        if self._weighed or not torch.is_grad_enabled():
            return self._at_once(own, batch.inputs, rest, shared=shared)
        self._weighed = True
        held: dict[int, int] = {}

        def note(x: Tensor) -> Tensor:
            held[x.data_ptr()] = x.numel() * x.element_size()
            return x

        with saved_tensors_hooks(note, lambda x: x):
            losses = self._at_once(own, batch.inputs, rest, shared=shared)
        each = sum(held.values()) / len(losses)
        if each > HEAVIEST and losses.device.type == "cpu":
            raise UnstackableError(
                f"a step of one holds {each / 2**20:.1f} MiB, too much to gain by more at once"
            )
        return losses

    def _at_once(
        self,
        own: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        rest: Mapping[str, Tensor],
        *,
        shared: bool,
    ) -> Tensor:
        """All losses in one pass.

        Raises:
            UnstackableError: If torch would loop over the models, which it does well
                only where no gradient is asked for.
        """
        of_batch = None if shared else 0
        many = vmap(self._loss, in_dims=(0, of_batch, of_batch), randomness="different")
        warned = "error" if torch.is_grad_enabled() else "ignore"
        with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
            warnings.filterwarnings(warned, "There is a performance drop")
            try:
                return many(dict(own), dict(inputs), rest)
            except UserWarning as warning:
                named = re.search(r"aten::\w+", str(warning))
                raise UnstackableError(
                    f"torch has no form of {named[0] if named else 'an operation'} for many"
                ) from warning

    def _one_by_one(
        self,
        own: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        rest: Mapping[str, Tensor],
        *,
        shared: bool,
    ) -> Tensor:
        losses: list[Tensor] = []
        for i in range(len(next(iter(own.values())))):
            batch = (inputs, rest) if shared else (_of(i, inputs), _of(i, rest))
            losses.append(self._loss(_of(i, own), *batch))
        return torch.stack(losses)

    def _loss(
        self,
        own: Mapping[str, Tensor],
        inputs: Mapping[str, Tensor],
        rest: Mapping[str, Tensor],
    ) -> Tensor:
        """The loss of one model, whose tensors are given.

        Raises:
            UnstackableError: If the loss is no scalar or a buffer is replaced.
        """
        known = {f"model.{name}": x for name, x in (*own.items(), *self._common.items())}
        given = {name: known[canonical] for name, canonical in self._names.items()}
        after = dict(given)
        batch = Batch(inputs, rest.get("presence"), rest.get("target"))
        loss = functional_call(
            self._task, after, (self._objective, batch), tie_weights=False, strict=True
        )
        replaced = [n for n in self._buffers if after[f"model.{n}"] is not given[f"model.{n}"]]
        if replaced:
            raise UnstackableError(f"buffer {replaced[0]!r} is replaced by a new tensor")
        if loss.ndim:
            raise UnstackableError(f"the loss is no scalar but of shape {tuple(loss.shape)}")
        return loss


class _Task(nn.Module):
    """A model and what is asked of it, as one call."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, objective: Objective, batch: Batch) -> Tensor:
        return objective(self.model, batch)


def _canonical(module: nn.Module) -> dict[str, str]:
    """By each name of a tensor the first of its names, which differ where it is tied."""
    first: dict[int, str] = {}
    tensors = [
        *module.named_parameters(remove_duplicate=False),
        *module.named_buffers(remove_duplicate=False),
    ]
    return {name: first.setdefault(id(x), name) for name, x in tensors}


def _of(place: int, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: x[place] for name, x in tensors.items()}
