"""One parameter of many models, stacked."""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Which = slice | Tensor
"""Some models of a stack: neighbours, or numbers `(models,)`."""


@final
class Leaf:
    """One parameter of many models with the moments of its gradients.

    Each row holds one model's values in the order in which gradients arrive, so that
    a matrix that a linear layer transposes is not copied at every step.

    Args:
        tensors: The parameter in each model; all of one shape.

    Attributes:
        values: `(models, size)`.
        mean: Running mean of the gradient, `(models, size)`.
        square: Running mean of its square, `(models, size)`.
        steps: How often each model was updated, `(models,)`.
        best: The values to keep, `(models, size)`; None as long as none were.
        decays: Whether weight decay applies: not to vectors and scalars.
    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self.shape = tensors[0].shape
        self.values = torch.stack([t.detach().flatten() for t in tensors])
        self.mean = torch.zeros_like(self.values)
        self.square = torch.zeros_like(self.values)
        self.steps: NDArray[np.int64] = np.zeros(len(tensors), dtype=np.int64)
        self.best: Tensor | None = None
        self.decays = len(self.shape) >= 2
        self.transposed = False
        self._settled = False

    def take(self, which: Which) -> Tensor:
        """The parameter in some models, `(models, *shape)`; a view where they are neighbours."""
        return self._shaped(self.values[which])

    def row(self, place: int, *, best: bool = False) -> Tensor:
        """The parameter in one model, `shape`; its best values if asked and known."""
        kept = self.values if self.best is None or not best else self.best
        return self._shaped(kept[place : place + 1])[0]

    def moments(self, place: int) -> tuple[Tensor, Tensor]:
        """Mean and square of one model's gradient, each `shape`."""
        here = slice(place, place + 1)
        return self._shaped(self.mean[here])[0], self._shaped(self.square[here])[0]

    def flat(self, gradient: Tensor) -> Tensor:
        """A gradient `(models, *shape)` as `(models, size)` in the order of the rows.

        The first gradient decides that order.
        """
        if not self._settled and self.best is None:
            self._adopt(_is_transposed(gradient))
        self._settled = True
        ordered = gradient.mT if self.transposed else gradient
        return ordered.reshape(len(gradient), self.values.shape[1]).contiguous()

    def keep(self, which: Which) -> None:
        """Takes the values of some models for the best ones."""
        if self.best is None:
            self.best = self.values.clone()
        else:
            self.best[which] = self.values[which]

    def select(self, which: Tensor) -> None:
        """Drops all models but some."""
        self.values = self.values[which]
        self.mean = self.mean[which]
        self.square = self.square[which]
        self.steps = self.steps[which.cpu().numpy()]
        self.best = None if self.best is None else self.best[which]

    def _shaped(self, rows: Tensor) -> Tensor:
        if not self.transposed:
            return rows.view(len(rows), *self.shape)
        return rows.view(len(rows), *reversed(self.shape)).mT

    def _adopt(self, transposed: bool) -> None:  # noqa: FBT001  private
        if transposed != self.transposed:
            self.values = self._shaped(self.values).mT.flatten(1)
            self.transposed = transposed


def _is_transposed(gradient: Tensor) -> bool:
    return gradient.ndim == 3 and not gradient.is_contiguous() and gradient.mT.is_contiguous()
