"""Conditional means of a layer of smooth units, by interpolation that proves itself."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

SMOOTH = (nn.GELU, nn.Mish, nn.Sigmoid, nn.SiLU, nn.Softplus, nn.Tanh)
"""Activations whose means over samples a polynomial follows to rounding."""
FIRST_DEGREE, LAST_DEGREE = 16, 128
TAIL = 3
"""Last coefficients that must have vanished."""
CHECKED = 5
"""Rows at which the polynomial is compared with the mean itself."""

Activation = Callable[[Tensor], Tensor]


def smooth_marginals(
    u: Float[Tensor, "_ units"], v: Float[Tensor, "_ units"], activation: Activation
) -> list[Tensor] | None:
    r"""Conditional means of a layer of smooth functions of a sum of two modalities.

    $$E[f \mid u]_i = \frac1J \sum_j g(u_i + v_j)$$

    is for each unit a function of the one number $u_i$, smoother than $g$. A Chebyshev
    polynomial follows it from its values at a few dozen nodes, in place of one at every row:
    `O(rows)` evaluations. Its degree is doubled until its last coefficients vanish, and it is
    compared with the mean itself at some rows.

    Args:
        u: One modality's part of the layer's input; a bias is in one of them.
        v: The other's.
        activation: $g$, elementwise.

    Returns:
        The means given either modality, `(rows, units)` float64, off by rounding (2e-6 of the
        largest in float32, 1e-10 in float64) where they were compared; None where that is not
        reached with fewer nodes than half of the rows.

    Example:
        >>> u = torch.linspace(-1, 1, 100)[:, None].double()
        >>> found = smooth_marginals(u, u, torch.tanh)
        >>> exact = torch.tanh(u + u.T).mean(dim=1, keepdim=True)
        >>> found is not None and bool((found[0] - exact).abs().max() < 1e-12)
        True

    References:
        Trefethen, Approximation Theory and Approximation Practice, SIAM 2013, chapters 3 and 8.
    """
    out: list[Tensor] = []
    for own, other in ((u, v), (v, u)):
        found = _given(own, other, activation)
        if found is None:
            return None
        out.append(found)
    return out


def _given(own: Tensor, other: Tensor, activation: Activation) -> Tensor | None:
    low, high = own.min(dim=0).values, own.max(dim=0).values
    middle, half = (high + low) / 2, ((high - low) / 2).clamp_min(1e-12)
    rows = torch.linspace(0, len(own) - 1, CHECKED, device=own.device).long()
    exact = _means(own[rows], other, activation)
    size = _tolerance(own.dtype) * exact.abs().amax(dim=0).clamp_min(1e-3)
    degree = FIRST_DEGREE
    values = _means(middle + half * _nodes(degree, own)[:, None], other, activation)
    while 2 * degree <= min(len(own), 2 * LAST_DEGREE):
        coefficients = _coefficients(values)
        if (coefficients[-TAIL:].abs() <= size).all():
            found = _evaluated(coefficients, (own - middle).double() / half)
            return found if ((found[rows] - exact).abs() <= size).all() else None
        degree *= 2
        between = _means(middle + half * _nodes(degree, own)[1::2, None], other, activation)
        values = _interleaved(values, between)
    return None


def _tolerance(dtype: torch.dtype) -> float:
    return max(16 * torch.finfo(dtype).eps, 1e-10)


def _means(points: Tensor, other: Tensor, activation: Activation) -> Tensor:
    """The mean over `other` at each point; `(points, units)` float64."""
    return torch.stack([activation(other + point).mean(dim=0) for point in points]).double()


def _nodes(degree: int, like: Tensor) -> Tensor:
    steps = torch.arange(degree + 1, dtype=torch.float64, device=like.device)
    return (steps * (torch.pi / degree)).cos().to(like.dtype)


def _interleaved(even: Tensor, odd: Tensor) -> Tensor:
    out = even.new_empty(len(even) + len(odd), even.shape[1])
    out[::2], out[1::2] = even, odd
    return out


def _coefficients(values: Tensor) -> Tensor:
    """Of Chebyshev polynomials from their values at the nodes, `(degree + 1, units)`."""
    degree = len(values) - 1
    order = torch.arange(degree + 1, dtype=values.dtype, device=values.device)
    waves = (order[:, None] * order * (torch.pi / degree)).cos() * (2 / degree)
    waves[:, [0, -1]] /= 2
    waves[[0, -1]] /= 2
    return waves @ values


def _evaluated(coefficients: Tensor, x: Tensor) -> Tensor:
    """The polynomials at points within [-1, 1], by Clenshaw's recurrence."""
    after, now = torch.zeros_like(x), torch.zeros_like(x)
    twice = 2 * x
    for coefficient in coefficients[1:].flip(0):
        after, now = now, torch.addcmul(coefficient - after, twice, now)
    return torch.addcmul(coefficients[0] - after, x, now)
