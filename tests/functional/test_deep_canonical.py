import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.canonical import canonical
from consilience.functional.deep_canonical import canonical_sum, generalized_loss
from consilience.functional.generalized import generalized_canonical


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def views(rows: int = 30) -> list[Tensor]:
    z = drawn(rows, 2)
    return [drawn(rows, k, seed=k) + z @ drawn(2, k, seed=9 + k) for k in (3, 4, 5)]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_is_the_sum_of_the_canonical_correlations(k: int) -> None:
    x, y, _ = views()
    expected = canonical(x.numpy(), y.numpy(), n_components=k, ridges=(1e-4, 1e-4)).values.sum()
    assert float(canonical_sum(x, y, k)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, None])
def test_the_gradient_is_that_of_differences(k: int | None) -> None:
    x, y, _ = (v.requires_grad_() for v in views(12))

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return canonical_sum(a, b, k, 1e-3)

    assert torch.autograd.gradcheck(loss, (x, y))


def test_the_gradient_is_that_of_autograd() -> None:
    x, y, _ = (v.requires_grad_() for v in views())
    mine = torch.autograd.grad(canonical_sum(x, y), (x, y))
    a, b = x - x.mean(dim=0), y - y.mean(dim=0)
    roots: list[Tensor] = []
    for h in (a, b):
        values, vectors = torch.linalg.eigh(h.mT @ h / 29 + 1e-4 * torch.eye(h.shape[1]))
        roots.append(vectors @ torch.diag(values.rsqrt()) @ vectors.mT)
    trace = torch.linalg.svdvals(roots[0] @ (a.mT @ b / 29) @ roots[1]).sum()
    for one, two in zip(mine, torch.autograd.grad(trace, (x, y)), strict=True):
        torch.testing.assert_close(one, two, atol=1e-10, rtol=1e-8)


def test_equal_singular_values_give_finite_gradients() -> None:
    x = drawn(40, 4).requires_grad_()
    value = canonical_sum(x, x.detach() @ torch.diag(torch.tensor([1.0, -2.0, 3.0, 4.0]).double()))
    value.backward()
    assert float(value.detach()) == pytest.approx(4, abs=1e-3)
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    zero = torch.zeros(40, 4, requires_grad=True)
    canonical_sum(zero, torch.randn(40, 3)).backward()
    assert zero.grad is not None
    assert torch.isfinite(zero.grad).all()


def test_float32_and_half_give_their_own_kind() -> None:
    x, y, _ = views(64)
    single = canonical_sum(x.float(), y.float())
    assert single.dtype == torch.float32
    assert float(single) == pytest.approx(float(canonical_sum(x, y)), abs=1e-5)
    low = x.bfloat16().requires_grad_()
    canonical_sum(low, y.bfloat16()).backward()
    assert low.grad is not None
    assert low.grad.dtype == torch.bfloat16


def test_two_views_leave_one_minus_each_correlation() -> None:
    x, y, _ = views()
    left = generalized_loss([x, y], n_components=3, regularisation=0.0)
    expected = 2 * 3 - (3 + float(canonical_sum(x, y, 3, 0.0)))
    assert float(left) == pytest.approx(expected, abs=1e-12)


def present(rows: int) -> Tensor:
    here = torch.rand(rows, 3, generator=torch.Generator().manual_seed(4)) < 0.7
    here[0] = False
    return here


@pytest.mark.parametrize("complete", [True, False])
def test_is_what_generalised_canonical_correlation_leaves(complete: bool) -> None:  # noqa: FBT001  a case
    given = views()
    here = torch.ones(30, 3, dtype=torch.bool) if complete else present(30)
    found = generalized_canonical(
        [v.numpy() for v in given], here.numpy(), n_components=2, ridges=[1e-2] * 3
    )
    left = generalized_loss(given, None if complete else here, 2, 1e-2)
    assert float(left) == pytest.approx(6 - found.values.sum(), abs=1e-11)


@pytest.mark.parametrize("complete", [True, False])
def test_the_generalised_gradient_is_that_of_differences(complete: bool) -> None:  # noqa: FBT001  a case
    given = tuple(v.requires_grad_() for v in views(12))
    here = None if complete else present(12)
    assert torch.autograd.gradcheck(lambda *v: generalized_loss(v, here, 2, 1e-2), given)


def test_absent_rows_get_no_gradient_whatever_they_hold() -> None:
    given, here = views(), present(30)
    hidden = [
        torch.where(here[:, m : m + 1], v, torch.nan).requires_grad_() for m, v in enumerate(given)
    ]
    loss = generalized_loss(hidden, here, 2)
    torch.testing.assert_close(loss.detach(), generalized_loss(given, here, 2))
    loss.backward()
    for m, v in enumerate(hidden):
        assert v.grad is not None
        assert (v.grad[~here[:, m]] == 0).all()
        assert torch.isfinite(v.grad).all()
        assert (v.grad[here[:, m]].abs().sum(dim=1) > 0).all()


def test_training_finds_more_than_lines_do() -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(-1, 1, 600)
    x = torch.tensor(np.c_[z, rng.standard_normal(600)], dtype=torch.float32)
    y = torch.tensor(np.c_[z**2, rng.standard_normal(600)], dtype=torch.float32)
    linear = float(canonical_sum(x, y, 1))
    nets = [nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2)) for _ in range(2)]
    step = torch.optim.Adam([p for net in nets for p in net.parameters()], lr=0.03)
    for _ in range(60):
        step.zero_grad()
        (-canonical_sum(nets[0](x), nets[1](y), 1)).backward()
        step.step()
    assert linear < 0.3
    assert float(canonical_sum(nets[0](x), nets[1](y), 1).detach()) > 0.9


@pytest.mark.usefixtures("unchecked")
def test_faults_are_told() -> None:
    x, y, _ = views()
    with pytest.raises(ConfigurationError) as caught:
        canonical_sum(x, y, 4, -1.0)
    assert caught.value.faults == (
        "n_components must be between 1 and the smallest width 3, found 4",
        "regularisation must be at least 0 and finite, found -1.0",
    )
    with pytest.raises(DataError, match="covariance of view 1 is singular or not finite"):
        canonical_sum(x, torch.full_like(y, torch.nan))
    with pytest.raises(DataError, match=r"view 0 is singular .*found 0\.0"):
        canonical_sum(torch.cat([x, torch.zeros_like(x)], dim=1), y, 1, 0.0)
    with pytest.raises(ShapeError, match=r"at least 2 rows, found \[1, 1\]"):
        canonical_sum(x[:1], y[:1])
    with pytest.raises(ShapeError, match=r"same batch of at least 2 rows, found \[30, 29\]"):
        generalized_loss([x, y[:29]])
    seldom = torch.zeros(30, 2, dtype=torch.bool)
    with pytest.raises(ShapeError, match=r"in at least 2 rows, found \[0, 0\]"):
        generalized_loss([x, y], seldom)
    with pytest.raises(ShapeError, match=r"\(batch, views\) = \(30, 2\), found \(29, 2\)"):
        generalized_loss([x, y], seldom[:29])
