"""Contrastive losses that tell a pair from every other pair of the batch."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from consilience.errors import ConfigurationError, ShapeError
from consilience.functional.crossing import COLUMNS, ROWS, crossed_logsumexp
from consilience.functional.embedding import at_least_single, check_pair

TILED = 1024
"""Batch from which on logits are made tile by tile and never stored."""


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

    $\log N - L$ bounds the mutual information from below and never exceeds $\log N$;
    $L = \log N$ is chance. Memory is linear in the batch: from `TILED` rows on the
    logits are made in tiles, and again for the gradient. Half precision is summed in
    float32.

    Args:
        za: $a$, `(batch, dim)`, normalised by the caller where cosines are meant.
        zb: $b$, row i the partner of row i of `za`.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        symmetric: Mean of both directions; else only a finds b.
        tile: Side of a tile of logits; None chooses by the batch.
        negatives: More rows that are partners of nobody, such as a memory bank of b's
            modality, `(bank, dim)`; they compete when a seeks b.

    Returns:
        The loss in nats, `()`. Differentiable once in tiles.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.
        ConfigurationError: If the temperature or the tile is not positive.

    References:
        van den Oord et al., Representation Learning with Contrastive Predictive Coding,
        2018, equation 4; Radford et al., Learning Transferable Visual Models From Natural
        Language Supervision, ICML 2021, figure 3.

    Example:
        >>> z = torch.eye(4)
        >>> round(info_nce(z, z, temperature=0.5).item(), 6)
        0.340753
        >>> round(math.log(1 + 3 * math.exp(-2)), 6)
        0.340753
    """
    check_pair(za, zb)
    scale = _scale(temperature, za)
    za, zb = at_least_single(za), at_least_single(zb)
    rows, columns = _logsumexps(za, zb, scale, tile)
    if negatives is not None:
        rows = torch.logaddexp(rows, _more(za, negatives, scale, tile))
    found = scale * (za * zb).sum(dim=1)
    return ((rows + columns) / 2 - found if symmetric else rows - found).mean()


def anchored_nce(
    anchors: Float[Tensor, "batch dim"],
    candidates: Float[Tensor, "candidates dim"],
    partners: Int[Tensor, " batch"],
    temperature: float | Tensor = 0.07,
    *,
    tile: int | None = None,
    negatives: Float[Tensor, "bank dim"] | None = None,
) -> Float[Tensor, ""]:
    r"""One direction of InfoNCE, with the candidates chosen by the caller.

    $$L = \frac1N \sum_i \Bigl(\log \sum_j e^{s_{ij}} - s_{i, p_i}\Bigr)$$

    Args:
        anchors: `(batch, dim)`.
        candidates: `(candidates, dim)`; several anchors may share a partner.
        partners: $p_i$, the row of `candidates` that belongs to each anchor, `(batch,)`.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        tile: Side of a tile of logits; None chooses by the batch.
        negatives: More rows that are partners of nobody, `(bank, dim)`.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit.
        ConfigurationError: If the temperature or the tile is not positive.
    """
    check_pair(anchors, candidates, paired=False)
    scale = _scale(temperature, anchors)
    anchors, candidates = at_least_single(anchors), at_least_single(candidates)
    rows, _ = _logsumexps(anchors, candidates, scale, tile)
    if negatives is not None:
        rows = torch.logaddexp(rows, _more(anchors, negatives, scale, tile))
    return (rows - scale * (anchors * candidates[partners]).sum(dim=1)).mean()


def hard_negative_info_nce(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    temperature: float | Tensor = 0.07,
    *,
    beta: float = 1.0,
    symmetric: bool = True,
) -> Float[Tensor, ""]:
    r"""InfoNCE whose negatives weigh the more, the more alike they are.

    $$-\log \frac{e^{s_{ii}}}{e^{s_{ii}} + (N - 1) \sum_{j \ne i} w_{ij} e^{s_{ij}}},
    \qquad w_{ij} = \frac{e^{\beta s_{ij}}}{\sum_{k \ne i} e^{\beta s_{ik}}}$$

    With $\beta = 0$ it is InfoNCE. The logits of the batch are stored.

    Args:
        za: `(batch, dim)`, normalised by the caller.
        zb: Row i the partner of row i of `za`.
        temperature: $\tau > 0$; as a tensor `()` it takes a gradient.
        beta: Concentration on hard negatives, not negative.
        symmetric: Mean of both directions; else only a finds b.

    Returns:
        The loss in nats, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If their shapes do not fit or there is one pair only.
        ConfigurationError: If the temperature is not positive or beta negative.

    References:
        Robinson et al., Contrastive Learning with Hard Negative Samples, ICLR 2021,
        section 3, without the correction for false negatives.
    """
    check_pair(za, zb)
    if len(za) < 2:
        raise ShapeError("hard negatives need two pairs or more, found 1")
    if beta < 0:
        raise ConfigurationError([f"beta must be 0 or more, found {beta}"])
    logits = _scale(temperature, za) * at_least_single(za) @ at_least_single(zb).T
    forth = _hard(logits, beta)
    return ((forth + _hard(logits.T, beta)) / 2 if symmetric else forth).mean()


def _scale(temperature: float | Tensor, like: Tensor) -> Tensor:
    if not isinstance(temperature, Tensor):
        if not (math.isfinite(temperature) and temperature > 0):
            raise ConfigurationError([f"temperature must be above 0, found {temperature}"])
        temperature = torch.tensor(temperature, dtype=torch.float64)
    kind = torch.promote_types(like.dtype, torch.float32)
    return temperature.reciprocal().to(device=like.device, dtype=kind).reshape(())


def _logsumexps(za: Tensor, zb: Tensor, scale: Tensor, tile: int | None) -> tuple[Tensor, Tensor]:
    if tile is not None and tile < 1:
        raise ConfigurationError([f"tile must be at least 1, found {tile}"])
    if tile is None and len(za) * len(zb) < TILED**2:
        logits = scale * za @ zb.T
        return logits.logsumexp(dim=1), logits.logsumexp(dim=0)
    return crossed_logsumexp(za, zb, scale, (tile, tile) if tile else (ROWS, COLUMNS))


def _more(anchors: Tensor, negatives: Tensor, scale: Tensor, tile: int | None) -> Tensor:
    negatives = negatives.to(anchors.dtype)
    check_pair(anchors, negatives, paired=False)
    return _logsumexps(anchors, negatives, scale, tile)[0]


def _hard(logits: Tensor, beta: float) -> Tensor:
    itself = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    others = logits.masked_fill(itself, -torch.inf)
    weights = beta * logits
    spread = weights.masked_fill(itself, -torch.inf).logsumexp(dim=1)
    heavy = (weights + others).logsumexp(dim=1)
    crowd = heavy - spread + math.log(len(logits) - 1)
    found = logits.diagonal()
    return torch.logaddexp(found, crowd) - found
