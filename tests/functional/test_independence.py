"""Independence against definitions, known dependence and false alarms."""

import numpy as np
import pytest
import torch

from consilience.errors import ShapeError
from consilience.functional.independence import (
    difference_loss,
    hsic,
    hsic_p_value,
    hsic_permuted,
)


def test_hsic_is_its_definition() -> None:
    x, y = torch.randn(12, 2, dtype=torch.float64), torch.randn(12, 3, dtype=torch.float64)
    gaps = [((a[:, None] - a) ** 2).sum(2).numpy() for a in (x, y)]
    k, other = np.exp(-gaps[0] / 2), np.exp(-gaps[1] / 8)
    h = np.eye(12) - 1 / 12
    expected = np.trace(k @ h @ other @ h) / 11**2
    assert float(hsic(x, y, bandwidths=(1.0, 2.0))) == pytest.approx(expected, abs=1e-12)


def test_the_default_bandwidth_is_the_median_distance() -> None:
    x = torch.tensor([[0.0], [1.0], [3.0]])
    assert float(hsic(x, x)) == pytest.approx(float(hsic(x, x, bandwidths=(2.0, 2.0))))


def test_dependence_without_correlation_is_found() -> None:
    x = torch.linspace(-1, 1, 60)[:, None]
    assert float(difference_loss(x, x**2)) < 1e-10
    assert hsic_p_value(x, x**2, permutations=99) == 0.01


def test_permuted_criteria_are_those_of_permuted_rows() -> None:
    x, y = torch.randn(15, 2, dtype=torch.float64), torch.randn(15, 1, dtype=torch.float64)
    found, permuted = hsic_permuted(x, y, permutations=4, seed=3)
    assert found == pytest.approx(float(hsic(x, y)), abs=1e-12)
    generator = torch.Generator().manual_seed(3)
    expected = [float(hsic(x, y[torch.randperm(15, generator=generator)])) for _ in range(4)]
    assert permuted.tolist() == pytest.approx(expected, abs=1e-12)
    assert len(hsic_permuted(x, y)[1]) == 0
    reached = sum(e >= found for e in expected)
    assert hsic_p_value(x, y, permutations=4, seed=3) == (1 + reached) / 5
    assert hsic_p_value(x, torch.ones(15, 1, dtype=torch.float64), permutations=4) == 1


def test_independent_samples_are_called_dependent_at_the_rate_promised() -> None:
    """40 pairs at 5 %: more than 6 would happen by chance with probability .003."""
    draws = torch.randn(40, 2, 30, 2)
    alarms = [
        hsic_p_value(a, b, permutations=39, seed=i) <= 0.05 for i, (a, b) in enumerate(draws)
    ]
    assert sum(alarms) <= 6


def test_difference_is_the_mean_squared_correlation() -> None:
    x, y = torch.randn(30, 2, dtype=torch.float64), torch.randn(30, 3, dtype=torch.float64)
    r = np.corrcoef(x.numpy().T, y.numpy().T)[:2, 2:]
    assert float(difference_loss(x, y)) == pytest.approx(float((r**2).mean()), abs=1e-10)
    assert float(difference_loss(100 * x + 7, y)) == pytest.approx(
        float(difference_loss(x, y)), abs=1e-10
    )


def test_a_constant_column_is_no_fault() -> None:
    x = torch.zeros(5, 1, requires_grad=True)
    difference_loss(x, torch.randn(5, 2)).backward()
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


@pytest.mark.usefixtures("unchecked")
def test_other_rows_are_told() -> None:
    with pytest.raises(ShapeError, match="the same rows, 2 or more; found 3 and 4"):
        hsic(torch.zeros(3, 1), torch.zeros(4, 1))
