"""Losses with a margin: pairs, triplets, and the hinge of visual-semantic embeddings."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from consilience.errors import ShapeError
from consilience.functional.embedding import check_pair
from consilience.functional.similarity import cosine


def contrastive_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    same: Bool[Tensor, " batch"] | Int[Tensor, " batch"] | Float[Tensor, " batch"],
    margin: float = 1.0,
) -> Float[Tensor, ""]:
    r"""Draws pairs together and pushes others apart until a margin.

    $$L = \frac1N \sum_i y_i d_i^2 + (1 - y_i) \max(0, m - d_i)^2, \qquad
    d_i = \lVert a_i - b_i \rVert_2$$

    Args:
        za: `(batch, dim)`.
        zb: `(batch, dim)`.
        same: $y$, 1 where the two belong together, `(batch,)`.
        margin: $m$.

    Returns:
        The loss, `()`; the gradient at two equal rows is zero.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping, CVPR
        2006, equation 4, without its factor 1/2.

    Example:
        >>> a, b = torch.tensor([[0.0], [0.0]]), torch.tensor([[3.0], [0.25]])
        >>> contrastive_loss(a, b, torch.tensor([True, False])).item()
        4.78125
    """
    check_pair(za, zb)
    if len(same) != len(za):
        raise ShapeError(f"same has {len(same)} entries but there are {len(za)} pairs")
    distance = _distance(za, zb)
    y = same.to(za.dtype)
    return (y * distance.square() + (1 - y) * (margin - distance).clamp(min=0).square()).mean()


def triplet_loss(
    anchors: Float[Tensor, "batch dim"],
    positives: Float[Tensor, "batch dim"],
    negatives: Float[Tensor, "batch dim"],
    margin: float = 1.0,
) -> Float[Tensor, ""]:
    r"""The positive is to be nearer than the negative by a margin.

    $$L = \frac1N \sum_i \max\bigl(0, m + d(a_i, p_i) - d(a_i, n_i)\bigr)$$

    with Euclidean distances, not squared.

    Args:
        anchors: `(batch, dim)`.
        positives: What belongs to each anchor.
        negatives: What does not.
        margin: $m$.

    Returns:
        The loss, `()`.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Weinberger and Saul, Distance Metric Learning for Large Margin Nearest Neighbor
        Classification, JMLR 2009; Schroff et al., FaceNet, CVPR 2015, equation 3 (there
        with squared distances).
    """
    check_pair(anchors, positives)
    check_pair(anchors, negatives)
    further = _distance(anchors, positives) - _distance(anchors, negatives)
    return (margin + further).clamp(min=0).mean()


def vse_loss(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "batch dim"],
    margin: float = 0.2,
    *,
    hardest: bool = False,
) -> Float[Tensor, ""]:
    r"""The hinge of visual-semantic embeddings on cosines; see `hinge_of_scores`.

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
    """
    check_pair(za, zb)
    return hinge_of_scores(cosine(za, zb), margin, hardest=hardest)


def hinge_of_scores(
    scores: Float[Tensor, "batch batch"], margin: float = 0.2, *, hardest: bool = False
) -> Float[Tensor, ""]:
    r"""Partners are to score higher than all others by a margin, in both directions.

    $$L = \frac1N \sum_i \sum_{j \ne i} \max(0, \alpha - s_{ii} + s_{ij})
    + \max(0, \alpha - s_{ii} + s_{ji})$$

    The score is a similarity: the partner's lowers the loss. Some print the signs the
    other way, which holds for distances. With `hardest` the maximum over $j$ stands in
    place of the sum. The authors' programs sum over $i$; here it is the mean.

    Args:
        scores: $s$, row i and column i are partners, `(batch, batch)`.
        margin: $\alpha$.
        hardest: Maximum over the negatives in place of the sum.

    Returns:
        The loss, `()`; zero for one pair.

    Raises:
        ShapeError: If the scores are not square.

    References:
        Kiros et al., Unifying Visual-Semantic Embeddings with Multimodal Neural Language
        Models, 2014, equation 9; Faghri et al., VSE++: Improving Visual-Semantic
        Embeddings with Hard Negatives, BMVC 2018, equations 5 and 6.

    Example:
        >>> hinge_of_scores(torch.tensor([[0.5, 0.625], [0.0, 1.0]]), margin=0.25).item()
        0.1875
    """
    if scores.ndim != 2 or scores.shape[0] != scores.shape[1]:
        raise ShapeError(f"scores must be (batch, batch), found {tuple(scores.shape)}")
    found = scores.diagonal()
    itself = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    forth = (margin - found[:, None] + scores).clamp(min=0).masked_fill(itself, 0)
    back = (margin - found + scores).clamp(min=0).masked_fill(itself, 0)
    if hardest:
        return (forth.amax(dim=1) + back.amax(dim=0)).mean()
    return (forth.sum() + back.sum()) / len(scores)


def graded_similarity(
    za: Float[Tensor, "batch dim"],
    zb: Float[Tensor, "others dim"],
    targets: Float[Tensor, "batch others"],
) -> Float[Tensor, ""]:
    r"""Keeps graded relations: cosines are to equal given similarities.

    $$L = \frac1{NM} \sum_{ij} \bigl(\cos(a_i, b_j) - t_{ij}\bigr)^2$$

    For pairs that are more or less alike, not just partners or strangers.

    Args:
        za: `(batch, dim)`.
        zb: `(others, dim)`.
        targets: $t$, from -1 to 1, `(batch, others)`; NaN where nothing is known.

    Returns:
        The mean over what is known, `()`; 0 if nothing is.

    Raises:
        InputTypeError: If the embeddings are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    Example:
        >>> graded_similarity(torch.eye(2), torch.eye(2), torch.full((2, 2), 0.5)).item()
        0.25
    """
    check_pair(za, zb, paired=False)
    if targets.shape != (len(za), len(zb)):
        raise ShapeError(
            f"targets must be (rows of za, rows of zb) = {(len(za), len(zb))}, "
            f"found {tuple(targets.shape)}"
        )
    known = ~targets.isnan()
    wanted = torch.where(known, targets, torch.zeros_like(targets)).to(za.dtype)
    off = torch.where(known, cosine(za, zb) - wanted, torch.zeros_like(wanted))
    return off.square().sum() / known.sum().clamp(min=1)


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distance of rows with a finite gradient where they are equal."""
    squared = (a - b).square().sum(dim=1)
    apart = squared > 0
    return torch.where(apart, squared, torch.ones_like(squared)).sqrt() * apart
