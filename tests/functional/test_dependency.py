import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.functional.dependency import (
    f_dependency,
    kl_dependency,
    shuffled_apart,
    slope_penalty,
    wasserstein_dependency,
)

R = torch.tensor([[1.0, 0.5, 0.3], [0.5, 1.0, -0.2], [0.3, -0.2, 1.0]], dtype=torch.float64)
TRUTH = -0.5 * math.log(float(torch.linalg.det(R)))


def three(rows: int) -> Tensor:
    return torch.randn(rows, 3, dtype=torch.float64) @ torch.linalg.cholesky(R).mT


def log_ratio(z: Tensor) -> Tensor:
    inner = torch.linalg.inv(R) - torch.eye(3, dtype=torch.float64)
    return TRUTH - 0.5 * ((z @ inner) * z).sum(dim=1)


def test_the_exact_critic_gives_the_total_correlation_of_three_gaussians() -> None:
    joint = three(200_000)
    product = torch.cat(
        shuffled_apart(list(joint.split(1, dim=1)), torch.Generator().manual_seed(0)), dim=1
    )
    t, u = log_ratio(joint), log_ratio(product)
    assert float(kl_dependency(t, u)) == pytest.approx(TRUTH, abs=0.01)
    assert float(f_dependency(t + 1, u + 1)) == pytest.approx(TRUTH, abs=0.01)
    for scale, shift in ((0.5, 0.0), (1.0, 0.4), (1.3, 0.0)):
        assert float(f_dependency(scale * t + 1 + shift, scale * u + 1 + shift)) < TRUTH
        assert float(kl_dependency(scale * t + shift, scale * u + shift)) < TRUTH + 0.01


def test_wasserstein_is_a_difference_of_means() -> None:
    joint, product = torch.randn(9), torch.randn(9)
    assert float(wasserstein_dependency(joint, product)) == pytest.approx(
        float(joint.mean() - product.mean())
    )
    assert float(wasserstein_dependency(joint, joint.flip(0))) == pytest.approx(0, abs=1e-6)


def test_slopes_up_to_1_cost_nothing_and_the_penalty_trains_the_critic() -> None:
    x = torch.randn(5, 2, requires_grad=True)
    layer = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[0.6, 0.7]])
    assert float(slope_penalty(layer(x).squeeze(1), x).detach()) == 0
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[0.0, 3.0]])
    penalty = slope_penalty(layer(x).squeeze(1), x)
    penalty.backward()
    assert float(penalty.detach()) == pytest.approx(4.0)
    assert layer.weight.grad is not None
    np.testing.assert_allclose(layer.weight.grad.numpy(), [[0.0, 4.0]], atol=1e-5)


def test_shuffling_keeps_each_modality_and_parts_them() -> None:
    rows = torch.arange(1000.0).unsqueeze(1)
    one, two, three_ = shuffled_apart([rows, rows, rows], torch.Generator().manual_seed(0))
    assert torch.equal(one, rows)
    for other in (two, three_):
        assert torch.equal(other.sort(dim=0).values, rows)
    for a, b in ((one, two), (one, three_), (two, three_)):
        assert int((a == b).sum()) < 10
