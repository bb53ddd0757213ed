"""Critics: how well two representations go together, for all pairs of a batch at once."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from consilience.errors import ShapeError


@final
class SeparableCritic(nn.Module):
    r"""Scores every pair of two batches as a product of two perceptrons.

    $$T_{ij} = \frac{g(a_i, c_i)^\top h(b_j)}{\sqrt{k}}$$

    The condition $c$ stands with the anchor only, so a pair cannot be told by comparing
    conditions. A batch costs $2n$ passes of a perceptron, not $n^2$.

    Args:
        first: Width of $a$.
        second: Width of $b$.
        condition: Width of $c$; 0 without one.
        hidden: Width of the hidden layers.
        rank: $k$.

    Shape:
        `(n, first)`, `(n, second)` and `(n, condition)` to `(n, n)`.

    Raises:
        ShapeError: If a width is not positive.

    Example:
        >>> SeparableCritic(3, 2)(torch.randn(5, 3), torch.randn(5, 2)).shape
        torch.Size([5, 5])
    """

    def __init__(
        self, first: int, second: int, *, condition: int = 0, hidden: int = 64, rank: int = 32
    ) -> None:
        super().__init__()
        if min(first, second, hidden, rank) < 1 or condition < 0:
            raise ShapeError(
                "widths of a critic must be at least 1, "
                f"found first={first}, second={second}, hidden={hidden}, rank={rank}"
            )
        self.rank = rank
        self.anchor = _perceptron(first + condition, hidden, rank)
        self.other = _perceptron(second, hidden, rank)

    def forward(
        self,
        a: Float[Tensor, "n first"],
        b: Float[Tensor, "n second"],
        c: Float[Tensor, "n condition"] | None = None,
    ) -> Float[Tensor, "n n"]:
        """Scores all pairs; see the class for shapes."""
        anchor = self.anchor(a if c is None else torch.cat([a, c], dim=1))
        return anchor @ self.other(b).T * self.rank**-0.5


def _perceptron(width: int, hidden: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, out))


@contextmanager
def frozen(module: nn.Module) -> Generator[None]:
    """Lets gradients through a module to its inputs but not to its parameters.

    Args:
        module: Whose parameters are left alone within the block.

    Yields:
        Nothing.

    Example:
        >>> layer, x = nn.Linear(1, 1), torch.ones(1, 1, requires_grad=True)
        >>> with frozen(layer):
        ...     layer(x).sum().backward()
        >>> layer.weight.grad is None, x.grad is None
        (True, False)
    """
    free = [p for p in module.parameters() if p.requires_grad]
    try:
        for p in free:
            p.requires_grad = False
        yield
    finally:
        for p in free:
            p.requires_grad = True
