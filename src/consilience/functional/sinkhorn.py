"""Sinkhorn scaling: a positive kernel made to have given marginals."""

import math
from dataclasses import dataclass
from typing import Any, final

import torch
from jaxtyping import Float
from torch import Tensor

from consilience.errors import ConfigurationError, DataError, ShapeError

CHECK_EVERY = 5
NEARLY_SINGULAR = 1e-12


@final
@dataclass(frozen=True, slots=True)
class Scaling:
    """A scaled kernel.

    Attributes:
        log_plan: Log of the plan, `(*batch, n, m)`; minus infinity where a marginal is 0. Its
            columns fit exactly, its rows up to `error`.
        row_potential: $u$, `(*batch, n)`, without a gradient.
        column_potential: $v$, `(*batch, m)`, without a gradient.
        error: Largest L1 distance of a plan's marginals from those asked for.
        iterations: Sweeps over rows and columns.
        converged: Whether `error` is within the tolerance.
    """

    log_plan: Float[Tensor, "*batch n m"]
    row_potential: Float[Tensor, "*batch n"]
    column_potential: Float[Tensor, "*batch m"]
    error: float
    iterations: int
    converged: bool


def sinkhorn(
    log_kernel: Float[Tensor, "*batch n m"],
    row: Float[Tensor, "*batch n"],
    column: Float[Tensor, "*batch m"],
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> Scaling:
    r"""Scales the rows and columns of positive kernels until their sums are as asked.

    $$P_{ij} = e^{K_{ij} + u_i + v_j}, \qquad \sum_j P_{ij} = r_i, \quad \sum_i P_{ij} = c_j$$

    For a cost $C$ pass $K = -C / \varepsilon$: the plan of entropic optimal transport. All is
    done in logarithms, so a small $\varepsilon$ does not underflow. The gradient is the implicit
    one of the limit (one linear system of the size of the smaller side, whatever the number of
    sweeps); it reaches `log_kernel` only.

    Args:
        log_kernel: $K$, `(*batch, n, m)`.
        row: $r$, `(*batch, n)`, not negative; zeros are allowed.
        column: $c$, `(*batch, m)`, with the same total as `row`.
        tol: L1 distance of the marginals to stop at, of the worst plan.
        max_iter: Most sweeps.

    Returns:
        The scaled kernel, and how well it fits.

    Raises:
        ConfigurationError: If `tol` is not above 0 or `max_iter` is not at least 1.
        DataError: If a number is not finite, a marginal is negative, or totals differ.
        ShapeError: If the marginals do not fit the kernel.

    References:
        Sinkhorn and Knopp, Concerning Nonnegative Matrices and Doubly Stochastic Matrices,
        Pacific Journal of Mathematics 1967; Cuturi, Sinkhorn Distances, NeurIPS 2013; Luise et
        al., Differential Properties of Sinkhorn Approximation, NeurIPS 2018 (the gradient).

    Example:
        >>> kernel = torch.tensor([[0.0, 1.0], [2.0, 0.5]])
        >>> half = torch.tensor([0.5, 0.5])
        >>> plan = sinkhorn(kernel, half, half).log_plan.exp()
        >>> plan.sum(-1), plan.sum(-2)
        (tensor([0.5000, 0.5000]), tensor([0.5000, 0.5000]))
    """
    _check(log_kernel, row, column, tol, max_iter)
    detached = log_kernel.detach()
    with torch.no_grad():
        u, v, error, iterations = _sweep(detached, row.log(), column.log(), tol, max_iter)
    log_plan: Tensor = _Scaled.apply(log_kernel, u, v)  # pyright: ignore[reportAssignmentType]  torch's apply has no type
    return Scaling(log_plan, u, v, error, iterations, error <= tol)


def _sweep(
    kernel: Tensor, log_row: Tensor, log_column: Tensor, tol: float, max_iter: int
) -> tuple[Tensor, Tensor, float, int]:
    v = torch.where(log_column.isneginf(), log_column, 0.0)
    row = log_row.exp()
    u, error, done = log_row, math.inf, 0
    while done < max_iter and not error <= tol:
        previous = u
        mass = torch.logsumexp(kernel + v.unsqueeze(-2), -1)
        u = log_row - mass
        if done and done % CHECK_EVERY == 0:
            error = _distance(mass + previous, row)
            if error <= tol:
                u = previous
                break
        v = log_column - torch.logsumexp(kernel + u.unsqueeze(-1), -2)
        done += 1
    if not error <= tol:
        error = _distance(u + torch.logsumexp(kernel + v.unsqueeze(-2), -1), row)
    return u, v, error, done


def _distance(log_sums: Tensor, row: Tensor) -> float:
    sums = torch.where(row > 0, log_sums.exp(), 0.0)
    return float((sums - row).abs().sum(-1).max())


class _Scaled(torch.autograd.Function):
    """The log plan as a function of the kernel, its potentials following implicitly."""

    @staticmethod
    def forward(ctx: Any, kernel: Tensor, u: Tensor, v: Tensor) -> Tensor:  # noqa: ANN401  torch gives its context no type
        log_plan = kernel + u.unsqueeze(-1) + v.unsqueeze(-2)
        ctx.save_for_backward(log_plan)
        return log_plan

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor, None, None]:  # noqa: ANN401  torch gives its context no type
        (log_plan,) = ctx.saved_tensors
        plan = log_plan.exp()
        given = torch.where(plan > 0, grads[0], 0.0)
        if plan.shape[-2] >= plan.shape[-1]:
            s, t = _adjoint(plan, given)
        else:
            t, s = _adjoint(plan.mT, given.mT)
        return given - plan * (s.unsqueeze(-1) + t.unsqueeze(-2)), None, None


