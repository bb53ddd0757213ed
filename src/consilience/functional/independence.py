"""How dependent two sets of columns are: by kernels, or linearly."""

import torch
from jaxtyping import Float
from torch import Tensor

from consilience.errors import ShapeError


def hsic(
    x: Float[Tensor, "n a"],
    y: Float[Tensor, "n b"],
    *,
    bandwidths: tuple[float, float] | None = None,
) -> Float[Tensor, ""]:
    r"""Hilbert-Schmidt independence criterion under Gaussian kernels.

    $$\frac{1}{(n-1)^2} \operatorname{tr}(K H L H), \qquad H = I - \tfrac{1}{n} 1 1^\top$$

    Zero in the limit exactly where $x$ and $y$ are independent; biased upwards by $O(1/n)$, so
    compare it with permuted rows (`hsic_permuted`, `hsic_p_value`).

    Args:
        x: One set of columns.
        y: The other, of the same rows.
        bandwidths: Of the two kernels; None takes the median distance of each.

    Returns:
        The criterion, at least 0 up to rounding.

    Raises:
        ShapeError: If numbers of rows differ or there are fewer than 2.

    References:
        Gretton et al., Measuring Statistical Dependence with Hilbert-Schmidt Norms, ALT 2005,
        definition 2.

    Example:
        >>> x = torch.tensor([[-1.0], [0.0], [1.0]])
        >>> round(float(hsic(x, x, bandwidths=(1.0, 1.0))), 4)
        0.2009
    """
    rows = _same_rows(x, y)
    first, second = bandwidths if bandwidths is not None else (None, None)
    k, l = _gram(x, first), _gram(y, second)  # noqa: E741  the letters of the paper
    centred = k - k.mean(0) - k.mean(1, keepdim=True) + k.mean()
    return (centred * l).sum() / (rows - 1) ** 2


def hsic_p_value(
    x: Float[Tensor, "n a"],
    y: Float[Tensor, "n b"],
    *,
    permutations: int = 199,
    seed: int = 0,
) -> float:
    """How often permuted rows are as dependent as these, by `hsic`.

    Args:
        x: One set of columns.
        y: The other, of the same rows.
        permutations: Times the rows of `y` are permuted.
        seed: Of the permutations.

    Returns:
        The p value of independence, at least `1 / (permutations + 1)`.

    Raises:
        ShapeError: If numbers of rows differ or there are fewer than 2.

    Example:
        >>> x = torch.linspace(-1, 1, 40)[:, None]
        >>> hsic_p_value(x, x**2)
        0.005
    """
    found, permuted = hsic_permuted(x, y, permutations=permutations, seed=seed)
    return (1 + int((permuted >= found).sum())) / (permutations + 1)


def hsic_permuted(
    x: Float[Tensor, "n a"], y: Float[Tensor, "n b"], *, permutations: int = 0, seed: int = 0
) -> tuple[float, Float[Tensor, " permutations"]]:
    """The criterion of `hsic`, and what it is where the rows of `y` are permuted.

    Args:
        x: One set of columns.
        y: The other, of the same rows.
        permutations: Times the rows of `y` are permuted.
        seed: Of the permutations.

    Returns:
        The criterion, and the permuted criteria `(permutations,)`.

    Raises:
        ShapeError: If numbers of rows differ or there are fewer than 2.

    Example:
        >>> x = torch.linspace(-1, 1, 40)[:, None]
        >>> found, permuted = hsic_permuted(x, x, permutations=9)
        >>> bool(found > permuted.max()), len(permuted)
        (True, 9)
    """
    rows = _same_rows(x, y)
    k, other = _gram(x, None), _gram(y, None)
    centred = k - k.mean(0) - k.mean(1, keepdim=True) + k.mean()
    generator = torch.Generator().manual_seed(seed)
    sums = [(centred * other).sum()]
    for _ in range(permutations):
        order = torch.randperm(rows, generator=generator)
        sums.append((centred * other[order][:, order]).sum())
    found, *permuted = torch.stack(sums) / (rows - 1) ** 2
    return float(found), torch.stack(permuted) if permuted else found.new_zeros(0)


def difference_loss(x: Float[Tensor, "n a"], y: Float[Tensor, "n b"]) -> Float[Tensor, ""]:
    r"""Soft orthogonality of two sets of columns: their squared cross-correlations, averaged.

    $$\frac{1}{ab} \lVert \bar X^\top \bar Y \rVert_F^2$$

    with columns centred and of unit length, so the loss lies in [0, 1] and shrinking a factor
    does not lower it. Bousmalis et al. take the rows' lengths; with columns the entries are
    correlations.

    Args:
        x: One set of columns.
        y: The other, of the same rows.

    Returns:
        The loss: 0 uncorrelated, 1 all columns the same up to sign.

    Raises:
        ShapeError: If numbers of rows differ or there are fewer than 2.

    References:
        Bousmalis et al., Domain Separation Networks, NeurIPS 2016, equation 5; Hazarika et
        al., MISA, ACM Multimedia 2020, equation 9.

    Example:
        >>> x = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
        >>> y = torch.tensor([[1.0], [1.0], [-1.0], [-1.0]])
        >>> round(float(difference_loss(x, y)), 6), round(float(difference_loss(x, -3 * x)), 6)
        (0.0, 1.0)
    """
    _same_rows(x, y)
    return (_unit(x).T @ _unit(y)).square().mean()


def _unit(x: Tensor) -> Tensor:
    centred = x - x.mean(0)
    floor = torch.finfo(x.dtype).eps
    return centred / (centred.square().sum(0) + floor).sqrt()


def _gram(x: Tensor, bandwidth: float | None) -> Tensor:
    apart = (x[:, None] - x).square().sum(dim=2)
    if bandwidth is None:
        upper = apart.detach()[*torch.triu_indices(len(x), len(x), offset=1)]
        scale = 2 * upper.median().clamp_min(torch.finfo(x.dtype).tiny)
    else:
        scale = torch.as_tensor(2 * bandwidth**2, dtype=x.dtype, device=x.device)
    return (-apart / scale).exp()


def _same_rows(x: Tensor, y: Tensor) -> int:
    if len(x) != len(y) or len(x) < 2:
        raise ShapeError(f"both must have the same rows, 2 or more; found {len(x)} and {len(y)}")
    return len(x)
