import numpy as np
import pytest
import torch
from scipy.special import log_softmax
from torch import Tensor

from consilience.functional.pid import pid
from consilience.functional.randomness import seeded
from consilience.quantification.batch.compression import Side
from consilience.quantification.batch.coupling import (
    CouplingNetwork,
    certified,
    least_information,
    train_coupler,
)
from consilience.training import Batch


def pair(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((n, k))
    noise = rng.standard_normal((2, n, k))
    return log_softmax(2 * shared + noise[0], axis=1), log_softmax(shared + noise[1], axis=1)


def test_certified_is_the_exact_decomposition_of_any_joint_with_the_marginals() -> None:
    joint = np.random.default_rng(0).dirichlet(np.ones(24)).reshape(4, 3, 2)
    exact = pid(joint)
    found = certified(Side(joint.sum(1)), Side(joint.sum(0)))
    assert found.converged
    assert found.unique == pytest.approx(exact.unique, abs=2e-5)
    assert found.singles == pytest.approx(exact.information[:2])


@pytest.mark.parametrize("k", [2, 3])
def test_network_comes_near_the_certified_least(k: int) -> None:
    first, second = pair(240, k)
    coupler = train_coupler(first, second, batch_size=40, steps=120, seed=0)
    sides = Side.of(first).compressed(60, 0), Side.of(second).compressed(60, 0)
    least, found = certified(*sides), coupler(*sides)
    assert found.singles == pytest.approx(least.singles)
    assert least.value - 1e-5 <= found.value <= least.value + 0.02
    assert found.value - found.gap <= least.value + 1e-9
    with seeded(0):
        untrained = type(coupler)(CouplingNetwork(k), converged=True)(*sides)
    assert found.value - least.value < 0.5 * (untrained.value - least.value)


def test_information_of_a_batch_is_at_least_what_the_exact_solver_finds() -> None:
    first, second = pair(30, 2)
    batch = Batch({"first": torch.as_tensor(first), "second": torch.as_tensor(second)}, None, None)
    with seeded(0):
        network = CouplingNetwork(2)
    bits = least_information(network, batch).item() / np.log(2)
    assert bits >= certified(Side.of(first), Side.of(second)).value - 1e-4


def test_gradient_of_the_information_is_numerical() -> None:
    first, second = pair(6, 2)
    batch = Batch({"first": torch.as_tensor(first), "second": torch.as_tensor(second)}, None, None)

    class Kernel(torch.nn.Module):
        def __init__(self, value: Tensor) -> None:
            super().__init__()
            self.value = value

        def forward(self, first: Tensor, second: Tensor) -> Tensor:
            del first, second
            return self.value

    kernel = torch.as_tensor(np.random.default_rng(0).standard_normal((2, 6, 6)))
    kernel = kernel.requires_grad_()
    (gradient,) = torch.autograd.grad(least_information(Kernel(kernel), batch), kernel)
    for place in [(0, 1, 2), (1, 4, 3), (0, 5, 5)]:
        step = torch.zeros_like(kernel)
        step[place] = 0.05
        up, down = (
            least_information(Kernel(kernel.detach() + sign * step), batch).item()
            for sign in (1, -1)
        )
        assert gradient[place].item() == pytest.approx((up - down) / 0.1, abs=2e-4)


def test_a_posterior_is_all_that_matters() -> None:
    first, second = pair(40, 2)
    order = np.random.default_rng(1).permutation(40)
    one = certified(Side.of(first), Side.of(second)).value
    assert certified(Side.of(first), Side.of(second[order])).value == pytest.approx(one, abs=2e-5)
