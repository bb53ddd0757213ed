"""AdamW on stacks of models, each with its own settings and its own past."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.adamw import adamw

from consilience.training.many.leaf import Leaf, Which

Numbers = NDArray[np.float64]


def update(
    leaves: Sequence[tuple[Leaf, Tensor | None]],
    which: Which,
    learning_rate: Numbers,
    weight_decay: Numbers,
) -> None:
    """One step of AdamW for some models of a stack, as `training.loop.adamw` takes it.

    Torch's own kernel updates neighbours with equally many steps behind them as one
    tensor. A step is linear in the learning rate: where settings differ it is taken at
    unit length and scaled.

    Args:
        leaves: Every parameter with its gradient `(models, *shape)`; None where it
            took no part.
        which: The models the gradients belong to.
        learning_rate: Of these models, `(models,)`.
        weight_decay: Of these models, `(models,)`.
    """
    moved = [_Moved(leaf, gradient, which) for leaf, gradient in leaves if gradient is not None]
    if len(set(zip(learning_rate, weight_decay, strict=True))) == 1:
        _alike(moved, float(learning_rate[0]), float(weight_decay[0]))
    else:
        _scaled(moved, learning_rate, weight_decay)
    for m in moved:
        m.put_back()


@final
class _Moved:
    """A parameter of some models on its way through an update."""

    def __init__(self, leaf: Leaf, gradient: Tensor, which: Which) -> None:
        self.leaf = leaf
        self.which = which
        self.places = which if isinstance(which, slice) else which.cpu().numpy()
        self.gradient = leaf.flat(gradient)
        self.values, self.mean, self.square = (
            leaf.values[which],
            leaf.mean[which],
            leaf.square[which],
        )
        self.steps: NDArray[np.int64] = leaf.steps[self.places]

    def put_back(self) -> None:
        self.leaf.steps[self.places] += 1
        if isinstance(self.which, Tensor):
            self.leaf.values[self.which] = self.values
            self.leaf.mean[self.which] = self.mean
            self.leaf.square[self.which] = self.square


@final
class _Piece(NamedTuple):
    """Neighbours that are updated as one tensor."""

    values: Tensor
    moved: _Moved
    run: slice


def _alike(moved: Sequence[_Moved], learning_rate: float, weight_decay: float) -> None:
    for decays in (True, False):
        chosen = [m for m in moved if m.leaf.decays == decays]
        _adamw(
            _pieces(chosen, [m.values for m in chosen]),
            learning_rate,
            weight_decay if decays else 0.0,
        )


def _scaled(moved: Sequence[_Moved], learning_rate: Numbers, weight_decay: Numbers) -> None:
    units = [torch.zeros_like(m.values) for m in moved]
    _adamw(_pieces(moved, units), 1.0, 0.0)
    for unit, m in zip(units, moved, strict=True):
        if m.leaf.decays:
            m.values.mul_(_column(1 - learning_rate * weight_decay, unit))
        m.values.addcmul_(unit, _column(learning_rate, unit))


def _column(values: Numbers, like: Tensor) -> Tensor:
    return torch.from_numpy(values).to(like)[:, None]


def _pieces(moved: Sequence[_Moved], values: Sequence[Tensor]) -> list[_Piece]:
    """Stretches of models with equally many steps behind them."""
    known: dict[bytes, list[slice]] = {}
    pieces: list[_Piece] = []
    for m, x in zip(moved, values, strict=True):
        past = m.steps.tobytes()
        if past not in known:
            cuts = [0, *(np.flatnonzero(np.diff(m.steps)) + 1).tolist(), len(m.steps)]
            known[past] = [slice(start, stop) for start, stop in pairwise(cuts)]
        pieces += [_Piece(x[run], m, run) for run in known[past]]
    return pieces


def _adamw(pieces: Sequence[_Piece], learning_rate: float, weight_decay: float) -> None:
    if not pieces:
        return
    device = pieces[0].values.device
    behind = [float(piece.moved.steps[piece.run.start]) for piece in pieces]
    adamw(
        [piece.values for piece in pieces],
        [piece.moved.gradient[piece.run] for piece in pieces],
        [piece.moved.mean[piece.run] for piece in pieces],
        [piece.moved.square[piece.run] for piece in pieces],
        [],
        list(torch.tensor(behind, device=device).unbind()),
        fused=device.type in {"cpu", "cuda"},
        amsgrad=False,
        beta1=0.9,
        beta2=0.999,
        lr=learning_rate,
        weight_decay=weight_decay,
        eps=1e-8,
        maximize=False,
    )
