"""What towers are trained for: losses over all pairs of views, with what they learn."""

import math
from collections.abc import Callable, Mapping
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.coordination.contrastive import gather_views, multiview_info_nce
from consilience.functional.clip import bounded_log_scale, siglip_loss
from consilience.functional.margins import vse_loss
from consilience.functional.multiview import shared_pairs


@final
class InfoNCEObjective(nn.Module):
    r"""InfoNCE of every pair of views under a learnt scale of at most 100.

    Args:
        temperature: The first $\tau$; its inverse is learnt as a logarithm.
    """

    def __init__(self, temperature: float = 0.07) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    @property
    def temperature(self) -> float:
        """The temperature now."""
        return float((-bounded_log_scale(self.log_scale.detach())).exp())

    def forward(
        self,
        views: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch views"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of unit embeddings `(batch, dim)` by name, in nats."""
        return multiview_info_nce(views, presence, (-bounded_log_scale(self.log_scale)).exp())


@final
class SigLIPObjective(nn.Module):
    """SigLIP's loss of every pair of views, with learnt scale and bias."""

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(10)))
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(
        self,
        views: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch views"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of embeddings `(batch, dim)` by name, in nats a row."""

        def loss(za: Tensor, zb: Tensor) -> Tensor:
            return siglip_loss(za, zb, self.log_scale, self.bias)

        return _mean_of_pairs(loss, views, presence)


@final
class HingeObjective(nn.Module):
    r"""The hinge of visual-semantic embeddings of every pair of views.

    Args:
        margin: $\alpha$.
        hardest: Only each row's hardest negative in place of the sum.
    """

    def __init__(self, margin: float = 0.2, *, hardest: bool = False) -> None:
        super().__init__()
        self.margin = margin
        self.hardest = hardest

    def forward(
        self,
        views: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch views"] | None = None,
    ) -> Float[Tensor, ""]:
        """The loss of embeddings `(batch, dim)` by name."""

        def loss(za: Tensor, zb: Tensor) -> Tensor:
            return vse_loss(za, zb, self.margin, hardest=self.hardest)

        return _mean_of_pairs(loss, views, presence)


def _mean_of_pairs(
    loss: Callable[[Tensor, Tensor], Tensor],
    views: Mapping[str, Tensor],
    presence: Tensor | None,
) -> Tensor:
    pairs = shared_pairs(*gather_views(views, presence))
    if pairs:
        return torch.stack([loss(za, zb) for za, zb in pairs.values()]).mean()
    return torch.stack([z[:0].sum() for z in views.values()]).sum()
