import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.sinkhorn import sinkhorn


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def shares(*shape: int, seed: int) -> Tensor:
    return drawn(*shape, seed=seed).softmax(-1)


@pytest.mark.parametrize("shape", [(6, 4), (3, 4, 6), (2, 3, 5, 5)])
def test_marginals_are_met(shape: tuple[int, ...]) -> None:
    row, column = shares(*shape[:-1], seed=1), shares(*shape[:-2], shape[-1], seed=2)
    found = sinkhorn(3 * drawn(*shape), row, column, tol=1e-9)
    plan = found.log_plan.exp()
    assert found.converged
    assert found.error <= 1e-9
    assert float((plan.sum(-1) - row).abs().sum(-1).max()) < 1e-9
    assert float((plan.sum(-2) - column).abs().sum(-1).max()) < 1e-9


def test_is_the_direct_scaling_of_the_kernel() -> None:
    kernel, row, column = drawn(5, 7), shares(5, seed=1), shares(7, seed=2)
    k, r, c = kernel.exp().numpy(), row.numpy(), column.numpy()
    u, v = np.ones(5), np.ones(7)
    for _ in range(500):
        u = r / (k @ v)
        v = c / (k.T @ u)
    found = sinkhorn(kernel, row, column, tol=1e-13)
    np.testing.assert_allclose(found.log_plan.exp().numpy(), u[:, None] * k * v, atol=1e-12)
    rebuilt = kernel + found.row_potential[:, None] + found.column_potential
    assert torch.equal(found.log_plan, rebuilt)


def test_a_small_regularisation_finds_the_best_assignment() -> None:
    cost = shares(8, 8, seed=3) * 10
    uniform = torch.full((8,), 1 / 8, dtype=torch.float64)
    found = sinkhorn(-cost / 1e-2, uniform, uniform, tol=1e-4, max_iter=5000)
    rows, columns = linear_sum_assignment(cost.numpy())
    best = float(cost[rows, columns].mean())
    assert found.converged
    assert abs(float((found.log_plan.exp() * cost).sum()) - best) < 5e-3
    assert found.log_plan.argmax(1).tolist() == columns.tolist()


def test_a_tiny_regularisation_does_not_underflow() -> None:
    cost = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)
    half = torch.tensor([0.5, 0.5], dtype=torch.float64)
    plan = sinkhorn(-cost / 1e-5, half, half).log_plan.exp()
    assert torch.allclose(plan, torch.eye(2, dtype=torch.float64) / 2)


def test_empty_rows_and_columns_hold_nothing() -> None:
    row = torch.tensor([[0.0, 0.4, 0.6], [0.2, 0.3, 0.5]], dtype=torch.float64)
    column = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]], dtype=torch.float64)
    kernel = drawn(2, 3, 4).requires_grad_()
    found = sinkhorn(kernel, row, column, tol=1e-10)
    plan = found.log_plan.exp()
    assert found.converged
    assert torch.allclose(plan.sum(-1), row)
    assert torch.allclose(plan.sum(-2), column)
    assert bool((plan[0, 0] == 0).all())
    (gradient,) = torch.autograd.grad((plan * drawn(2, 3, 4, seed=5)).sum(), kernel)
    assert bool(gradient.isfinite().all())
    assert float(gradient[0, 0].abs().max()) == 0.0
    alone = kernel.detach()[0, 1:, :2].clone().requires_grad_()
    small = sinkhorn(alone, row[0, 1:], column[0, :2], tol=1e-10).log_plan.exp()
    weights = drawn(2, 3, 4, seed=5)[0, 1:, :2]
    (expected,) = torch.autograd.grad((small * weights).sum(), alone)
    assert torch.allclose(gradient[0, 1:, :2], expected, atol=1e-8)


@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 3, 4)])
def test_gradient_is_that_of_the_limit(shape: tuple[int, int, int]) -> None:
    row, column = shares(*shape[:2], seed=1), shares(shape[0], shape[2], seed=2)

    def plan(kernel: Tensor) -> Tensor:
        return sinkhorn(kernel, row, column, tol=1e-13, max_iter=5000).log_plan

    assert torch.autograd.gradcheck(plan, (drawn(*shape).requires_grad_(),), atol=1e-6)


def test_what_the_potentials_absorb_has_no_gradient() -> None:
    row, column = shares(4, seed=1), shares(5, seed=2)
    kernel = drawn(4, 5).requires_grad_()
    loss = (sinkhorn(kernel, row, column, tol=1e-12).log_plan * drawn(4, 5, seed=7)).sum()
    (gradient,) = torch.autograd.grad(loss, kernel)
    assert float(gradient.sum(0).abs().max()) < 1e-9
    assert float(gradient.sum(1).abs().max()) < 1e-9


def test_says_when_it_did_not_get_there() -> None:
    row, column = shares(6, seed=1), shares(6, seed=2)
    found = sinkhorn(20 * drawn(6, 6), row, column, max_iter=2, tol=1e-9)
    assert not found.converged
    assert found.iterations == 2
    plan = found.log_plan.exp()
    assert found.error == pytest.approx(float((plan.sum(1) - row).abs().sum()))
    assert torch.allclose(plan.sum(0), column)


def test_single_precision_stays_single() -> None:
    row, column = shares(6, seed=1).float(), shares(4, seed=2).float()
    found = sinkhorn(drawn(6, 4).float(), row, column, tol=1e-5)
    assert found.converged
    assert found.log_plan.dtype == torch.float32


HALVES = torch.tensor([0.5, 0.5])


@pytest.mark.parametrize(
    ("kernel", "row", "column", "error", "words"),
    [
        (
            torch.zeros(2, 2),
            torch.ones(3) / 3,
            HALVES,
            ShapeError,
            "row must have the shape (2,) of the kernel's rows, found (3,)",
        ),
        (
            torch.zeros(2, 3),
            HALVES,
            HALVES,
            ShapeError,
            "column must have the shape (3,) of the kernel's columns, found (2,)",
        ),
        (
            torch.tensor([[0.0, torch.nan], [0.0, 0.0]]),
            HALVES,
            HALVES,
            DataError,
            "log_kernel must be finite; it holds NaN or infinity",
        ),
        (
            torch.zeros(2, 2),
            torch.tensor([1.5, -0.5]),
            HALVES,
            DataError,
            "row must not be negative; its least value is -0.5",
        ),
        (
            torch.zeros(2, 2),
            HALVES,
            torch.tensor([0.5, 0.6]),
            DataError,
            "row and column must have the same total; the totals differ by 0.1",
        ),
    ],
)
def test_refuses(
    kernel: Tensor,
    row: Tensor,
    column: Tensor,
    error: type[Exception],
    words: str,
    *,
    unchecked: None,
) -> None:
    del unchecked
    with pytest.raises(error) as caught:
        sinkhorn(kernel, row, column)
    assert str(caught.value) == words


def test_tells_all_faulty_settings() -> None:
    with pytest.raises(ConfigurationError) as caught:
        sinkhorn(torch.zeros(2, 2), HALVES, HALVES, tol=0.0, max_iter=0)
    assert caught.value.faults == (
        "tol must be above 0 and finite, found 0.0",
        "max_iter must be at least 1, found 0",
    )
