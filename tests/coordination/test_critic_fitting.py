import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.coordination.bounds import each
from consilience.coordination.critic_fitting import Schedule, fit_critic
from consilience.coordination.critics import SeparableCritic
from consilience.errors import ConfigurationError
from consilience.functional.mutual_information import infonce_bound


def pairs(rows: int = 400) -> tuple[Tensor, Tensor]:
    x = torch.randn(rows, 2)
    return x, x + 0.3 * torch.randn(rows, 2)


def fitted(
    critic: nn.Module, data: tuple[Tensor, Tensor], schedule: Schedule, seed: int = 0
) -> int:
    return fit_critic(
        critic,
        infonce_bound,
        data,
        judge=each(infonce_bound),
        schedule=schedule,
        rng=np.random.default_rng(seed),
    )


def test_the_critic_learns_who_belongs_together() -> None:
    critic, data = SeparableCritic(2, 2, hidden=32), pairs()
    rounds = fitted(critic, data, Schedule(64, 8, 3e-3), 0)
    fresh = pairs(64)
    assert 1 <= rounds <= 8
    assert float(infonce_bound(critic(*fresh)).detach()) > 1.0


def test_stops_and_keeps_its_best_where_there_is_nothing_to_learn() -> None:
    critic = SeparableCritic(2, 2, hidden=64)
    data = torch.randn(100, 2), torch.randn(100, 2)
    rounds = fitted(critic, data, Schedule(25, 400, 1e-2), 0)
    assert rounds < 20
    fresh = [infonce_bound(critic(torch.randn(25, 2), torch.randn(25, 2))) for _ in range(30)]
    assert float(torch.stack(fresh).mean().detach()) > -0.3
    assert not critic.training


def test_a_seed_repeats() -> None:
    data, weights = pairs(), []
    for _ in range(2):
        torch.manual_seed(3)
        critic = SeparableCritic(2, 2, hidden=8)
        fitted(critic, data, Schedule(64, 2, 1e-3), 5)
        weights.append(torch.cat([p.detach().flatten() for p in critic.parameters()]))
    assert torch.equal(*weights)


class Wrong(nn.Module):
    def __init__(self, *, learns: bool = True) -> None:
        super().__init__()
        if learns:
            self.weight = nn.Parameter(torch.ones(1))

    def forward(self, xa: Tensor, xb: Tensor) -> Tensor:
        return (xa * xb).sum(dim=1)


def test_a_critic_that_cannot_serve_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"\(2, 2\) for a batch of 2; found \(2,\)"):
        fitted(Wrong(), pairs(), Schedule(64, 2, 1e-3))
    with pytest.raises(ConfigurationError, match="the critic has no parameters to train"):
        fitted(Wrong(learns=False), pairs(), Schedule(64, 2, 1e-3))
