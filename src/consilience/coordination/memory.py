"""Negatives that outlive their batch: a queue of keys, a bank of instances."""

from copy import deepcopy
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from consilience.coordination.gathering import gather_rows
from consilience.errors import ConfigurationError, DataError, ShapeError


@final
class MemoryQueue(nn.Module):
    """The latest embeddings of a modality, as negatives for `info_nce`.

    First in, first out; under `torch.distributed` the rows of all processes enter, so
    that every process holds the same queue. It is saved with the model.

    Args:
        dim: Width of an embedding.
        size: How many are kept.

    Raises:
        ShapeError: If a size is not positive.

    Example:
        >>> queue = MemoryQueue(dim=1, size=3)
        >>> queue.push(torch.tensor([[1.0], [2.0]]))
        >>> queue.push(torch.tensor([[3.0], [4.0]]))
        >>> queue.negatives().flatten().tolist()
        [2.0, 3.0, 4.0]

    References:
        He et al., Momentum Contrast for Unsupervised Visual Representation Learning, CVPR
        2020, section 3.2.
    """

    rows: Tensor
    seen: Tensor

    def __init__(self, dim: int, size: int) -> None:
        super().__init__()
        if dim < 1 or size < 1:
            raise ShapeError(f"dim and size must be at least 1, found {dim} and {size}")
        self.register_buffer("rows", torch.zeros(size, dim))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def push(self, z: Float[Tensor, "batch dim"]) -> None:
        """Takes in embeddings, without their gradient; the oldest leave.

        Args:
            z: `(batch, dim)`.

        Raises:
            ShapeError: If the width does not fit.
        """
        if z.shape[1] != self.rows.shape[1]:
            raise ShapeError(f"the queue holds width {self.rows.shape[1]}, found {z.shape[1]}")
        new = gather_rows(z.detach())[0].to(self.rows)
        self.rows = torch.cat([self.rows, new])[-len(self.rows) :]
        self.seen = (self.seen + len(new)).clamp(max=len(self.rows))

    def negatives(self) -> Float[Tensor, "kept dim"] | None:
        """What is kept, oldest first, without gradient.

        Returns:
            `(kept, dim)`; None while nothing is.
        """
        kept = int(self.seen)
        return self.rows[-kept:] if kept else None


@final
class MomentumEncoder(nn.Module):
    r"""A copy of an encoder that follows it slowly: $\theta' \leftarrow m\theta' + (1-m)\theta$.

    Its embeddings change little from step to step, so that those in a queue stay
    comparable. It has no gradient and runs as in evaluation only if told so.

    Args:
        encoder: What it follows; copied, not kept.
        momentum: $m$, from 0 (equal after each step) to 1 (never moves).

    Raises:
        ConfigurationError: If the momentum is not from 0 to 1.

    References:
        He et al., Momentum Contrast for Unsupervised Visual Representation Learning, CVPR
        2020, equation 2.
    """

    def __init__(self, encoder: nn.Module, momentum: float = 0.999) -> None:
        super().__init__()
        _check_momentum(momentum)
        self.momentum = momentum
        self.copy = deepcopy(encoder).requires_grad_(requires_grad=False)

    @torch.no_grad()
    def follow(self, encoder: nn.Module) -> None:
        """Moves towards an encoder; buffers such as running means are copied.

        Args:
            encoder: Of the same structure as the copy.
        """
        for mine, new in zip(self.copy.parameters(), encoder.parameters(), strict=True):
            mine.lerp_(new, 1 - self.momentum)
        for mine, new in zip(self.copy.buffers(), encoder.buffers(), strict=True):
            mine.copy_(new)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Encodes without gradient, `(batch, ...)` to `(batch, dim)`."""
        return self.copy(x)


@final
class InstanceBank(nn.Module):
    r"""One embedding of every sample of the training data, moved when the sample is seen.

    $$v_i \leftarrow \frac{m v_i + (1 - m) z_i}{\lVert \cdot \rVert}$$

    Args:
        samples: How many samples there are.
        dim: Width of an embedding.
        momentum: $m$, from 0 to 1.
        random_state: Seed of the first, random unit vectors.

    Raises:
        ShapeError: If a size is not positive.
        ConfigurationError: If the momentum is not from 0 to 1.

    References:
        Wu et al., Unsupervised Feature Learning via Non-Parametric Instance
        Discrimination, CVPR 2018, section 3.1; Misra and van der Maaten, Self-Supervised
        Learning of Pretext-Invariant Representations, CVPR 2020, section 2.2.
    """

    rows: Tensor

    def __init__(
        self, samples: int, dim: int, *, momentum: float = 0.5, random_state: int = 0
    ) -> None:
        super().__init__()
        if samples < 1 or dim < 1:
            raise ShapeError(f"samples and dim must be at least 1, found {samples} and {dim}")
        _check_momentum(momentum)
        self.momentum = momentum
        first = torch.randn(samples, dim, generator=torch.Generator().manual_seed(random_state))
        self.register_buffer("rows", nn.functional.normalize(first, dim=1))

    @torch.no_grad()
    def update(self, index: Int[Tensor, " batch"], z: Float[Tensor, "batch dim"]) -> None:
        """Moves the embeddings of samples.

        Args:
            index: Which samples, each at most once, `(batch,)`.
            z: Their new embeddings, of any length, `(batch, dim)`.

        Raises:
            DataError: If an index is no sample.
        """
        self._check_index(index)
        new = nn.functional.normalize(z.detach().to(self.rows), dim=1)
        mixed = self.momentum * self.rows[index] + (1 - self.momentum) * new
        self.rows[index] = nn.functional.normalize(mixed, dim=1)

    def negatives(
        self, apart_from: Int[Tensor, " batch"], count: int, random_state: int
    ) -> Float[Tensor, "count dim"]:
        """Embeddings of other samples, drawn without putting any back.

        Args:
            apart_from: Samples that must not be drawn: those of the batch.
            count: How many.
            random_state: Seed of the draw; take another at each step.

        Returns:
            `(count, dim)`.

        Raises:
            DataError: If there are fewer other samples or an index is no sample.
        """
        self._check_index(apart_from)
        others = torch.ones(len(self.rows), dtype=torch.bool)
        others[apart_from.cpu()] = False
        free = others.nonzero().flatten()
        if count > len(free):
            raise DataError(
                f"{count} negatives are wanted but there are {len(free)} other samples"
            )
        rng = torch.Generator().manual_seed(random_state)
        drawn = free[torch.randperm(len(free), generator=rng)[:count]]
        return self.rows[drawn.to(self.rows.device)]

    def _check_index(self, index: Tensor) -> None:
        wrong = index[(index < 0) | (index >= len(self.rows))]
        if len(wrong):
            raise DataError(
                f"sample {int(wrong[0])} is not one of the {len(self.rows)} of the bank"
            )


def _check_momentum(momentum: float) -> None:
    if not 0 <= momentum <= 1:
        raise ConfigurationError([f"momentum must be from 0 to 1, found {momentum}"])
