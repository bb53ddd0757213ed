"""Contrastive losses over the batch of all processes.

Alone these are the functions of the same names in `functional`. Under `torch.distributed`
each process passes its own rows; negatives come from all of them, and loss and gradients
are those of one process with the whole batch, once gradients are averaged over processes.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from consilience.coordination.gathering import gather_rows, is_spread, mean_over_processes
from consilience.functional import clip, contrastive, margins, multiview
from consilience.functional.embedding import check_pair


def info_nce(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    temperature: float | Tensor = 0.07,
    *,
    symmetric: bool = True,
    tile: int | None = None,
    negatives: Float[Tensor, "bank dim"] | None = None,
) -> Float[Tensor, ""]:
    r"""InfoNCE: cross entropy of finding each row's partner among the batch.

    $$L = \frac1{2N} \sum_i \Bigl(\log \sum_j e^{s_{ij}} + \log \sum_j e^{s_{ji}}
    - 2 s_{ii}\Bigr), \qquad s_{ij} = \langle a_i, b_j \rangle / \tau$$

    over the $N$ pairs of all processes. $\log N - L$ bounds the mutual information from
    below and never exceeds $\log N$; $L = \log N$ is chance. Memory is linear in the batch.

    Args:
        za: $a$, `(batch, dim)`, normalised by the caller where cosines are meant.
        zb: $b$, row i the partner of row i of `za`.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        symmetric: Mean of both directions; else only a finds b.
        tile: Side of a tile of logits; None chooses by the batch.
        negatives: More rows that are partners of nobody, such as a memory bank of b's
            modality, `(bank, dim)`; they compete when a seeks b.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.
        ConfigurationError: If the temperature or the tile is not positive.

    References:
        van den Oord et al., Representation Learning with Contrastive Predictive Coding,
        2018, equation 4.

    Example:
        >>> z = torch.eye(4)
        >>> round(info_nce(z, z, temperature=0.5).item(), 4)
        0.3408
    """
    check_pair(za, zb)
    if not is_spread():
        return contrastive.info_nce(
            za, zb, temperature, symmetric=symmetric, tile=tile, negatives=negatives
        )
    every_b, first = gather_rows(zb)
    own = torch.arange(first, first + len(za), device=za.device)
    loss = contrastive.anchored_nce(za, every_b, own, temperature, tile=tile, negatives=negatives)
    if symmetric:
        every_a, _ = gather_rows(za)
        loss = (loss + contrastive.anchored_nce(zb, every_a, own, temperature, tile=tile)) / 2
    return mean_over_processes(loss, len(za))


def clip_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    log_scale: Float[Tensor, ""],
    *,
    tile: int | None = None,
) -> Float[Tensor, ""]:
    r"""CLIP's loss: InfoNCE of cosines under a learnt scale, $\min(e^t, 100)$.

    Args:
        za: `(batch, dim)`, of any length: normalised here.
        zb: Row i the partner of row i of `za`.
        log_scale: $t$, `()`; CLIP starts at $\log(1 / 0.07) = 2.6593$.
        tile: Side of a tile of logits; None chooses by the batch.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.
        ConfigurationError: If the tile is not positive.

    References:
        Radford et al., Learning Transferable Visual Models From Natural Language
        Supervision, ICML 2021, figure 3 and section 2.5.
    """
    check_pair(za, zb)
    inverse = (-clip.bounded_log_scale(log_scale)).exp()
    return info_nce(F.normalize(za, dim=1), F.normalize(zb, dim=1), inverse, tile=tile)


def siglip_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    log_scale: Float[Tensor, ""],
    bias: Float[Tensor, ""],
) -> Float[Tensor, ""]:
    r"""SigLIP's loss: each combination is by itself judged a pair or none.

    $$L = -\frac1N \sum_{ij} \log \sigma\bigl(z_{ij} (e^t \cos(a_i, b_j) + b)\bigr)$$

    Args:
        za: `(batch, dim)`, of any length: normalised here.
        zb: Row i the partner of row i of `za`.
        log_scale: $t$, `()`; starts at $\log 10$; $e^t$ is at most 100 here.
        bias: $b$, `()`; starts at $-10$.

    Returns:
        The loss in nats a row, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.

    References:
        Zhai et al., Sigmoid Loss for Language Image Pre-Training, ICCV 2023, algorithm 1.
    """
    check_pair(za, zb)
    every, first = gather_rows(zb)
    loss = clip.siglip_loss(za, every, log_scale, bias, first=first)
    return mean_over_processes(loss, len(za))


def hard_negative_info_nce(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    temperature: float | Tensor = 0.07,
    *,
    beta: float = 1.0,
    symmetric: bool = True,
) -> Float[Tensor, ""]:
    r"""InfoNCE whose negatives weigh the more, the more alike they are.

    Args:
        za: `(batch, dim)`, normalised by the caller.
        zb: Row i the partner of row i of `za`.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        beta: Concentration on hard negatives; 0 is InfoNCE.
        symmetric: Mean of both directions; else only a finds b.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit or there is one pair only.
        ConfigurationError: If the temperature is not positive or beta negative.

    References:
        Robinson et al., Contrastive Learning with Hard Negative Samples, ICLR 2021.
    """
    check_pair(za, zb)
    return contrastive.hard_negative_info_nce(
        gather_rows(za)[0], gather_rows(zb)[0], temperature, beta=beta, symmetric=symmetric
    )


def multiview_info_nce(
    views: Mapping[str, Float[Tensor, "batch dim"]],
    presence: Bool[Tensor, "batch views"] | None = None,
    temperature: float | Tensor = 0.07,
    *,
    tile: int | None = None,
) -> Float[Tensor, ""]:
    r"""InfoNCE over every pair of two or more views: the mean of the pairs' losses.

    Args:
        views: By name, `(batch, dim)`, normalised by the caller.
        presence: Bool `(batch, views)` in the order of `views`; None when all are present.
            A row takes part in a pair where both views are present.
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
        Tian et al., Contrastive Multiview Coding, ECCV 2020, section 3.4.
    """
    return multiview.multiview_info_nce(*gather_views(views, presence), temperature, tile=tile)


def vse_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    margin: float = 0.2,
    *,
    hardest: bool = False,
) -> Float[Tensor, ""]:
    r"""The hinge of visual-semantic embeddings on cosines.

    $$L = \frac1N \sum_i \sum_{j \ne i} \max(0, \alpha - s_{ii} + s_{ij})
    + \max(0, \alpha - s_{ii} + s_{ji})$$

    Args:
        za: `(batch, dim)`, of any length.
        zb: Row i the partner of row i of `za`.
        margin: $\alpha$.
        hardest: Only each row's hardest negative (VSE++) in place of their sum.

    Returns:
        The loss, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Kiros et al., Unifying Visual-Semantic Embeddings with Multimodal Neural Language
        Models, 2014, equation 9; Faghri et al., VSE++, BMVC 2018, equations 5 and 6.
    """
    check_pair(za, zb)
    return margins.vse_loss(gather_rows(za)[0], gather_rows(zb)[0], margin, hardest=hardest)


def gather_views(
    views: Mapping[str, Tensor], presence: Tensor | None
) -> tuple[dict[str, Tensor], Tensor | None]:
    """Views and presence of all processes.

    Args:
        views: By name, `(batch, dim)`.
        presence: Bool `(batch, views)`, or None on every process.

    Returns:
        The same with the rows of all processes.
    """
    if not is_spread():
        return dict(views), presence
    together = {name: gather_rows(z)[0] for name, z in views.items()}
    if presence is None:
        return together, None
    return together, gather_rows(presence.byte())[0].bool()
