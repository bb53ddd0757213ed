r"""Conditional means $E[f \mid x_m]$ over all combinations of samples, without visiting them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

TILE = 2**18
"""Numbers held at a time while combinations are visited."""

Function = Callable[[list[Tensor], Tensor], Tensor]


@final
class Norm(NamedTuple):
    """A layer norm over the units.

    Attributes:
        weight: `(units,)`, or None for ones.
        bias: `(units,)`, or None for zeros.
        eps: Added to the variance.
    """

    weight: Tensor | None
    bias: Tensor | None
    eps: float

    def plain(self, x: Tensor) -> Tensor:
        """What it makes of `(rows, units)`."""
        return torch.nn.functional.layer_norm(x, x.shape[1:], self.weight, self.bias, self.eps)


def multiaffine_marginals(
    function: Function,
    inputs: Sequence[Float[Tensor, "rows ..."]],
    presence: Bool[Tensor, "rows modalities"],
) -> list[Tensor]:
    r"""Conditional means of a function that is affine in each modality by itself.

    $$E[f \mid x_m] = f(x_m, \bar x_{-m})$$

    for every pattern of which others are present, weighted by its probability; `O(rows)`
    evaluations. Bilinear, tensor and low-rank fusion are such functions.

    Args:
        function: Takes one `(rows, ...)` a modality and presence `(rows, modalities)` and
            gives `(rows, outputs)`; for any fixed presence affine in each modality.
        inputs: One `(rows, ...)` a modality.
        presence: Which are present.

    Returns:
        One `(rows, outputs)` a modality.

    Example:
        >>> a, b = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])
        >>> here = torch.ones(2, 2, dtype=torch.bool)
        >>> first, second = multiaffine_marginals(lambda x, _: x[0] * x[1], [a, b], here)
        >>> first.flatten().tolist(), second.flatten().tolist()
        ([4.0, 8.0], [4.5, 7.5])
    """
    share = presence.double().mean(dim=0).tolist()
    means = [_mean_where(x, presence[:, m]) for m, x in enumerate(inputs)]
    out: list[Tensor] = []
    for m, x in enumerate(inputs):
        terms: list[Tensor] = []
        for pattern in product((True, False), repeat=len(inputs)):
            weight = _weight(pattern, share, m)
            if not pattern[m] or weight == 0:
                continue
            given = [x if o == m else mean.expand_as(y) for o, (y, mean) in _pairs(inputs, means)]
            known = torch.tensor(pattern, device=presence.device).repeat(len(x), 1)
            known[:, m] = presence[:, m]
            terms.append(weight * function(given, known))
        out.append(torch.stack(terms).sum(dim=0))
    return out


def _pairs(
    inputs: Sequence[Tensor], means: Sequence[Tensor]
) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
    return enumerate(zip(inputs, means, strict=True))


def _weight(pattern: tuple[bool, ...], share: Sequence[float], own: int) -> float:
    weight = 1.0
    for o, there in enumerate(pattern):
        if o != own:
            weight *= share[o] if there else 1 - share[o]
    return weight


def _mean_where(x: Tensor, there: Tensor) -> Tensor:
    if not there.any():
        return torch.zeros_like(x[:1])
    return x[there].double().mean(dim=0, keepdim=True).to(x.dtype)


def relu_marginals(parts: Sequence[Float[Tensor, "_ units"]]) -> list[Tensor]:
    r"""Conditional means of a layer of rectified sums, by sorting.

    $$E[f \mid x_m]_i = \frac1J \sum_j \max(0, u_i + v_j)$$

    with $u$ the modality's own part and $v$ all sums of the others'. Sorted once, $v$ has
    prefix sums that give every mean by one search: `O(rows log rows)` for two modalities.

    Args:
        parts: Each modality's part of the layer's input, `(rows, units)`; a bias is in one.

    Returns:
        One `(rows, units)` a modality, float64.

    Example:
        >>> u, v = torch.tensor([[0.0], [2.0]]), torch.tensor([[-1.0], [3.0]])
        >>> [m.flatten().tolist() for m in relu_marginals([u, v])]
        [[1.5, 3.0], [0.5, 4.0]]
    """
    out = [torch.empty(p.shape, dtype=torch.float64, device=p.device) for p in parts]
    for m, part in enumerate(parts):
        others = [p for o, p in enumerate(parts) if o != m]
        combinations = 1
        for other in others:
            combinations *= len(other)
        step = max(1, 16 * TILE // combinations)
        for start in range(0, part.shape[1], step):
            units = slice(start, start + step)
            sums = _all_sums([other[:, units] for other in others])
            out[m][:, units] = _mean_relu(part[:, units], sums)
    return out


def _all_sums(parts: Sequence[Tensor]) -> Tensor:
    sums = parts[0]
    for part in parts[1:]:
        sums = (sums[:, None] + part[None]).flatten(0, 1)
    return sums


def _mean_relu(u: Tensor, v: Tensor) -> Tensor:
    """The mean over `v` of max(0, u + v) for each unit; `(rows, units)` in float64."""
    points = u.T.double().contiguous()
    ordered = v.T.double().contiguous().sort(dim=1).values
    tails = torch.zeros(len(ordered), len(v) + 1, dtype=torch.float64, device=v.device)
    tails[:, :-1] = ordered.flip(1).cumsum(dim=1).flip(1)
    first = torch.searchsorted(ordered, -points)
    return ((points * (len(v) - first) + tails.gather(1, first)) / len(v)).T


def split_marginals(
    parts: Sequence[Float[Tensor, "_ units"]],
    rest: Callable[[Tensor], Tensor],
    *,
    norm: Norm | None = None,
    tile: int = TILE,
) -> list[Tensor]:
    r"""Conditional means of a function of the sum of the modalities' parts.

    $f(x) = g(\sum_m u_m)$: what a network computes whose first layer is linear in all
    modalities together, split by modality. Every combination is visited, but only $g$ is
    evaluated there, a tile at a time.

    Args:
        parts: $u_m$, one `(rows, units)` a modality; a bias is in one of them.
        rest: $g$, row by row: `(points, units)` to `(points, outputs)`. It may work in
            place.
        norm: Of the sum over its units, before $g$; its mean and weight are put into the
            parts, its variance follows from one product of two parts.
        tile: Numbers of the sum held at a time.

    Returns:
        One `(rows, outputs)` a modality, float64.

    Example:
        >>> u, v = torch.tensor([[0.0], [2.0]]), torch.tensor([[-1.0], [3.0]])
        >>> [m.flatten().tolist() for m in split_marginals([u, v], torch.square)]
        [[5.0, 13.0], [1.0, 17.0]]
    """
    if len(parts) == 1:
        alone = parts[0].clone() if norm is None else norm.plain(parts[0])
        return [rest(alone).double()]
    *leading, u, v = parts
    sums: list[Tensor | None] = [None] * len(parts)
    for index in product(*(range(len(part)) for part in leading)):
        shift = sum((part[i] for part, i in zip(leading, index, strict=True)), torch.zeros(()))
        rows, columns = _pair_sums(u + shift.to(u), v, rest, tile, norm)
        for m, there in enumerate(index):
            sums[m] = _added(sums[m], rows.sum(dim=0), there, len(parts[m]))
        sums[-2], sums[-1] = _plus(sums[-2], rows), _plus(sums[-1], columns)
    points = 1
    for part in parts:
        points *= len(part)
    return [s * len(p) / points for s, p in zip(sums, parts, strict=True) if s is not None]


def _plus(one: Tensor | None, two: Tensor) -> Tensor:
    return two if one is None else one + two


def _added(sums: Tensor | None, values: Tensor, place: int, rows: int) -> Tensor:
    if sums is None:
        sums = values.new_zeros(rows, len(values))
    sums[place] += values
    return sums


def _pair_sums(
    u: Tensor, v: Tensor, rest: Callable[[Tensor], Tensor], tile: int, norm: Norm | None
) -> tuple[Tensor, Tensor]:
    """Sums of `rest(u_i + v_j)` over j and over i, in float64; normalised before if asked."""
    pair = None if norm is None else _NormalisedPair(u, v, norm)
    u, v = (u, v) if pair is None else (pair.u, pair.v)
    units = u.shape[1]
    across = min(len(v), max(1, tile // max(1, units)))
    down = min(len(u), max(1, tile // max(1, across * units)))
    buffer = u.new_empty(down * across * units)
    sums: tuple[Tensor, Tensor] | None = None
    for i in range(0, len(u), down):
        for j in range(0, len(v), across):
            shape = (min(down, len(u) - i), min(across, len(v) - j), units)
            points = buffer[: shape[0] * shape[1] * units].view(shape)
            torch.add(u[i : i + down, None], v[j : j + across], out=points)
            if pair is not None:
                pair.scale_(points, slice(i, i + down), slice(j, j + across))
            values = rest(points.flatten(0, 1)).unflatten(0, shape[:2])
            if sums is None:
                rows, columns = (values.new_zeros(len(x), values.shape[2]) for x in (u, v))
                sums = rows.double(), columns.double()
            sums[0][i : i + down] += values.sum(dim=1)
            sums[1][j : j + across] += values.sum(dim=0)
    return sums if sums is not None else (u.double(), v.double())


class _NormalisedPair:
    """Two parts whose sums are normalised by one product and one addition a number."""

    def __init__(self, u: Tensor, v: Tensor, norm: Norm) -> None:
        centred = [x - x.mean(dim=1, keepdim=True) for x in (u, v)]
        self._u, self._v = (x.double() for x in centred)
        self._squares = [x.square().sum(dim=1) for x in (self._u, self._v)]
        self._norm = norm
        self._shift = u.new_zeros(()) if norm.bias is None else norm.bias
        self.u, self.v = centred if norm.weight is None else [x * norm.weight for x in centred]

    def scale_(self, sums: Tensor, rows: slice, columns: slice) -> None:
        """Normalises sums `(rows, columns, units)` of the parts `u` and `v` in place."""
        both = 2 * self._u[rows] @ self._v[columns].T
        squares = both + self._squares[0][rows, None] + self._squares[1][columns]
        scale = (squares.clamp_min(0) / sums.shape[2] + self._norm.eps).rsqrt()
        torch.addcmul(self._shift, sums, scale.to(sums.dtype)[..., None], out=sums)
