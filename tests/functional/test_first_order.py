import pytest
import torch

from consilience.functional.first_order import with_gradient


def test_the_given_gradients_are_handed_down_times_what_comes() -> None:
    x, y = torch.ones(3, requires_grad=True), torch.zeros(2, requires_grad=True)
    g, h = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([-1.0, 5.0])
    out = with_gradient(torch.tensor(7.0), [x, y], [g, h])
    (3 * out).backward()
    assert float(out.detach()) == 7.0
    assert x.grad is not None
    assert torch.equal(x.grad, 3 * g)
    assert y.grad is not None
    assert torch.equal(y.grad, 3 * h)


def test_a_second_derivative_is_refused() -> None:
    x = torch.tensor(3.0, requires_grad=True)
    out = with_gradient(torch.tensor(9.0), [x], [torch.tensor(6.0)])
    (slope,) = torch.autograd.grad(out * x, x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.backward()
