"""Low-rank tensor fusion: every cross-modal product, none of them stored."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.errors import ShapeError
from consilience.functional.checks import check_dims, take
from consilience.functional.low_rank import low_rank_fusion


@final
class LowRankTensorFusion(nn.Module):
    r"""Fuses modalities through a weight tensor of CP rank $R$.

    $$z = \sum_{r=1}^{R} w_r \bigodot_m W_{m,r}^\top [x_m; 1] + b$$

    Equals tensor fusion whose weight has rank $R$, at a cost of
    $O(R\,d \sum_m d_m)$ where the full tensor costs $O(d \prod_m d_m)$.

    Args:
        dims: Width $d_m$ of each modality, by name.
        out_dim: Width $d$ of the fused vector.
        rank: Number of terms $R$; more terms fit finer interactions.

    Shape:
        `inputs[m]` is `(batch, d_m)`; the result is `(batch, d)`.
        The factor of an absent modality is 1, so the others' products remain.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width, the rank or a batch size does not fit.

    Example:
        >>> fuse = LowRankTensorFusion({"audio": 5, "text": 7}, out_dim=3, rank=4)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])

    References:
        Liu et al., Efficient Low-rank Multimodal Fusion with Modality-Specific
        Factors, ACL 2018, equation 6.
    """

    late: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int, *, rank: int = 4) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        if rank < 1:
            raise ShapeError(f"rank must be at least 1, found {rank}")
        self.dims = dict(dims)
        self.factors = nn.ParameterList(
            nn.Parameter(torch.randn(d + 1, rank, out_dim) * (d + 1) ** -0.5)
            for d in dims.values()
        )
        self.weights = nn.Parameter(torch.randn(rank) * rank**-0.5)
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Fuses a batch; see the class for shapes."""
        ordered = take(inputs, self.dims, presence)
        return low_rank_fusion(ordered, list(self.factors), self.weights, self.bias, presence)
