"""The gated multimodal unit: each modality's say is decided by all of them."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from consilience.functional.checks import present_or_zero


def gated_fusion(
    hidden: Sequence[Float[Tensor, "batch out"]],
    gates: Float[Tensor, "batch modalities out"],
    presence: Bool[Tensor, "batch modalities"] | None = None,
) -> Float[Tensor, "batch out"]:
    r"""Adds up what each modality says, weighted elementwise by its gate.

    $$h = \sum_m z_m \odot h_m$$

    Args:
        hidden: $h_m$, one `(batch, out)` a modality.
        gates: $z_m$ in [0, 1], `(batch, modalities, out)`.
        presence: Bool `(batch, modalities)`; an absent modality adds nothing,
            whatever its $h_m$ and $z_m$ hold.

    Returns:
        The fused vectors, `(batch, out)`.

    References:
        Arevalo et al., Gated Multimodal Units for Information Fusion, 2017,
        equation 1.
    """
    says = torch.stack(list(hidden), dim=1)
    if presence is not None:
        says, gates = present_or_zero(says, presence), present_or_zero(gates, presence)
    return (says * gates).sum(dim=1)


def complementary_gates(
    gate: Float[Tensor, "batch out"], presence: Bool[Tensor, "batch 2"] | None = None
) -> Float[Tensor, "batch 2 out"]:
    """The two gates $z$ and $1 - z$ of two modalities.

    Args:
        gate: $z$ in [0, 1], `(batch, out)`.
        presence: Bool `(batch, 2)`; where one of the two is absent the other's
            gate is fully open.

    Returns:
        Both gates, `(batch, 2, out)`.
    """
    gates = torch.stack([gate, 1 - gate], dim=1)
    if presence is None:
        return gates
    alone = presence & ~presence.flip(1)
    return torch.where(alone[:, :, None], torch.ones_like(gates), gates)
