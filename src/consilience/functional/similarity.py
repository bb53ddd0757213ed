"""Similarities of every row of one set with every row of another."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ConfigurationError
from consilience.functional.embedding import check_pair


def cosine(x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]) -> Tensor:
    r"""Cosine of the angle: $\langle x, y \rangle / (\lVert x \rVert \lVert y \rVert)$.

    Args:
        x: `(rows, dim)`.
        y: `(others, dim)`.

    Returns:
        `(rows, others)`, from -1 to 1; 0 with a row of zeros.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    Example:
        >>> cosine(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), torch.tensor([[6.0, 8.0]])).tolist()
        [[1.0], [0.0]]
    """
    check_pair(x, y, paired=False)
    return F.normalize(x, dim=1) @ F.normalize(y, dim=1).T


def linear(x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"]) -> Tensor:
    r"""The linear kernel $\langle x, y \rangle$.

    Args:
        x: `(rows, dim)`.
        y: `(others, dim)`.

    Returns:
        `(rows, others)`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
    """
    check_pair(x, y, paired=False)
    return x @ y.T


def polynomial(
    x: Float[Tensor, "rows dim"],
    y: Float[Tensor, "others dim"],
    *,
    degree: int = 2,
    gamma: float = 1.0,
    constant: float = 1.0,
) -> Tensor:
    r"""The polynomial kernel $(\gamma \langle x, y \rangle + c)^d$.

    Args:
        x: `(rows, dim)`.
        y: `(others, dim)`.
        degree: $d$, at least 1.
        gamma: $\gamma > 0$.
        constant: $c \ge 0$: how much the lower degrees count.

    Returns:
        `(rows, others)`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
        ConfigurationError: If an option would make it no kernel.

    Example:
        >>> polynomial(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 1.0]])).item()
        36.0
    """
    check_pair(x, y, paired=False)
    faults = [*_gamma(gamma)]
    if degree < 1:
        faults.append(f"degree must be at least 1, found {degree}")
    if constant < 0:
        faults.append(f"constant must be 0 or more, found {constant}")
    if faults:
        raise ConfigurationError(faults)
    return (gamma * x @ y.T + constant) ** degree


def exponential(
    x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"], *, gamma: float = 1.0
) -> Tensor:
    r"""The exponential kernel $e^{-\gamma \lVert x - y \rVert_2}$.

    The distance is not squared: rougher than `rbf`. Others call $e^{\langle x, y \rangle
    / c^2}$ exponential, and take the sum of absolute differences for the Laplacian.

    Args:
        x: `(rows, dim)`.
        y: `(others, dim)`.
        gamma: $\gamma > 0$.

    Returns:
        `(rows, others)`, from 0 to 1; equal rows have gradient 0.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
        ConfigurationError: If gamma is not positive.

    Example:
        >>> x, y = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]])
        >>> round(exponential(x, y, gamma=0.2).item(), 6)
        0.367879
    """
    check_pair(x, y, paired=False)
    if faults := _gamma(gamma):
        raise ConfigurationError(faults)
    return (-gamma * _distances(x, y)).exp()


def rbf(
    x: Float[Tensor, "rows dim"], y: Float[Tensor, "others dim"], *, gamma: float = 1.0
) -> Tensor:
    r"""The Gaussian kernel $e^{-\gamma \lVert x - y \rVert_2^2}$.

    Args:
        x: `(rows, dim)`.
        y: `(others, dim)`.
        gamma: $\gamma > 0$; $1 / (2 \sigma^2)$ of a bandwidth $\sigma$.

    Returns:
        `(rows, others)`, from 0 to 1.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
        ConfigurationError: If gamma is not positive.
    """
    check_pair(x, y, paired=False)
    if faults := _gamma(gamma):
        raise ConfigurationError(faults)
    return (-gamma * _distances(x, y).square()).exp()


def _distances(x: Tensor, y: Tensor) -> Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def _gamma(gamma: float) -> list[str]:
    return [] if gamma > 0 else [f"gamma must be above 0, found {gamma}"]
