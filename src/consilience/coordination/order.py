"""Order embeddings over the batch of all processes."""

from jaxtyping import Float
from torch import Tensor

from consilience.coordination.gathering import gather_rows
from consilience.functional import order
from consilience.functional.embedding import check_pair
from consilience.functional.order import order_hinge, order_violation, order_violations

__all__ = ["order_hinge", "order_loss", "order_violation", "order_violations"]


def order_loss(
    special: Float[Tensor, "batch dim"],
    general: Float[Tensor, "batch dim"],
    margin: float = 0.05,
    *,
    hardest: bool = False,
) -> Float[Tensor, ""]:
    r"""Partners are to violate the order less than all others, by a margin.

    $$L = \frac1N \sum_i \sum_{j \ne i} \max(0, \alpha + E_{ii} - E_{ij})
    + \max(0, \alpha + E_{ii} - E_{ji}), \qquad
    E_{ij} = \lVert \max(0, y_j - x_i) \rVert^2$$

    For images (special) and captions (general): a caption says less than its image.

    Args:
        special: $x$, `(batch, dim)`, non-negative.
        general: $y$, row i the partner of row i of `special`.
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
    every = gather_rows(special)[0], gather_rows(general)[0]
    return order.order_loss(*every, margin, hardest=hardest)
