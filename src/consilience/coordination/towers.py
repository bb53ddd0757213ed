"""One modality's tower: a perceptron, or a module below a projection, onto the unit sphere."""

from collections.abc import Mapping
from typing import final

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from consilience.errors import ShapeError


@final
class Tower(nn.Module):
    r"""Unit vectors of one modality: $f(x) / \lVert f(x) \rVert_2$.

    Args:
        name: The modality, for errors.
        tower: The width of its vectors, for a perceptron, or a module that gives
            `(rows, width)` and tells its width, below a linear projection.
        dim: Width of the common space.
        hidden: Width of the perceptron.
        dropout: Share of the perceptron's hidden units dropped in training.

    Example:
        >>> import torch
        >>> Tower("text", 3, 4)(torch.randn(5, 3)).norm(dim=1).round(decimals=4).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0]
    """

    def __init__(
        self,
        name: str,
        tower: int | nn.Module,
        dim: int,
        *,
        hidden: int = 128,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.name = name
        self.in_dim = tower if isinstance(tower, int) else None
        if isinstance(tower, int):
            self.below = nn.Sequential(nn.Linear(tower, hidden), nn.GELU(), nn.Dropout(dropout))
            self.project = nn.Linear(hidden, dim)
        else:
            self.below = tower
            self.project = nn.Linear(told_width(tower) or 1, dim)

    def forward(self, x: Tensor) -> Float[Tensor, "rows dim"]:
        """Embeds.

        Args:
            x: `(rows, width)` for a perceptron, else what the module takes.

        Returns:
            `(rows, dim)`.

        Raises:
            ShapeError: If a perceptron's width does not fit.
        """
        if self.in_dim is not None and (x.ndim != 2 or x.shape[1] != self.in_dim):
            raise ShapeError(
                f"modality {self.name!r} must be (batch, {self.in_dim}), found {tuple(x.shape)}"
            )
        return F.normalize(self.project(self.below(x)), dim=1)


def told_width(tower: nn.Module) -> int | None:
    """The width of what a module gives, where it tells it.

    Args:
        tower: With an attribute `out_dim`, or with a layer that has `out_features`.

    Returns:
        `out_dim`, else the last layer's `out_features`, else None.

    Example:
        >>> told_width(nn.Sequential(nn.Linear(2, 5), nn.ReLU()))
        5
    """
    told = [getattr(tower, "out_dim", None)]
    told += [getattr(layer, "out_features", None) for layer in reversed(list(tower.modules()))]
    return next((width for width in told if isinstance(width, int)), None)


def faults_of_towers(towers: Mapping[str, int | nn.Module]) -> list[str]:
    """What is wrong with towers.

    Args:
        towers: By modality.

    Returns:
        One sentence a fault, none where all is well.
    """
    faults: list[str] = []
    if len(towers) < 2:
        faults.append(f"coordination needs two modalities or more, found {list(towers)}")
    for name, tower in towers.items():
        if isinstance(tower, int):
            if tower < 1:
                faults.append(f"the width of modality {name!r} must be at least 1, found {tower}")
        elif told_width(tower) is None:
            faults.append(
                f"the tower of {name!r} does not tell its width; give it an attribute out_dim"
            )
    return faults
