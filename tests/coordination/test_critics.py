import pytest
import torch
from torch import nn
from torch.distributions import Normal

from consilience.coordination.critics import (
    GaussianConditional,
    JointCritic,
    SeparableCritic,
    perceptron,
)
from consilience.errors import ShapeError


@pytest.mark.parametrize("make", [SeparableCritic, JointCritic, GaussianConditional])
def test_scores_of_a_pair_depend_on_that_pair_alone(
    make: type[SeparableCritic | JointCritic | GaussianConditional],
) -> None:
    critic = make(3, 2)
    xa, xb = torch.randn(5, 3), torch.randn(5, 2)
    scores = critic(xa, xb)
    assert scores.shape == (5, 5)
    one = critic(xa[1:2].repeat(5, 1), xb[3:4].repeat(5, 1))
    torch.testing.assert_close(one, scores[1, 3].expand(5, 5), atol=1e-5, rtol=1e-5)
    moved = xb.clone()
    moved[3] += 1
    changed = critic(xa, moved) != scores
    assert changed[:, 3].all()
    assert not changed[:, [0, 1, 2, 4]].any()


def test_separable_scores_have_the_rank_of_the_embedding() -> None:
    critic = SeparableCritic(3, 3, embedding=2).double()
    scores = critic(torch.randn(9, 3).double(), torch.randn(9, 3).double())
    assert int(torch.linalg.matrix_rank(scores)) == 2


def test_the_conditional_is_a_density_of_the_second_given_the_first() -> None:
    critic = GaussianConditional(3, 2).double()
    xa, xb = torch.randn(4, 3).double(), torch.randn(4, 2).double()
    mean, sd = critic.mean(xa), (0.5 * critic.log_variance(xa)).exp()
    expected = torch.stack([Normal(mean[i], sd[i]).log_prob(xb).sum(dim=1) for i in range(4)])
    torch.testing.assert_close(critic(xa, xb), expected)


def test_perceptrons_are_told_their_widths() -> None:
    shapes = [tuple(m.weight.shape) for m in perceptron(3, 8, 2) if isinstance(m, nn.Linear)]
    assert shapes == [(8, 3), (8, 8), (2, 8)]
    with pytest.raises(ShapeError, match="widths must be at least 1, found 3, 0 and 1"):
        perceptron(3, 0, 1)
