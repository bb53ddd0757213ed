"""Low-rank tensor fusion: every cross-modal product, none of them stored."""

from collections.abc import Sequence
from functools import reduce

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from consilience.functional.checks import present_or_zero
from consilience.functional.tensor import with_one


def low_rank_fusion(
    inputs: Sequence[Float[Tensor, "batch _"]],
    factors: Sequence[Float[Tensor, "_ rank out"]],
    weights: Float[Tensor, " rank"],
    bias: Float[Tensor, " out"],
    presence: Bool[Tensor, "batch modalities"] | None = None,
) -> Float[Tensor, "batch out"]:
    r"""Contracts the modalities with a weight tensor of CP rank $R$.

    $$h = \sum_{r=1}^{R} w_r \bigodot_m W_{m,r}^\top [x_m; 1] + b$$

    Args:
        inputs: One `(batch, d_m)` a modality.
        factors: One `(d_m + 1, rank, out)` a modality; the last row meets the 1.
        weights: Weight of each term, `(rank,)`.
        bias: `(out,)`.
        presence: Bool `(batch, modalities)`; the factor of an absent modality is 1,
            whatever its input holds.

    Returns:
        The fused vectors, `(batch, out)`.

    References:
        Liu et al., Efficient Low-rank Multimodal Fusion with Modality-Specific
        Factors, ACL 2018, equation 6.
    """
    terms: list[Tensor] = []
    for m, (x, factor) in enumerate(zip(inputs, factors, strict=True)):
        if presence is None:
            terms.append(with_one(x) @ factor.flatten(1))
            continue
        present = presence[:, m]
        term = with_one(present_or_zero(x, present)) @ factor.flatten(1)
        terms.append(torch.where(present[:, None], term, 1.0))
    product = reduce(torch.mul, terms).unflatten(1, factors[0].shape[1:])
    return (product * weights[:, None]).sum(dim=1) + bias
