import math

import numpy as np
import pytest
import torch
from torch import nn

from consilience.coordination.critics import JointCritic
from consilience.coordination.mutual_information import mutual_information
from consilience.errors import ConfigurationError, DataError, ShapeError


def gaussians(
    bits: float, rows: int = 600, dim: int = 1, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    rho = math.sqrt(1 - 2 ** (-2 * bits / dim))
    x, e = np.random.default_rng(seed).standard_normal((2, rows, dim))
    return x, rho * x + math.sqrt(1 - rho**2) * e


@pytest.mark.parametrize("bound", ["infonce", "nwj", "js", "dv", "mine"])
def test_lower_bounds_come_near_from_below(bound: str) -> None:
    found = mutual_information(
        *gaussians(1.0), bound, max_rounds=4, learning_rate=5e-3, random_state=0
    )
    assert found.kind == "lower"
    assert 0.6 < found.estimate < 1.15
    assert found.low < 1.0
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("bound", ["club", "nce_club"])
def test_upper_bounds_are_as_loose_as_theory_says(bound: str) -> None:
    found = mutual_information(
        *gaussians(0.5, 1500), bound, max_rounds=4, learning_rate=3e-3, random_state=0
    )
    rho2 = 1 - 2**-1.0
    theory = rho2 / (1 - rho2) / math.log(2)
    assert found.kind == "upper"
    assert 0.6 * theory < found.estimate < 1.3 * theory
    assert "only so far as the fitted critic is right; with a right one" in found.warnings[0]


def test_the_truth_lies_between_infonce_and_the_leave_one_out_bound() -> None:
    x, y = gaussians(1.0, 1000, seed=3)
    low = mutual_information(x, y, "infonce", max_rounds=4, learning_rate=5e-3, random_state=0)
    high = mutual_information(
        x, y, "leave_one_out", max_rounds=8, learning_rate=5e-3, random_state=0
    )
    assert low.low < 1.0 < high.high


def test_independence_shows_nothing_however_long_it_trains() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 5)), rng.standard_normal((200, 5))
    found = mutual_information(x, y, "infonce", max_rounds=20, learning_rate=5e-3, random_state=0)
    assert found.low < 0.02
    assert found.estimate < 0.1


class Near(nn.Module):
    """Scores by distance, sharp enough to tell any two samples apart."""

    def __init__(self, dim_a: int, dim_b: int) -> None:
        super().__init__()
        assert dim_a == dim_b
        self.sharpness = nn.Parameter(torch.tensor(50.0))

    def forward(self, xa: torch.Tensor, xb: torch.Tensor) -> torch.Tensor:
        return -self.sharpness * torch.cdist(xa, xb)


def test_a_ceiling_that_is_reached_is_told() -> None:
    x = np.random.default_rng(0).standard_normal((400, 10))
    found = mutual_information(x, x, critic=Near, batch_size=4, max_rounds=1, random_state=0)
    assert found.ceiling == 2.0
    assert 1.99 < found.estimate < 2.0 + 1e-6
    assert "within 5 % of the ceiling log2(4)" in found.warnings[0]
    assert found.samples == 400


def test_units_are_bits() -> None:
    x = np.arange(64.0).repeat(2)
    found = mutual_information(x, x**3, "gaussian")
    r = np.corrcoef(x, x**3)[0, 1]
    assert found.estimate == pytest.approx(-0.5 * math.log2(1 - r**2), abs=0.02)
    assert found.warnings == ("sees linear dependence only",)


@pytest.mark.parametrize("bound", ["ksg", "gaussian"])
def test_direct_estimates_have_intervals_of_sampling(bound: str) -> None:
    inside, widths = 0, []
    for seed in range(12):
        found = mutual_information(*gaussians(0.7, 400, seed=seed), bound, random_state=0)
        inside += found.low <= 0.7 <= found.high
        widths.append(found.high - found.low)
    assert inside >= 9
    assert 0.05 < np.mean(widths) < 0.5
    few = mutual_information(*gaussians(0.7, 60), bound)
    assert math.isnan(few.low)


def test_ksg_tells_of_many_columns() -> None:
    found = mutual_information(*gaussians(1.0, 300, dim=4), "ksg")
    assert found.warnings == ("with 8 columns in all it falls short of the truth",)


def test_few_samples_make_smaller_blocks() -> None:
    found = mutual_information(*gaussians(1.0, 50), max_rounds=2, folds=2, random_state=0)
    assert found.batch == 12
    assert found.ceiling == math.log2(12)
    assert found.samples == 48


def test_a_seed_repeats_and_no_global_generator_is_touched() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    x, y = gaussians(1.0, 200)
    one, two, other = (
        mutual_information(x, y, max_rounds=2, random_state=seed) for seed in (4, 4, 5)
    )
    assert one == two
    assert one != other
    assert torch.equal(torch.get_rng_state(), before)


def test_a_critic_of_ones_own_gets_the_columns() -> None:
    seen: list[tuple[int, int]] = []

    def make(dim_a: int, dim_b: int) -> nn.Module:
        seen.append((dim_a, dim_b))
        return JointCritic(dim_a, dim_b, hidden=8)

    x, y = gaussians(1.0, 100, dim=2)
    mutual_information(x, y[:, :1], critic=make, max_rounds=1, batch_size=16, folds=3)
    assert seen == [(2, 1)] * 3


def test_the_joint_critic_sees_what_needs_both() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(500)
    y = np.where(rng.random(500) < 0.5, x, -x)
    found = mutual_information(
        x, y, critic="joint", batch_size=32, max_rounds=4, learning_rate=5e-3, random_state=0
    )
    assert found.low > 0.3


def test_faults_are_told_at_once() -> None:
    x, y = gaussians(1.0, 100)
    with pytest.raises(ConfigurationError) as caught:
        mutual_information(
            x, y, "infonec", critic="jiont", batch_size=1, folds=1, max_rounds=0, learning_rate=0.0
        )
    assert caught.value.faults == (
        "there is no bound 'infonec'; did you mean 'infonce'?",
        "there is no critic 'jiont'; did you mean 'joint'?",
        "batch_size must be at least 2, found 1",
        "folds must be at least 2, found 1",
        "max_rounds must be at least 1, found 0",
        "learning_rate must be above 0, found 0.0",
    )
    with pytest.raises(ShapeError, match="xa has 100 samples but xb has 99"):
        mutual_information(x, y[:99])
    with pytest.raises(DataError, match="at least 40 samples are needed, found 39"):
        mutual_information(x[:39], y[:39])
    with pytest.raises(DataError, match="xb has values that are not finite"):
        mutual_information(x, np.where(y > 0, np.nan, y))
    with pytest.raises(DataError, match="xa must hold numbers, found <U3; embed texts"):
        mutual_information(["red"] * 100, y)
    with pytest.raises(ShapeError, match=r"xa must be .* found \(2, 2, 2\)"):
        mutual_information(np.zeros((2, 2, 2)), y)
