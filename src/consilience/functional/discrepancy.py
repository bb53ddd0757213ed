"""How far apart two samples are: central moments, and kernel means."""

import torch
from jaxtyping import Float
from torch import Tensor

from consilience.errors import ConfigurationError, ShapeError


def central_moment_discrepancy(
    x: Float[Tensor, "n width"],
    y: Float[Tensor, "m width"],
    *,
    moments: int = 5,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Float[Tensor, ""]:
    r"""Central moment discrepancy of two samples (CMD).

    $$\frac{\lVert \mathrm{E}x - \mathrm{E}y \rVert}{|b-a|}
      + \sum_{k=2}^{K} \frac{\lVert c_k(x) - c_k(y) \rVert}{|b-a|^k}$$

    where $c_k$ are the central moments of each column.

    Args:
        x: One sample.
        y: The other.
        moments: $K$.
        bounds: $(a, b)$, between which all values lie.

    Returns:
        The discrepancy, in no unit.

    Raises:
        ConfigurationError: If there is no moment or the bounds are not in order.
        ShapeError: If the widths differ.

    References:
        Zellinger et al., Central Moment Discrepancy (CMD) for Domain-Invariant Representation
        Learning, ICLR 2017, definition 1.

    Example:
        >>> float(central_moment_discrepancy(torch.ones(4, 1), torch.zeros(4, 1)))
        1.0
    """
    low, high = bounds
    faults: list[str] = []
    if moments < 1:
        faults.append(f"moments must be at least 1, found {moments}")
    if high <= low:
        faults.append(f"bounds must be (low, high) with low < high, found {bounds}")
    if faults:
        raise ConfigurationError(faults)
    _same_width(x, y)
    x, y = x / (high - low), y / (high - low)
    mean_x, mean_y = x.mean(0), y.mean(0)
    total = _length(mean_x - mean_y)
    for k in range(2, moments + 1):
        total = total + _length((x - mean_x).pow(k).mean(0) - (y - mean_y).pow(k).mean(0))
    return total


def maximum_mean_discrepancy(
    x: Float[Tensor, "n width"], y: Float[Tensor, "m width"], *, bandwidth: float | None = None
) -> Float[Tensor, ""]:
    r"""Squared maximum mean discrepancy under a Gaussian kernel, unbiased.

    $$\mathrm{E}\,k(x, x') + \mathrm{E}\,k(y, y') - 2\,\mathrm{E}\,k(x, y), \qquad
      k(x, y) = e^{-\lVert x - y \rVert^2 / 2 h^2}$$

    Args:
        x: One sample, at least 2 rows.
        y: The other, at least 2 rows.
        bandwidth: $h$; None takes the root of half the columns, right for columns of unit
            variance.

    Returns:
        The discrepancy; unbiased, so it may fall below 0.

    Raises:
        ConfigurationError: If the bandwidth is not positive.
        ShapeError: If the widths differ or a sample has fewer than 2 rows.

    References:
        Gretton et al., A Kernel Two-Sample Test, JMLR 2012, equation 3.

    Example:
        >>> x = torch.tensor([[0.0], [0.0]])
        >>> round(float(maximum_mean_discrepancy(x, x + 100.0)), 6)
        2.0
    """
    _same_width(x, y)
    if min(len(x), len(y)) < 2:
        raise ShapeError(f"both samples need 2 rows or more, found {len(x)} and {len(y)}")
    if bandwidth is not None and bandwidth <= 0:
        raise ConfigurationError([f"bandwidth must be positive, found {bandwidth}"])
    scale = float(x.shape[1]) if bandwidth is None else 2 * bandwidth**2
    n, m = len(x), len(y)
    within_x = (_kernel(x, x, scale).sum() - n) / (n * (n - 1))
    within_y = (_kernel(y, y, scale).sum() - m) / (m * (m - 1))
    return within_x + within_y - 2 * _kernel(x, y, scale).mean()


def _kernel(x: Tensor, y: Tensor, scale: float) -> Tensor:
    return (-(x[:, None] - y).square().sum(dim=2) / scale).exp()


def _length(x: Tensor) -> Tensor:
    """The Euclidean norm, whose gradient at 0 is 0 rather than NaN."""
    square = x.square().sum()
    return torch.where(square > 0, square, 1.0).sqrt() * (square > 0)


def _same_width(x: Tensor, y: Tensor) -> None:
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ShapeError(
            "both samples must be (rows, width) of equal width, "
            f"found {tuple(x.shape)} and {tuple(y.shape)}"
        )
