"""Additive fusion: each modality adds its own say, none changes another's."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims
from consilience.fusion.unimodal import UnimodalMaps


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
        An absent modality adds nothing; `unimodal` gives each modality's own part.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = AdditiveFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])
        >>> x = {"audio": torch.ones(1, 5), "text": torch.zeros(1, 7)}
        >>> {name: part.shape for name, part in fuse.unimodal(x).items()}
        {'audio': torch.Size([1, 3]), 'text': torch.Size([1, 3])}
    """

    late: ClassVar[bool] = True

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.maps = UnimodalMaps(dims, out_dim, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_dim))

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Fuses a batch; see the class for shapes."""
        return self.maps.each(inputs, presence).sum(dim=1) + self.bias

    def unimodal(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """Each modality's own part of the output; with the bias they add up to it.

        Args:
            inputs: By name, `(batch, dims[name])`.
            presence: Bool `(batch, modalities)` in the order of `dims`, or None.

        Returns:
            $W_m x_m$ by name in the order of `dims`, `(batch, out_dim)` each; zero where
            the modality is absent.
        """
        return self.maps.named(self.maps.each(inputs, presence))
