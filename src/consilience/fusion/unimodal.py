"""What late fusion is made of: one linear map a modality, none sees another."""

from collections.abc import Mapping, Sequence
from typing import final

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from consilience.errors import ShapeError
from consilience.functional.checks import present_or_zero, take


@final
class UnimodalMaps(nn.ModuleList):
    """One linear map a modality, in the order of `dims`.

    Args:
        dims: Width of each modality, by name.
        out_dim: Width of what each says.
        bias: Whether each map has a bias of its own.

    Example:
        >>> maps = UnimodalMaps({"audio": 5, "text": 7}, 3, bias=False)
        >>> maps([torch.randn(8, 5), torch.randn(8, 7)]).shape
        torch.Size([8, 2, 3])
    """

    def __init__(self, dims: Mapping[str, int], out_dim: int, *, bias: bool) -> None:
        super().__init__(nn.Linear(width, out_dim, bias=bias) for width in dims.values())
        self.dims = dict(dims)

    def forward(self, ordered: Sequence[Tensor]) -> Float[Tensor, "batch modalities out"]:
        """What each modality says.

        Args:
            ordered: `(batch, width)` a modality.

        Returns:
            `(batch, modalities, out_dim)`.
        """
        return torch.stack([says(x) for says, x in zip(self, ordered, strict=True)], dim=1)

    def each(
        self,
        inputs: Mapping[str, Tensor],
        presence: Bool[Tensor, "batch modalities"] | None = None,
        shared: Float[Tensor, " out"] | None = None,
    ) -> Float[Tensor, "batch modalities out"]:
        """What each modality says of a batch; zero where it is absent.

        Args:
            inputs: By name, `(batch, dims[name])`.
            presence: Bool `(batch, modalities)` in the order of `dims`, or None.
            shared: A bias that all of them have, `(out_dim,)`.

        Returns:
            `(batch, modalities, out_dim)`.
        """
        says = self(take(inputs, self.dims, presence))
        says = says if shared is None else says + shared
        return says if presence is None else present_or_zero(says, presence)

    def named(
        self, says: Float[Tensor, "batch modalities out"]
    ) -> dict[str, Float[Tensor, "batch out"]]:
        """What each modality says, by name in the order of `dims`."""
        return dict(zip(self.dims, says.unbind(dim=1), strict=True))


def check_classes(out_dim: int, what: str, instead: str) -> None:
    """Refuses an output that cannot be a distribution.

    Args:
        out_dim: Width of the output.
        what: The fusion and what it does to probabilities.
        instead: What to use for a quantity.

    Raises:
        ShapeError: If there are fewer than two classes.

    Example:
        >>> check_classes(2, "StackingFusion combines probabilities", "ValueStackingFusion")
    """
    if out_dim < 2:
        raise ShapeError(
            f"{what}, so out_dim must be at least 2, found {out_dim}; for a quantity use {instead}"
        )
