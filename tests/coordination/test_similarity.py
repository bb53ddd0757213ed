import pytest
import torch
from torch import nn

from consilience.coordination.similarity import (
    BilinearCritic,
    CosineSimilarity,
    ExponentialKernel,
    LinearKernel,
    PolynomialKernel,
    RBFKernel,
)
from consilience.errors import ConfigurationError, ShapeError
from consilience.functional import similarity


def test_modules_are_the_functions_with_their_options() -> None:
    x, y = torch.randn(5, 3), torch.randn(4, 3)
    assert torch.equal(CosineSimilarity()(x, y), similarity.cosine(x, y))
    assert torch.equal(LinearKernel()(x, y), similarity.linear(x, y))
    assert torch.equal(ExponentialKernel(0.3)(x, y), similarity.exponential(x, y, gamma=0.3))
    assert torch.equal(RBFKernel(0.3)(x, y), similarity.rbf(x, y, gamma=0.3))
    cubic = PolynomialKernel(3, gamma=0.5, constant=2.0)
    expected = similarity.polynomial(x, y, degree=3, gamma=0.5, constant=2.0)
    assert torch.equal(cubic(x, y), expected)


def test_the_critic_is_a_bilinear_form() -> None:
    x, y = torch.randn(5, 3), torch.randn(4, 2)
    critic = BilinearCritic(3, 2)
    torch.testing.assert_close(critic(x, y), torch.einsum("id,de,je->ij", x, critic.left, y))
    low = BilinearCritic(3, 2, rank=1)
    assert low.right is not None
    weight = low.left @ low.right.T
    torch.testing.assert_close(low(x, y), x @ weight @ y.T)
    assert torch.linalg.matrix_rank(weight) == 1


def test_the_critic_learns_a_form_the_cosine_cannot_show() -> None:
    """Partners are turned by a quarter, so that their cosine is zero."""
    angles = torch.linspace(0, 2 * torch.pi, 41)[1:]
    x = torch.stack([angles.cos(), angles.sin()], dim=1)
    y = x @ torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    critic = BilinearCritic(2, 2)
    update = torch.optim.Adam(critic.parameters(), lr=0.1)
    own = torch.arange(40)
    for _ in range(60):
        loss = nn.functional.cross_entropy(critic(x, y), own)
        update.zero_grad()
        loss.backward()
        update.step()
    learnt = nn.functional.normalize(critic.left.detach().flatten(), dim=0)
    turn = torch.tensor([0.0, 1.0, -1.0, 0.0]) / 2**0.5
    assert (learnt * turn).sum() > 0.99


def test_sizes_that_cannot_be_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        BilinearCritic(0, 2, rank=-1)
    assert raised.value.faults == (
        "dim_x must be at least 1, found 0",
        "rank must be at least 1, found -1",
    )


@pytest.mark.parametrize("rank", [None, 2])
def test_widths_that_do_not_fit(rank: int | None) -> None:
    critic = BilinearCritic(3, 4, rank=rank)
    with pytest.raises(ShapeError, match=r"^the critic takes x of width 3, found 4$"):
        critic(torch.ones(1, 4), torch.ones(1, 4))
    with pytest.raises(ShapeError, match=r"^the critic takes y of width 4, found 3$"):
        critic(torch.ones(1, 3), torch.ones(1, 3))
