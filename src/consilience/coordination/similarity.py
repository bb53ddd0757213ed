"""Similarities as modules: fixed kernels, and a bilinear critic that is learnt."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from consilience.errors import ConfigurationError, ShapeError
from consilience.functional import similarity
from consilience.functional.embedding import check_pair


@final
class CosineSimilarity(nn.Module):
    """The cosine of every row of one with every row of the other; no parameters."""

    def forward(
        self, x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]
    ) -> Float[Tensor, "rows others"]:
        """Scores `(rows, dim)` and `(others, dim)` as `(rows, others)`."""
        return similarity.cosine(x, y)


@final
class LinearKernel(nn.Module):
    r"""The kernel $\langle x, y \rangle$; no parameters."""

    def forward(
        self, x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]
    ) -> Float[Tensor, "rows others"]:
        """Scores `(rows, dim)` and `(others, dim)` as `(rows, others)`."""
        return similarity.linear(x, y)


@final
class PolynomialKernel(nn.Module):
    r"""The kernel $(\gamma \langle x, y \rangle + c)^d$.

    Args:
        degree: $d$, at least 1.
        gamma: $\gamma > 0$.
        constant: $c \ge 0$.
    """

    def __init__(self, degree: int = 2, *, gamma: float = 1.0, constant: float = 1.0) -> None:
        super().__init__()
        self.degree = degree
        self.gamma = gamma
        self.constant = constant

    def forward(
        self, x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]
    ) -> Float[Tensor, "rows others"]:
        """Scores `(rows, dim)` and `(others, dim)` as `(rows, others)`."""
        return similarity.polynomial(
            x, y, degree=self.degree, gamma=self.gamma, constant=self.constant
        )


@final
class ExponentialKernel(nn.Module):
    r"""The kernel $e^{-\gamma \lVert x - y \rVert_2}$, of the distance unsquared.

    Args:
        gamma: $\gamma > 0$.
    """

    def __init__(self, gamma: float = 1.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(
        self, x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]
    ) -> Float[Tensor, "rows others"]:
        """Scores `(rows, dim)` and `(others, dim)` as `(rows, others)`."""
        return similarity.exponential(x, y, gamma=self.gamma)


@final
class RBFKernel(nn.Module):
    r"""The kernel $e^{-\gamma \lVert x - y \rVert_2^2}$.

    Args:
        gamma: $\gamma > 0$.
    """

    def __init__(self, gamma: float = 1.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(
        self, x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]
    ) -> Float[Tensor, "rows others"]:
        """Scores `(rows, dim)` and `(others, dim)` as `(rows, others)`."""
        return similarity.rbf(x, y, gamma=self.gamma)


@final
class BilinearCritic(nn.Module):
    r"""A learnt similarity of two spaces: $x^\top W y$.

    With a rank, $W = U V^\top$ of that rank: both sides are projected.

    Args:
        dim_x: Width of x.
        dim_y: Width of y.
        rank: Rank of $W$; None for a full matrix.

    Raises:
        ConfigurationError: If a width or the rank is not positive.

    Example:
        >>> critic = BilinearCritic(3, 2)
        >>> critic(torch.randn(5, 3), torch.randn(4, 2)).shape
        torch.Size([5, 4])
    """

    def __init__(self, dim_x: int, dim_y: int, *, rank: int | None = None) -> None:
        super().__init__()
        sizes = {"dim_x": dim_x, "dim_y": dim_y, "rank": 1 if rank is None else rank}
        faults = [f"{k} must be at least 1, found {v}" for k, v in sizes.items() if v < 1]
        if faults:
            raise ConfigurationError(faults)
        width = dim_y if rank is None else rank
        self.left = nn.Parameter(torch.randn(dim_x, width) * dim_x**-0.5)
        self.right = (
            None if rank is None else nn.Parameter(torch.randn(dim_y, width) * dim_y**-0.5)
        )

    def forward(
        self, x: Float[Tensor, "rows left"], y: Float[Tensor, "others right"]
    ) -> Float[Tensor, "rows others"]:
        """Scores every row of x with every row of y.

        Args:
            x: `(rows, dim_x)`.
            y: `(others, dim_y)`.

        Returns:
            `(rows, others)`.

        Raises:
            ShapeError: If a width is not the critic's.
        """
        if x.shape[1] != len(self.left):
            raise ShapeError(f"the critic takes x of width {len(self.left)}, found {x.shape[1]}")
        wanted = self.left.shape[1] if self.right is None else len(self.right)
        if y.shape[1] != wanted:
            raise ShapeError(f"the critic takes y of width {wanted}, found {y.shape[1]}")
        seen = x @ self.left
        other = y if self.right is None else y @ self.right
        check_pair(seen, other, paired=False)
        return seen @ other.T
