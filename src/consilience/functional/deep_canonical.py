"""Canonical correlations of network outputs, with stable gradients in closed form."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.first_order import with_gradient


def canonical_sum(
    first: Float[Tensor, "batch dim1"],
    second: Float[Tensor, "batch dim2"],
    n_components: int | None = None,
    regularisation: float = 1e-4,
) -> Float[Tensor, ""]:
    r"""The sum of the canonical correlations of two batches of vectors.

    $$\sum_{i \le k} \sigma_i\big(\Sigma_{11}^{-1/2} \Sigma_{12} \Sigma_{22}^{-1/2}\big),
    \qquad \Sigma_{mm} = \frac{\bar H_m^\top \bar H_m}{n - 1} + r I$$

    With canonical directions $W_m$ (so that $W_m^\top \Sigma_{mm} W_m = I$) and correlations
    $D$ the gradient by $\Sigma_{12}$ is $W_1 W_2^\top$ and by $\Sigma_{mm}$ it is
    $-\tfrac12 W_m D W_m^\top$: nothing is divided by differences of singular values, so equal
    ones do no harm.

    Args:
        first: $H_1$, `(batch, dim1)`.
        second: $H_2$, `(batch, dim2)`.
        n_components: $k$; None for the smaller width.
        regularisation: $r$, in squared units of the vectors.

    Returns:
        Between 0 and $k$. Differentiable once.

    Raises:
        ConfigurationError: If a setting cannot be used; all are told at once.
        DataError: If a vector is not finite, or a covariance is singular with too small $r$.
        ShapeError: If the batches differ or have fewer than two rows.

    References:
        Andrew et al., Deep Canonical Correlation Analysis, ICML 2013 (equations 11 to 13).

    Example:
        >>> x = torch.eye(4)
        >>> canonical_sum(x, 3 * x, n_components=2, regularisation=1e-6).item().__round__(3)
        2.0
    """
    _check_batches([first, second])
    k = _components(n_components, [first, second], regularisation)
    with torch.no_grad():
        h1, h2 = (_centred(h) for h in (first, second))
        freedom = len(first) - 1
        l1, l2 = (_factor(h, freedom, regularisation, i) for i, h in enumerate((h1, h2)))
        cross = (h1.mT @ h2).double() / freedom
        half = torch.linalg.solve_triangular(l1, cross, upper=False)
        white = torch.linalg.solve_triangular(l2, half.mT, upper=False).mT
        u, s, vh = torch.linalg.svd(white, full_matrices=False)
        w1 = torch.linalg.solve_triangular(l1.mT, u[:, :k], upper=True)
        w2 = torch.linalg.solve_triangular(l2.mT, vh[:k].mT, upper=True)
        z1, z2 = (h.double() @ w for h, w in ((h1, w1), (h2, w2)))
        g1 = (z2 - z1 * s[:k]) @ w1.mT / freedom
        g2 = (z1 - z2 * s[:k]) @ w2.mT / freedom
        gradients = [g1.to(first.dtype), g2.to(second.dtype)]
    return with_gradient(s[:k].sum().to(h1.dtype), [first, second], gradients)


def generalized_loss(
    views: Sequence[Float[Tensor, "batch _"]],
    presence: Bool[Tensor, "batch views"] | None = None,
    n_components: int | None = None,
    regularisation: float = 1e-4,
) -> Float[Tensor, ""]:
    r"""What $k$ shared scores leave unexplained by $J$ views, summed over both.

    $$k J - \sum_{i \le k} \lambda_i, \qquad \lambda \text{ of }
    J K^{-1/2} \Big(\sum_m P_m\Big) K^{-1/2}, \quad K = \sum_m K_m$$

    $P_m = K_m \bar H_m (\bar H_m^\top K_m \bar H_m + (n_m - 1) r I)^{-1} \bar H_m^\top K_m$,
    with $K_m$ the rows where view $m$ is present. At the best scores $G$ and weights $U_m$ the
    loss is $\sum_m \lVert K_m (G - H_m U_m) \rVert^2$, whose gradient by $H_m$ with $G$ and
    $U_m$ held fixed is the whole gradient (they are at an optimum).

    Args:
        views: $J$ matrices `(batch, width)`; what absent rows hold does not matter.
        presence: Bool `(batch, views)`; None when all are present.
        n_components: $k$; None for the smallest width.
        regularisation: $r$, in squared units of the vectors.

    Returns:
        Between 0 and $k J$. Differentiable once; absent rows get no gradient.

    Raises:
        ConfigurationError: If a setting cannot be used; all are told at once.
        DataError: If a vector is not finite, or a covariance is singular with too small $r$.
        ShapeError: If the batches differ, or a view is present in fewer than two rows.

    References:
        Benton et al., Deep Generalized Canonical Correlation Analysis, RepL4NLP 2019.

    Example:
        >>> x = torch.eye(4)
        >>> loss = generalized_loss([x, 2 * x, -x], n_components=2, regularisation=1e-6)
        >>> loss.item().__round__(3)
        0.0
    """
    _check_batches(views)
    k = _components(n_components, views, regularisation)
    here = _presence(views, presence)
    with torch.no_grad():
        value, gradients = _generalized(views, here, k, regularisation)
    return with_gradient(value, list(views), gradients)


def _generalized(
    views: Sequence[Tensor], here: Tensor, k: int, r: float
) -> tuple[Tensor, list[Tensor]]:
    many, counts = len(views), here.sum(dim=0).tolist()
    centred = [_centred(h, here[:, m]) for m, h in enumerate(views)]
    factors = [_factor(h, counts[m] - 1, r, m) for m, h in enumerate(centred)]
    white = [
        torch.linalg.solve_triangular(f, h.double().mT, upper=False).mT / (counts[m] - 1) ** 0.5
        for m, (h, f) in enumerate(zip(centred, factors, strict=True))
    ]
    weight = here.sum(dim=1).double().clamp_min(1).rsqrt().unsqueeze(1)
    stacked = torch.cat(white, dim=1) * weight
    values, vectors = torch.linalg.eigh(stacked.mT @ stacked)
    share, v = values[-k:].clamp_min(1e-12), vectors[:, -k:]
    scores = weight * (stacked @ v) / share.sqrt()
    gradients: list[Tensor] = []
    widths = [h.shape[1] for h in centred]
    parts = (v * share.sqrt()).split(widths)
    for m, (a, part, f) in enumerate(zip(white, parts, factors, strict=True)):
        u = torch.linalg.solve_triangular(f.mT, part, upper=True) / (counts[m] - 1) ** 0.5
        left = torch.where(here[:, m : m + 1], scores - a @ part, 0.0)
        g = -2 * many * left @ u.mT
        g = torch.where(here[:, m : m + 1], g - g.sum(dim=0) / counts[m], 0.0)
        gradients.append(g.to(views[m].dtype))
    return (many * (k - share.sum())).to(centred[0].dtype), gradients


def _centred(h: Tensor, here: Tensor | None = None) -> Tensor:
    """Vectors less their mean over present rows, absent ones zero; at least in float32."""
    wide = h if h.dtype == torch.float64 else h.float()
    if here is None:
        return wide - wide.mean(dim=0)
    known = torch.where(here.unsqueeze(1), wide, 0.0)
    return torch.where(here.unsqueeze(1), known - known.sum(dim=0) / here.sum(), 0.0)


def _factor(h: Tensor, freedom: int, r: float, view: int) -> Tensor:
    covariance = (h.mT @ h).double() / freedom
    covariance.diagonal().add_(r)
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if int(failed) or not bool(torch.isfinite(factor).all()):
        raise DataError(
            f"the covariance of view {view} is singular or not finite; check for NaN, or raise "
            f"regularisation (found {r})"
        )
    return factor


def _check_batches(views: Sequence[Tensor]) -> None:
    rows = [len(h) for h in views]
    if len(set(rows)) != 1 or rows[0] < 2:
        raise ShapeError(f"views must have the same batch of at least 2 rows, found {rows}")


def _components(n_components: int | None, views: Sequence[Tensor], regularisation: float) -> int:
    most = min(h.shape[1] for h in views)
    faults: list[str] = []
    if n_components is not None and not 1 <= n_components <= most:
        faults.append(
            f"n_components must be between 1 and the smallest width {most}, found {n_components}"
        )
    if not 0 <= regularisation < float("inf"):
        faults.append(f"regularisation must be at least 0 and finite, found {regularisation}")
    if faults:
        raise ConfigurationError(faults)
    return n_components or most


def _presence(views: Sequence[Tensor], presence: Tensor | None) -> Tensor:
    shape = (len(views[0]), len(views))
    if presence is None:
        return torch.ones(shape, dtype=torch.bool, device=views[0].device)
    if tuple(presence.shape) != shape:
        raise ShapeError(
            f"presence must be (batch, views) = {shape}, found {tuple(presence.shape)}"
        )
    counts = presence.sum(dim=0).tolist()
    if min(counts) < 2:
        raise ShapeError(f"each view must be present in at least 2 rows, found {counts}")
    return presence
