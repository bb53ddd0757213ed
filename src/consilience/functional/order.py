"""Order embeddings: the general lies below the special in every coordinate."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from consilience.errors import ShapeError
from consilience.functional.embedding import check_pair
from consilience.functional.margins import hinge_of_scores


def order_violation(
    special: Float[Tensor, "batch dim"], general: Float[Tensor, "batch dim"]
) -> Float[Tensor, " batch"]:
    r"""How far each pair is from standing in order.

    $$E(x, y) = \lVert \max(0, y - x) \rVert_2^2$$

    Zero exactly where every coordinate of $x$ is at least that of $y$: $x$ is a kind of
    $y$. The relation so defined is transitive and not symmetric. Coordinates are meant
    to be non-negative (take the absolute value), with 0 the most general of all.

    Args:
        special: $x$, `(batch, dim)`.
        general: $y$, `(batch, dim)`.

    Returns:
        $E$, `(batch,)`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Vendrov et al., Order-Embeddings of Images and Language, ICLR 2016, equation 2.

    Example:
        >>> order_violation(torch.tensor([[0.5, 0.9]]), torch.tensor([[1.0, 0.2]])).item()
        0.25
    """
    check_pair(special, general)
    return (general - special).clamp(min=0).square().sum(dim=1)


def order_violations(
    special: Float[Tensor, "rows dim"], general: Float[Tensor, "others dim"]
) -> Float[Tensor, "rows others"]:
    """The violation of every combination; takes memory rows x others x dim.

    Args:
        special: `(rows, dim)`.
        general: `(others, dim)`.

    Returns:
        `(rows, others)`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.
    """
    check_pair(special, general, paired=False)
    return (general[None] - special[:, None]).clamp(min=0).square().sum(dim=2)


def order_hinge(
    special: Float[Tensor, "batch dim"],
    general: Float[Tensor, "batch dim"],
    related: Bool[Tensor, " batch"] | Int[Tensor, " batch"],
    margin: float = 1.0,
) -> Float[Tensor, ""]:
    r"""Related pairs are to stand in order, others to violate it by a margin.

    $$L = \frac1N \sum_i y_i E(x_i, y_i) + (1 - y_i) \max(0, \alpha - E(x_i, y_i))$$

    Args:
        special: `(batch, dim)`, non-negative.
        general: `(batch, dim)`, non-negative.
        related: 1 where the first is a kind of the second, `(batch,)`.
        margin: $\alpha$.

    Returns:
        The loss, `()`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Vendrov et al., Order-Embeddings of Images and Language, ICLR 2016, equation 3.
    """
    violation = order_violation(special, general)
    if len(related) != len(violation):
        raise ShapeError(
            f"related has {len(related)} entries but there are {len(violation)} pairs"
        )
    off = (margin - violation).clamp(min=0)
    return torch.where(related.bool(), violation, off).mean()


def order_loss(
    special: Float[Tensor, "batch dim"],
    general: Float[Tensor, "batch dim"],
    margin: float = 0.05,
    *,
    hardest: bool = False,
) -> Float[Tensor, ""]:
    r"""The hinge of partners against all others with scores $-E$; see `hinge_of_scores`.

    For images (special) and captions (general): a caption says less than its image.

    Args:
        special: `(batch, dim)`, non-negative.
        general: Row i the partner of row i of `special`.
        margin: $\alpha$.
        hardest: Only each row's hardest negative in place of their sum.

    Returns:
        The loss, `()`.

    Raises:
        InputTypeError: If they are not tensors of one floating dtype.
        ShapeError: If shapes do not fit.

    References:
        Vendrov et al., Order-Embeddings of Images and Language, ICLR 2016, equation 6.
    """
    check_pair(special, general)
    return hinge_of_scores(-order_violations(special, general), margin, hardest=hardest)
