"""The rate is the divergence from the prior, and drops what does not pay."""

import math

import pytest
import torch

from consilience.errors import ShapeError
from consilience.fission.bottleneck import VariationalBottleneck, gaussian_rate
from consilience.fission.fitting import adam


def test_the_rate_is_the_divergence_of_gaussians() -> None:
    mean, log_variance = torch.randn(2, 6, 3, dtype=torch.float64)
    code = torch.distributions.Normal(mean, (log_variance / 2).exp())
    prior = torch.distributions.Normal(0.0, torch.ones(1, dtype=torch.float64))
    expected = torch.distributions.kl_divergence(code, prior).sum(1) / math.log(2)
    assert torch.allclose(gaussian_rate(mean, log_variance), expected, atol=1e-12)


def test_the_mean_rate_is_the_information_at_the_best_prior() -> None:
    """A unit-variance code of a Gaussian source: rate >= I, equal where the marginal is it."""
    x = torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(4000) + 0.5) / 4000)[:, None]
    noise = 0.36
    mean = math.sqrt(1 - noise) * x
    rate = gaussian_rate(mean, torch.full_like(mean, math.log(noise))).mean()
    assert float(rate) == pytest.approx(-0.5 * math.log2(noise), abs=0.002)


def test_a_loud_nuisance_is_not_worth_its_bits() -> None:
    x = torch.randn(256, 2) * torch.tensor([1.0, 5.0])
    bottleneck, head = VariationalBottleneck(2, 1), torch.nn.Linear(1, 1)
    optimiser = adam([*bottleneck.parameters(), *head.parameters()], 0.1)
    generator = torch.Generator().manual_seed(0)
    for _ in range(80):
        code, rate = bottleneck(x, generator)
        loss = (head(code)[:, 0] - x[:, 0]).square().mean() + 0.02 * rate.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    code, _ = bottleneck(x)
    together = torch.corrcoef(torch.cat([code, x], 1).detach().T)[0, 1:].abs()
    assert together[0] > 0.95
    assert together[1] < 0.2


def test_the_code_is_drawn_with_a_generator_only() -> None:
    bottleneck, x = VariationalBottleneck(3, 2), torch.randn(4, 3)
    mean = bottleneck(x)[0]
    assert torch.equal(mean, bottleneck(x)[0])
    first = bottleneck(x, torch.Generator().manual_seed(1))[0]
    assert torch.equal(first, bottleneck(x, torch.Generator().manual_seed(1))[0])
    assert not torch.equal(first, mean)
    log_variance = bottleneck.head(x)[:, 2:]
    noise = torch.randn(4, 2, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(first, mean + log_variance.exp().sqrt() * noise)
    with pytest.raises(ShapeError, match="widths must be at least 1, found 0 and 2"):
        VariationalBottleneck(0, 2)
