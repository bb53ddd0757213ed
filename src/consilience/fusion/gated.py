"""The gated multimodal unit: each modality's say is decided by all of them."""

from collections.abc import Mapping
from typing import ClassVar, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.functional.checks import check_dims, take
from consilience.functional.gated import complementary_gates, gated_fusion


@final
class GatedFusion(nn.Module):
    r"""Weighs each modality elementwise by a gate that sees all raw inputs.

    $$h_m = \tanh(W_m x_m), \quad z_m = \sigma(V_m [x_1; \dots; x_M]), \quad
    h = \sum_m z_m \odot h_m$$

    For two modalities the gates are complementary, $z_2 = 1 - z_1$, as in the
    paper's bimodal unit; for one or more than two they are independent. The maps
    $W_m$ and $V_m$ have biases.

    Args:
        dims: Width of each modality, by name.
        out_dim: Width of the fused vector.

    Shape:
        `inputs[m]` is `(batch, dims[m])`; the result is `(batch, out_dim)`.
        An absent modality adds nothing and is zero in the gates' input; of two
        modalities the one left has its gate fully open.

    Raises:
        ModalityError: If `dims` is empty or a call's modalities are not those of `dims`.
        ShapeError: If a width or batch size does not fit.

    Example:
        >>> fuse = GatedFusion({"audio": 5, "text": 7}, out_dim=3)
        >>> fuse({"audio": torch.randn(8, 5), "text": torch.randn(8, 7)}).shape
        torch.Size([8, 3])

    References:
        Arevalo et al., Gated Multimodal Units for Information Fusion, 2017,
        equation 1 and figure 2.
    """

    late: ClassVar[bool] = False

    def __init__(self, dims: Mapping[str, int], out_dim: int) -> None:
        super().__init__()
        check_dims(dims, out_dim)
        self.dims = dict(dims)
        self.out_dim = out_dim
        self.maps = nn.ModuleList(nn.Linear(d, out_dim) for d in dims.values())
        gates = 1 if len(dims) == 2 else len(dims)
        self.gate = nn.Linear(sum(dims.values()), gates * out_dim)

    def forward(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
    ) -> Float[Tensor, "batch out"]:
        """Fuses a batch; see the class for shapes."""
        ordered = take(inputs, self.dims, presence)
        hidden = [torch.tanh(linear(x)) for linear, x in zip(self.maps, ordered, strict=True)]
        gates = torch.sigmoid(self.gate(torch.cat(ordered, dim=1)))
        if len(self.dims) == 2:
            return gated_fusion(hidden, complementary_gates(gates, presence), presence)
        return gated_fusion(hidden, gates.unflatten(1, (-1, self.out_dim)), presence)
