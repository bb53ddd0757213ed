import math

import pytest
import torch
from torch import Tensor

from consilience.coordination.dependency import DIVERGENCES, DependencyObjective
from consilience.errors import ConfigurationError, ModalityError, ShapeError

DIMS = {"a": 1, "v": 1, "l": 1}


def three(rows: int, r: float, generator: torch.Generator) -> dict[str, Tensor]:
    shared = torch.randn(rows, 1, generator=generator)
    own = torch.randn(3, rows, 1, generator=generator)
    return {
        n: math.sqrt(r) * shared + math.sqrt(1 - r) * o for n, o in zip(DIMS, own, strict=True)
    }


def trained(
    objective: DependencyObjective, r: float, steps: int = 120, scale: float = 1.0
) -> float:
    generator = torch.Generator().manual_seed(1)
    update = torch.optim.Adam(objective.critic.parameters(), lr=5e-3)
    for _ in range(steps):
        update.zero_grad()
        z = {n: scale * v for n, v in three(256, r, generator).items()}
        objective.critic_loss(z).backward()
        update.step()
    z = {n: scale * v for n, v in three(20_000, r, generator).items()}
    with torch.no_grad():
        return float(objective(z))


@pytest.mark.parametrize("divergence", ["kl", "f"])
def test_a_trained_critic_comes_near_the_total_correlation_from_below(divergence: str) -> None:
    r = 0.6
    truth = -0.5 * math.log((1 - r) ** 2 * (1 + 2 * r))
    found = trained(DependencyObjective(DIMS, divergence, random_state=0), r)
    assert 0.7 * truth < found < truth + 0.03


def test_independence_is_0_and_wasserstein_grows_with_dependence_and_scale() -> None:
    free, bound, wide = (
        trained(DependencyObjective(DIMS, "wasserstein", random_state=0), r, scale=scale)
        for r, scale in ((0.0, 1.0), (0.8, 1.0), (0.8, 3.0))
    )
    assert abs(free) < 0.05
    assert bound > 0.2
    assert 2 * bound < wide < 4.5 * bound
    kl = trained(DependencyObjective(DIMS, "kl", random_state=0), 0.0)
    assert abs(kl) < 0.05


@pytest.mark.parametrize("divergence", list(DIVERGENCES))
def test_the_critic_learns_alone_and_encoders_get_gradients_of_the_value(divergence: str) -> None:
    objective = DependencyObjective(DIMS, divergence, random_state=0)
    z = {n: v.requires_grad_() for n, v in three(32, 0.5, torch.Generator()).items()}
    objective.critic_loss(z).backward()
    assert all(v.grad is None for v in z.values())
    assert all(p.grad is not None for p in objective.critic.parameters() if p.ndim == 2)
    objective(z).backward()
    for v in z.values():
        assert v.grad is not None
        assert v.grad.abs().sum() > 0


def test_maximising_makes_encoders_agree() -> None:
    objective = DependencyObjective({"a": 1, "b": 1}, hidden=32, random_state=0)
    generator = torch.Generator().manual_seed(0)
    mix = torch.zeros(1, requires_grad=True)
    critic = torch.optim.Adam(objective.critic.parameters(), lr=5e-3)
    encoder = torch.optim.Adam([mix], lr=0.05)
    for _ in range(80):
        shared, noise = torch.randn(2, 256, 1, generator=generator)
        share = torch.sigmoid(mix)
        z = {"a": shared, "b": share * shared + (1 - share) * noise}
        critic.zero_grad()
        objective.critic_loss(z).backward()
        critic.step()
        encoder.zero_grad()
        (-objective(z)).backward()
        encoder.step()
    assert float(torch.sigmoid(mix.detach())) > 0.75


def test_a_seed_repeats_and_no_global_generator_is_touched() -> None:
    before = torch.get_rng_state()
    z = three(32, 0.5, torch.Generator().manual_seed(0))
    one, two = (DependencyObjective(DIMS, random_state=3)(z) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_order_of_the_mapping_does_not_matter() -> None:
    z = three(32, 0.5, torch.Generator().manual_seed(0))
    turned = dict(reversed(z.items()))
    one, two = (DependencyObjective(DIMS, random_state=3)(given) for given in (z, turned))
    assert torch.equal(one, two)


def test_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        DependencyObjective({"a": 0}, "wasserstien", hidden=0, penalty=0.0)
    assert caught.value.faults == (
        "dims must name at least two representations, found ['a']",
        "the width of 'a' must be at least 1, found 0",
        "there is no divergence 'wasserstien'; did you mean 'wasserstein'?",
        "hidden must be at least 1, found 0",
        "penalty must be above 0, found 0.0",
    )
    objective = DependencyObjective(DIMS)
    with pytest.raises(ModalityError, match="modality 'l' is not among the inputs"):
        objective({"a": torch.zeros(2, 1), "v": torch.zeros(2, 1)})
    with pytest.raises(ShapeError, match="dependency needs at least 2 rows, found 1"):
        objective({n: torch.zeros(1, 1) for n in DIMS})
