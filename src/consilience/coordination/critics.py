"""Critics: networks that score how well samples of two variables go together."""

import math
from typing import final

from jaxtyping import Float
from torch import Tensor, cat, nn

from consilience.errors import ShapeError

Vectors = Float[Tensor, "batch _"]
Scores = Float[Tensor, "batch batch"]


def perceptron(dim: int, hidden: int, out_dim: int) -> nn.Sequential:
    """Two hidden layers.

    Args:
        dim: Width of the input.
        hidden: Width of the hidden layers.
        out_dim: Width of the output.

    Returns:
        The layers.

    Raises:
        ShapeError: If a width is not positive.
    """
    if min(dim, hidden, out_dim) < 1:
        raise ShapeError(f"widths must be at least 1, found {dim}, {hidden} and {out_dim}")
    return nn.Sequential(
        nn.Linear(dim, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, out_dim),
    )


@final
class SeparableCritic(nn.Module):
    r"""Scores $T_{ij} = \langle g(x_i), h(y_j) \rangle$: a network a variable, quick on all pairs.

    Args:
        dim_a: Columns of the first variable.
        dim_b: Columns of the second.
        hidden: Width of the hidden layers.
        embedding: Width of $g$ and $h$.

    Shape:
        `(batch, dim_a)` and `(batch, dim_b)`; the result is `(batch, batch)`.
    """

    def __init__(self, dim_a: int, dim_b: int, *, hidden: int = 128, embedding: int = 32) -> None:
        super().__init__()
        self.first = perceptron(dim_a, hidden, embedding)
        self.second = perceptron(dim_b, hidden, embedding)

    def forward(self, xa: Vectors, xb: Vectors) -> Scores:
        """Scores of all pairs."""
        return self.first(xa) @ self.second(xb).mT


@final
class JointCritic(nn.Module):
    r"""Scores $T_{ij} = f([x_i; y_j])$: one network of both, run on all pairs.

    Finds sharper dependence than `SeparableCritic` at the cost of batch-squared evaluations.

    Args:
        dim_a: Columns of the first variable.
        dim_b: Columns of the second.
        hidden: Width of the hidden layers.

    Shape:
        `(batch, dim_a)` and `(batch, dim_b)`; the result is `(batch, batch)`.
    """

    def __init__(self, dim_a: int, dim_b: int, *, hidden: int = 128) -> None:
        super().__init__()
        self.network = perceptron(dim_a + dim_b, hidden, 1)

    def forward(self, xa: Vectors, xb: Vectors) -> Scores:
        """Scores of all pairs."""
        n = len(xa)
        pairs = cat([xa.repeat_interleave(n, dim=0), xb.repeat(n, 1)], dim=1)
        return self.network(pairs).view(n, n)


@final
class GaussianConditional(nn.Module):
    r"""A conditional density: $\log q(y_j \mid x_i)$ of a Gaussian with diagonal covariance.

    Args:
        dim_a: Columns of $x$, what is conditioned on.
        dim_b: Columns of $y$.
        hidden: Width of the hidden layers.

    Shape:
        `(batch, dim_a)` and `(batch, dim_b)`; the result is `(batch, batch)`, in nats.

    Example:
        >>> import torch
        >>> log_density = GaussianConditional(3, 2)(torch.randn(5, 3), torch.randn(5, 2))
        >>> log_density.shape
        torch.Size([5, 5])
    """

    def __init__(self, dim_a: int, dim_b: int, *, hidden: int = 128) -> None:
        super().__init__()
        self.mean = perceptron(dim_a, hidden, dim_b)
        self.log_variance = perceptron(dim_a, hidden, dim_b)

    def forward(self, xa: Vectors, xb: Vectors) -> Scores:
        """Log-densities of all pairs."""
        mean, spread = self.mean(xa), self.log_variance(xa).clamp(-12, 12)
        precision = (-spread).exp()
        squares = precision @ (xb**2).mT - 2 * (precision * mean) @ xb.mT
        own = (precision * mean**2 + spread).sum(dim=1, keepdim=True)
        return -0.5 * (squares + own + xb.shape[1] * math.log(2 * math.pi))
