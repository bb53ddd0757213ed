"""Additive fusion: each modality adds its own say, none changes another's."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims, take


@final
class AdditiveFusion(nn.Module):
    r"""Adds a linear map of each modality.

    $$z = \sum_m W_m x_m + b$$

    On top of encoders this is late fusion by the sum of logits: the prediction
    has no interaction between modalities in logit space.

    Args:
        dims: Width of each modality, by name.
        out_dim: Width of the fused vector.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality adds nothing.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = AdditiveFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])
    """

    late: ClassVar[bool] = True

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.maps = nn.ModuleList(nn.Linear(d, out_dim, bias=False) for d in dims.values())
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Fuses a batch; see the class for shapes."""
        ordered = take(inputs, self.dims, presence)
        says = [linear(x) for linear, x in zip(self.maps, ordered, strict=True)]
        return torch.stack(says).sum(dim=0) + self.bias
