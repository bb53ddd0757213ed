"""Embeddings: their check at the door, the gap between modalities, the rank they use."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import InputTypeError, ShapeError


def check_pair(za: object, zb: object, *, paired: bool = True) -> None:
    """Refuses embeddings that cannot be compared.

    Args:
        za: To be `(rows, dim)`, of floating point.
        zb: To be `(rows, dim)`; with `paired` as many rows as `za`.
        paired: Whether row i of one belongs to row i of the other.

    Raises:
        InputTypeError: If one is not a tensor of floating point, or they differ in dtype.
        ShapeError: If a shape does not fit or there is no row.
    """
    first, second = _matrix("za", za), _matrix("zb", zb)
    if first.dtype != second.dtype:
        raise InputTypeError(
            f"za is {first.dtype} but zb is {second.dtype}; convert one with .to(dtype)"
        )
    if first.shape[1] != second.shape[1]:
        raise ShapeError(
            f"za has width {first.shape[1]} but zb has {second.shape[1]}; "
            "project both into one space first"
        )
    if paired and len(first) != len(second):
        raise ShapeError(
            f"za has {len(first)} rows but zb has {len(second)}; row i of each must be one pair"
        )


def _matrix(name: str, z: object) -> Tensor:
    if not isinstance(z, Tensor) or not z.dtype.is_floating_point:
        found = z.dtype if isinstance(z, Tensor) else type(z).__name__
        raise InputTypeError(f"{name} must be a tensor of floating point, found {found}")
    if z.ndim != 2 or not len(z):
        raise ShapeError(f"{name} must be (rows, dim) with a row or more, found {tuple(z.shape)}")
    return z


def at_least_single(z: Tensor) -> Tensor:
    """Half precision as float32, others as they are.

    Args:
        z: Any shape.

    Returns:
        The same shape.
    """
    return z.to(torch.promote_types(z.dtype, torch.float32))


def modality_gap(za: Float[Tensor, "rows dim"], zb: Float[Tensor, "others dim"]) -> float:
    r"""Distance between the centres of two modalities on the unit sphere.

    $$\Bigl\lVert \tfrac1n \sum_i \tfrac{a_i}{\lVert a_i \rVert}
    - \tfrac1m \sum_j \tfrac{b_j}{\lVert b_j \rVert} \Bigr\rVert_2$$

    Zero when the two share a centre, 2 when each is one point and they are opposite.

    Args:
        za: `(rows, dim)`, of any length.
        zb: `(others, dim)`.

    Returns:
        The distance, from 0 to 2.

    Raises:
        InputTypeError: If one is not a tensor of floating point, or they differ in dtype.
        ShapeError: If a shape does not fit or there is no row.

    References:
        Liang et al., Mind the Gap: Understanding the Modality Gap in Multi-modal
        Contrastive Representation Learning, NeurIPS 2022, section 2.

    Example:
        >>> modality_gap(torch.tensor([[2.0, 0.0]]), torch.tensor([[-1.0, 0.0], [-5.0, 0.0]]))
        2.0
    """
    check_pair(za, zb, paired=False)
    first, second = (F.normalize(z.detach(), dim=1).mean(0) for z in (za, zb))
    return float((first - second).norm())


def effective_rank(z: Float[Tensor, "rows dim"], *, centre: bool = True) -> float:
    r"""How many directions embeddings use: the exponential of an entropy.

    $$\exp\Bigl(-\sum_k p_k \log p_k\Bigr), \qquad p_k = \sigma_k / \sum_l \sigma_l$$

    of the singular values $\sigma$. Near 1 the embeddings have collapsed onto a line.

    Args:
        z: `(rows, dim)`.
        centre: Whether the mean row is taken off first.

    Returns:
        From 1 to the smaller side of `z`; 0 if all rows are the same (or zero).

    Raises:
        InputTypeError: If it is not a tensor of floating point.
        ShapeError: If the shape does not fit or there is no row.

    References:
        Roy and Vetterli, The Effective Rank: A Measure of Effective Dimensionality,
        EUSIPCO 2007, definition 2.

    Example:
        >>> round(effective_rank(torch.eye(4), centre=False), 4)
        4.0
    """
    _matrix("z", z)
    wide = z.detach().double()
    values = torch.linalg.svdvals(wide - wide.mean(0) if centre else wide)
    noise = torch.finfo(z.dtype).eps * wide.norm() * max(z.shape) ** 0.5
    values = values[values > noise]
    if not len(values):
        return 0.0
    share = values / values.sum()
    return float(torch.special.entr(share).sum().exp())
