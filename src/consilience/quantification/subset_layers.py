"""A linear layer's output under every subset of modalities, a tile of rows at a time."""

from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor, nn

from consilience.functional.subsets import subset_squares, subset_sums

FEWEST = 5
"""Modalities from which a layer norm of all sums takes longer than to prepare it once."""


@final
class SubsetLayer:
    r"""Sums over subsets of the modalities' parts, normalised where a layer norm follows.

    A layer norm's mean is taken out of the parts before they are summed, its weight is put in,
    and the variance of every sum is known from products of pairs of parts; what is left is one
    product and one addition a number. With fewer than `FEWEST` modalities the norm is left.

    Args:
        base: The output with no modality, `(1, units)`.
        parts: What each modality adds, `(rows, units)`.
        rest: The modules that follow.

    Attributes:
        rest: Those that are not accounted for here.
    """

    def __init__(self, base: Tensor, parts: Sequence[Tensor], rest: Sequence[nn.Module]) -> None:
        self._base, self._parts = base, list(parts)
        self._scale: Tensor | None = None
        self._shift = base.new_zeros(())
        self.rest = tuple(rest)
        first = self.rest[0] if self.rest else None
        if (
            len(self._parts) >= FEWEST
            and type(first) is nn.LayerNorm
            and first.normalized_shape == base.shape[1:]
        ):
            self._normalise(first)
            self.rest = self.rest[1:]

    def _normalise(self, norm: nn.LayerNorm) -> None:
        centred = [x - x.mean(dim=1, keepdim=True) for x in (self._base, *self._parts)]
        squares = subset_squares(centred[0], centred[1:]) / self._base.shape[1]
        scale = (squares.clamp_min(0) + norm.eps).rsqrt()
        self._scale = scale.to(self._base.dtype)[..., None]
        weighed = centred if not norm.elementwise_affine else [x * norm.weight for x in centred]
        self._base, self._parts = weighed[0], weighed[1:]
        if "bias" in dict(norm.named_parameters()):
            self._shift = norm.bias

    def tiles(self, numbers: int) -> Iterator[Tensor]:
        """The output for some rows after others.

        Args:
            numbers: Numbers held at a time, if that leaves a row.

        Yields:
            `(patterns, rows, units)`, which the next overwrites.
        """
        rows, units = self._parts[0].shape
        patterns = 2 ** len(self._parts)
        step = min(rows, max(1, numbers // (units * patterns)))
        held = self._base.new_empty(patterns * step * units)
        for start in range(0, rows, step):
            chosen = slice(start, min(start + step, rows))
            some = [part[chosen] for part in self._parts]
            place = held[: patterns * some[0].numel()].view(patterns, *some[0].shape)
            sums = subset_sums(self._base, some, out=place)
            if self._scale is not None:
                torch.addcmul(self._shift, sums, self._scale[:, chosen], out=sums)
            yield sums
