"""Contrast of more than two views: every pair of them."""

from collections.abc import Mapping
from itertools import combinations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from consilience.errors import ModalityError
from consilience.functional.checks import check_inputs
from consilience.functional.contrastive import info_nce


def multiview_info_nce(
    views: Mapping[str, Float[Tensor, "batch dim"]],
    presence: Bool[Tensor, "batch views"] | None = None,
    temperature: float | Tensor = 0.07,
    *,
    tile: int | None = None,
) -> Float[Tensor, ""]:
    r"""InfoNCE over every pair of two or more views: the mean of the pairs' losses.

    A row takes part in a pair, as anchor and as negative, where both views are present.
    A pair of views that fewer than two rows share tells nothing and is left out.

    Args:
        views: By name, `(batch, dim)`, normalised by the caller.
        presence: Bool `(batch, views)` in the order of `views`; None when all are present.
            Absent rows have no influence whatever their buffer holds.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        tile: Side of a tile of logits; None chooses by the batch.

    Returns:
        The loss in nats, `()`; 0 if no two rows share two views.

    Raises:
        InputTypeError: If `presence` is not bool or a view not a tensor.
        ModalityError: If there are fewer than two views.
        ShapeError: If shapes do not fit.
        ConfigurationError: If the temperature or the tile is not positive.

    References:
        Tian et al., Contrastive Multiview Coding, ECCV 2020, section 3.4 (full graph).
    """
    losses = [
        info_nce(a, b, temperature, tile=tile) for a, b in shared_pairs(views, presence).values()
    ]
    if losses:
        return torch.stack(losses).mean()
    return torch.stack([v[:0].sum() for v in views.values()]).sum()


def shared_pairs(
    views: Mapping[str, Tensor], presence: Tensor | None
) -> dict[tuple[str, str], tuple[Tensor, Tensor]]:
    """The rows that each two views share, for pairs that share two rows or more.

    Args:
        views: By name, `(batch, dim)`.
        presence: Bool `(batch, views)` in the order of `views`; None when all are present.

    Returns:
        By the two names, in the order of `views`, the rows of either.

    Raises:
        InputTypeError: If `presence` is not bool or a view not a tensor.
        ModalityError: If there are fewer than two views.
        ShapeError: If shapes do not fit.
    """
    names = list(views)
    if len(names) < 2:
        raise ModalityError(f"contrast needs two views or more, found {len(names)}: {names}")
    width = views[names[0]].shape[-1]
    check_inputs(views, dict.fromkeys(names, width), presence)
    if presence is None:
        presence = torch.ones(len(views[names[0]]), len(names), dtype=torch.bool)
        presence = presence.to(views[names[0]].device)
    pairs: dict[tuple[str, str], tuple[Tensor, Tensor]] = {}
    for (i, a), (j, b) in combinations(enumerate(names), 2):
        both = presence[:, i] & presence[:, j]
        if both.sum() >= 2:
            pairs[a, b] = views[a][both], views[b][both]
    return pairs
