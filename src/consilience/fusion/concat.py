"""Concatenation: all modalities side by side through one linear layer."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims, take


@final
class ConcatFusion(nn.Module):
    r"""Maps the concatenated modalities linearly.

    $$z = W [x_1; \dots; x_M] + b$$

    Linear in its inputs, it equals `AdditiveFusion` with $W = [W_1 \dots W_M]$;
    interactions appear only through a nonlinear head above it.

    Args:
        dims: Width of each modality, by name.
        out_dim: Width of the fused vector.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality counts as zeros.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = ConcatFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])
    """

    late: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.linear = nn.Linear(sum(dims.values()), out_dim)

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Fuses a batch; see the class for shapes."""
        return self.linear(torch.cat(take(inputs, self.dims, presence), dim=1))
