"""All subsets of modalities, and sums over each of them."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def subsets(modalities: int) -> Bool[Tensor, "patterns modalities"]:
    """Which modalities each subset has; subset $s$ has modality $m$ where bit $m$ of $s$ is set.

    Args:
        modalities: How many there are.

    Returns:
        Bool `(2 ** modalities, modalities)`: none first, all last.

    Example:
        >>> subsets(2).int().tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    numbers = torch.arange(2**modalities)[:, None]
    return (numbers >> torch.arange(modalities)) & 1 == 1


def subset_sums(
    base: Float[Tensor, "_ units"],
    parts: Sequence[Float[Tensor, "rows units"]],
    out: Float[Tensor, "patterns rows units"] | None = None,
) -> Float[Tensor, "patterns rows units"]:
    r"""The sum of every subset's parts, each by one addition to a smaller subset's.

    $$z_S = z_\varnothing + \sum_{m \in S} p_m$$

    Args:
        base: $z_\varnothing$, `(1, units)` or `(rows, units)`.
        parts: $p_m$, one `(rows, units)` a modality; at least one.
        out: Where to write the sums; None for new memory.

    Returns:
        `(2 ** modalities, rows, units)` in the order of `subsets`.

    Example:
        >>> one, two = torch.tensor([[1.0]]), torch.tensor([[10.0]])
        >>> subset_sums(torch.zeros(1, 1), [one, two]).flatten().tolist()
        [0.0, 1.0, 10.0, 11.0]
    """
    if out is None:
        out = parts[0].new_empty(2 ** len(parts), *parts[0].shape)
    out[0] = base
    for m, part in enumerate(parts):
        torch.add(out[: 2**m], part, out=out[2**m : 2 ** (m + 1)])
    return out


def subset_squares(
    base: Float[Tensor, "_ units"], parts: Sequence[Float[Tensor, "rows units"]]
) -> Float[Tensor, "patterns rows"]:
    r"""The squared length of every subset's sum, without the sums.

    $$|z_{S \cup m}|^2 = |z_S|^2 + |p_m|^2 + 2 z_\varnothing \cdot p_m
        + 2 \sum_{k \in S} p_k \cdot p_m$$

    takes one product a pair of modalities and then two additions a subset. What cancels is
    summed in float64.

    Args:
        base: As in `subset_sums`.
        parts: As in `subset_sums`.

    Returns:
        Float64 `(2 ** modalities, rows)` in the order of `subsets`.

    Example:
        >>> one, two = torch.tensor([[1.0]]), torch.tensor([[10.0]])
        >>> subset_squares(torch.zeros(1, 1), [one, two]).flatten().tolist()
        [0.0, 1.0, 100.0, 121.0]
    """
    start, vectors = base.double(), [part.double() for part in parts]
    out = vectors[0].new_empty(2 ** len(vectors), len(vectors[0]))
    out[0] = (start * start).sum(dim=1)
    for m, vector in enumerate(vectors):
        own = ((vector + 2 * start) * vector).sum(dim=1)
        both = [2 * (other * vector).sum(dim=1)[:, None] for other in vectors[:m]]
        gained = subset_sums(own[:, None], both)[..., 0] if both else own
        torch.add(out[: 2**m], gained, out=out[2**m : 2 ** (m + 1)])
    return out