def _adjoint(plan: Tensor, given: Tensor) -> tuple[Tensor, Tensor]:
    """Solves [[R, P], [P', C]] (s, t) = sums of `given`, by its Schur complement in t.

    The system does not determine one constant a plan, which is fixed by sum(t) = 0; nor the
    entries of empty rows and columns, which become 0.
    """
    row, column = plan.sum(-1), plan.sum(-2)
    safe = torch.where(row > 0, row, 1.0)
    share = plan / safe.unsqueeze(-1)
    first, second = given.sum(-1), given.sum(-2)
    schur = torch.diag_embed(torch.where(column > 0, column, 1.0)) - plan.mT @ share
    total = column.sum(-1, keepdim=True).unsqueeze(-1).clamp_min(torch.finfo(plan.dtype).tiny)
    used = (column > 0).to(plan.dtype)
    schur = schur + used.unsqueeze(-1) * used.unsqueeze(-2) * total / plan.shape[-1] ** 2
    eye = torch.eye(plan.shape[-1], dtype=plan.dtype, device=plan.device)
    schur = schur + max(NEARLY_SINGULAR, torch.finfo(plan.dtype).eps) * total * eye
    right = (second - (share.mT @ first.unsqueeze(-1)).squeeze(-1)) * used
    t = torch.linalg.solve(schur, right)
    s = (first - (plan @ t.unsqueeze(-1)).squeeze(-1)) / safe
    return torch.where(row > 0, s, 0.0), t


def _check(kernel: Tensor, row: Tensor, column: Tensor, tol: float, max_iter: int) -> None:
    faults = [] if 0 < tol < math.inf else [f"tol must be above 0 and finite, found {tol}"]
    faults += [] if max_iter >= 1 else [f"max_iter must be at least 1, found {max_iter}"]
    if faults:
        raise ConfigurationError(faults)
    if kernel.ndim < 2 or row.shape != kernel.shape[:-1]:
        raise ShapeError(
            f"row must have the shape {tuple(kernel.shape[:-1])} of the kernel's rows, "
            f"found {tuple(row.shape)}"
        )
    wanted = (*kernel.shape[:-2], kernel.shape[-1])
    if column.shape != wanted:
        raise ShapeError(
            f"column must have the shape {wanted} of the kernel's columns, "
            f"found {tuple(column.shape)}"
        )
    _check_values(kernel, row, column, tol)


def _check_values(kernel: Tensor, row: Tensor, column: Tensor, tol: float) -> None:
    for name, x in (("log_kernel", kernel), ("row", row), ("column", column)):
        if not bool(x.isfinite().all()):
            raise DataError(f"{name} must be finite; it holds NaN or infinity")
    for name, x in (("row", row), ("column", column)):
        if bool((x < 0).any()):
            raise DataError(f"{name} must not be negative; its least value is {float(x.min()):g}")
    gap = float((row.sum(-1) - column.sum(-1)).abs().max()) if row.numel() else 0.0
    if gap > max(tol, 1e-5 * float(row.sum(-1).max())):
        raise DataError(f"row and column must have the same total; the totals differ by {gap:.3g}")
