"""Models of one architecture, computed and updated as one."""

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from consilience.training.batches import Batch
from consilience.training.many.alone import Alone, Moments
from consilience.training.many.computing import StackedLosses
from consilience.training.many.dropout import dropping_cheaply
from consilience.training.many.feeding import Draw
from consilience.training.many.leaf import Leaf, Which
from consilience.training.many.updating import update
from consilience.training.objectives import Objective

FEWEST, LARGEST = 4, 2**18
"""Fewer models, and models of more parameters, are as fast one by one."""


@final
class Stack:
    """Models of one architecture: their tensors stacked, their steps taken together.

    The models themselves keep the values they came with until `finish` or `split`.

    Args:
        models: By number; of one architecture.
        objective: Gives the loss of a batch.
        learning_rate: Of AdamW, by model.
        weight_decay: Of AdamW, by model.

    Attributes:
        models: By number, in the order of the stack.
    """

    def __init__(
        self,
        models: Mapping[int, nn.Module],
        objective: Objective,
        learning_rate: Mapping[int, float],
        weight_decay: Mapping[int, float],
    ) -> None:
        self.models = dict(models)
        self._objective = objective
        self._template = next(iter(models.values()))
        self._device = next(self._template.parameters()).device
        self._rate = np.array([learning_rate[m] for m in models], dtype=np.float64)
        self._decay = np.array([weight_decay[m] for m in models], dtype=np.float64)
        parameters = [dict(model.named_parameters()) for model in models.values()]
        asked = {n: p.requires_grad for n, p in parameters[0].items()}
        self._leaves = {n: Leaf([p[n] for p in parameters]) for n, grad in asked.items() if grad}
        buffers = [dict(model.named_buffers()) for model in models.values()]
        self._buffers = {n: torch.stack([b[n] for b in buffers]) for n in buffers[0]}
        frozen = {n: [p[n].detach() for p in parameters] for n, grad in asked.items() if not grad}
        self._shared = {n: ts[0] for n, ts in frozen.items() if all(_is(ts[0], t) for t in ts)}
        self._frozen = {n: torch.stack(ts) for n, ts in frozen.items() if n not in self._shared}
        self._best_buffers: dict[str, Tensor] = {}
        self._saved = self._template.state_dict().keys()
        self._kept: set[int] = set()
        self._dropouts = [m for m in self._template.modules() if isinstance(m, nn.Dropout)]
        self._place = {model: i for i, model in enumerate(self.models)}
        self._losses = StackedLosses(self._template, objective, tuple(self._buffers), self._shared)

    def begin(self, *, training: bool) -> None:
        """Sets the mode of a pass."""
        self._template.train(training)

    def train(self, models: Sequence[int], batch: Batch, *, shared: bool) -> Tensor:
        """Learns from a batch a model.

        Args:
            models: Numbers of the models.
            batch: Their batches, stacked in this order, or one for all.
            shared: Whether it is one for all.

        Returns:
            Their losses, `(models,)`.

        Raises:
            UnstackableError: If the computation cannot be done for many at once. Torch
                raises other errors for the same reason, or warns that it would loop,
                which is raised too. Nothing was learnt then.
        """
        which, many = self._which(models), len(models) >= FEWEST
        leaves = {n: x.detach().requires_grad_() for n, x in self._leaves_of(which).items()}
        rest = self._rest_of(which)
        with torch.enable_grad(), dropping_cheaply(self._dropouts):
            moved = batch.to(self._device)
            losses = self._losses({**leaves, **rest}, moved, shared=shared, vectorised=many)
            gradients = torch.autograd.grad(losses.sum(), list(leaves.values()), allow_unused=True)
        places = which if isinstance(which, slice) else which.cpu().numpy()
        pairs = list(zip(self._leaves.values(), gradients, strict=True))
        update(pairs, which, self._rate[places], self._decay[places])
        self._take_back(which, rest)
        return losses.detach()

    def measure(self, models: Sequence[int], batch: Batch, *, shared: bool) -> Tensor:
        """The losses of a batch a model, `(models,)`; arguments and errors as in `train`."""
        which, many = self._which(models), len(models) >= FEWEST
        rest = self._rest_of(which)
        with torch.no_grad():
            own = {**self._leaves_of(which), **rest}
            moved = batch.to(self._device)
            losses = self._losses(own, moved, shared=shared, vectorised=many)
        self._take_back(which, rest)
        return losses

    def agrees(self, draw: Draw, models: Sequence[int]) -> bool:
        """Whether the first and last of some models compute the same stacked as alone.

        Both are asked for the loss in evaluation, before anything was learnt; a loss
        that draws random numbers cannot be compared and passes.

        Args:
            draw: Has a batch of each, of one kind.
            models: Numbers of the models.

        Returns:
            False if what is stacked is not all that tells the models apart.
        """
        two = [models[0], models[-1]]
        cuda = range(torch.cuda.device_count())
        with torch.random.fork_rng(devices=cuda), torch.no_grad():
            before = torch.get_rng_state()
            plain = [
                self._objective(self.models[m].eval(), draw.alone(m).to(self._device)) for m in two
            ]
            if not torch.equal(before, torch.get_rng_state()):
                return True
            which = self._which(two)
            own = {**self._leaves_of(which), **self._rest_of(which)}
            batch, shared = draw.take(two)
            moved = batch.to(self._device)
            stacked = self._losses(own, moved, shared=shared, vectorised=True)
        near = 10 * torch.finfo(stacked.dtype).eps ** 0.5
        expected = torch.stack(plain).to(stacked.dtype)
        return torch.allclose(stacked, expected, rtol=near, atol=near, equal_nan=True)

    def keep(self, models: Sequence[int]) -> None:
        """Takes the weights of some models, as they are, for their best."""
        which = self._which(models)
        self._kept.update(models)
        for leaf in self._leaves.values():
            leaf.keep(which)
        for name, buffer in self._buffers.items():
            self._best_buffers.setdefault(name, buffer.clone())[which] = buffer[which]

    def finish(self, models: Sequence[int]) -> None:
        """Leaves some models with their best weights, in evaluation, and drops them."""
        for model in models:
            self._write(model, best=model in self._kept)
            self.models[model].eval()
        left = [model for model in self.models if model not in set(models)]
        which = torch.tensor([self._place[m] for m in left], dtype=torch.long, device=self._device)
        for leaf in self._leaves.values():
            leaf.select(which)
        for tensors in (self._buffers, self._best_buffers, self._frozen):
            tensors.update({name: x[which] for name, x in tensors.items()})
        places = which.cpu().numpy()
        self._rate, self._decay = self._rate[places], self._decay[places]
        self.models = {model: self.models[model] for model in left}
        self._place = {model: i for i, model in enumerate(left)}

    def split(self) -> dict[int, Alone]:
        """The models one by one, as far as they have come, by number."""
        return {model: self._release(model) for model in self.models}

    def _which(self, models: Sequence[int]) -> Which:
        places = [self._place[model] for model in models]
        first = places[0]
        if places == list(range(first, first + len(places))):
            return slice(first, first + len(places))
        return torch.tensor(places, device=self._device)

    def _leaves_of(self, which: Which) -> dict[str, Tensor]:
        return {name: leaf.take(which) for name, leaf in self._leaves.items()}

    def _rest_of(self, which: Which) -> dict[str, Tensor]:
        """Buffers, copied for they may change, and frozen parameters."""
        buffers = {name: buffer[which].clone() for name, buffer in self._buffers.items()}
        return {**buffers, **{name: x[which] for name, x in self._frozen.items()}}

    def _take_back(self, which: Which, rest: Mapping[str, Tensor]) -> None:
        for name, buffer in self._buffers.items():
            buffer[which] = rest[name]

    def _release(self, model: int) -> Alone:
        place = self._place[model]
        moments = {
            name: Moments(int(leaf.steps[place]), *leaf.moments(place))
            for name, leaf in self._leaves.items()
            if leaf.steps[place]
        }
        alone = Alone(
            self.models[model],
            self._objective,
            learning_rate=float(self._rate[place]),
            weight_decay=float(self._decay[place]),
            moments=moments,
        )
        if model in self._kept:
            self._write(model, best=True)
            alone.keep()
        self._write(model, best=False)
        return alone

    def _write(self, model: int, *, best: bool) -> None:
        place, module = self._place[model], self.models[model]
        parameters, buffers = dict(module.named_parameters()), dict(module.named_buffers())
        with torch.no_grad():
            for name, leaf in self._leaves.items():
                parameters[name].copy_(leaf.row(place, best=best))
            for name, buffer in self._buffers.items():
                kept = self._best_buffers[name] if best and name in self._saved else buffer
                buffers[name].copy_(kept[place])


def _is(one: Tensor, other: Tensor) -> bool:
    return one.data_ptr() == other.data_ptr() or torch.equal(one, other)
