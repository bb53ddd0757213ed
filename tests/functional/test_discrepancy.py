"""Discrepancies against closed forms and definitions."""

import math

import pytest
import torch

from consilience.errors import ConfigurationError, ShapeError
from consilience.functional.discrepancy import (
    central_moment_discrepancy,
    maximum_mean_discrepancy,
)


def grid(low: float, high: float, rows: int = 20_000) -> torch.Tensor:
    """A uniform sample without sampling error: the midpoints of equal cells."""
    middle = (torch.arange(rows, dtype=torch.float64) + 0.5) / rows
    return (low + (high - low) * middle)[:, None]


def test_cmd_of_two_uniforms_has_its_closed_form() -> None:
    expected = 1 / 4 + (1 / 12 - 1 / 48) + 0 + (1 / 80 - 1 / 1280) + 0
    assert expected == pytest.approx(0.32422, abs=1e-5)
    found = central_moment_discrepancy(grid(0, 1), grid(0, 0.5))
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_cmd_in_wider_bounds_is_that_of_rescaled_values() -> None:
    x, y = grid(-1, 3), grid(-1, 1)
    assert float(central_moment_discrepancy(x, y, bounds=(-1.0, 3.0))) == pytest.approx(
        float(central_moment_discrepancy((x + 1) / 4, (y + 1) / 4)), abs=1e-12
    )


def test_cmd_is_blind_to_order_and_zero_with_a_finite_gradient() -> None:
    x = torch.randn(50, 3, requires_grad=True)
    found = central_moment_discrepancy(x, x.flip(0))
    found.backward()
    assert float(found.detach()) == pytest.approx(0, abs=1e-5)
    assert x.grad is not None
    assert bool(x.grad.isfinite().all())


def test_the_norm_is_over_columns_and_each_moment_counts() -> None:
    zero, x = torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [3.0, 4.0]])
    assert float(central_moment_discrepancy(x, zero)) == pytest.approx(5.0)
    spread = torch.tensor([[-2.0], [2.0]])
    flat = torch.zeros(2, 1)
    by_moments = [float(central_moment_discrepancy(spread, flat, moments=k)) for k in (1, 2, 3, 4)]
    assert by_moments == pytest.approx([0, 4, 4, 20])


def test_mmd_of_gaussians_has_its_closed_form() -> None:
    normal = torch.distributions.Normal(0.0, 1.0)
    x = normal.icdf(grid(0, 1, 1000).float()).double()
    shift, h = 1.5, 0.8
    found = maximum_mean_discrepancy(x, x + shift, bandwidth=h)
    width = h**2 + 2
    expected = 2 * h / math.sqrt(width) * (1 - math.exp(-(shift**2) / (2 * width)))
    assert float(found) == pytest.approx(expected, abs=0.005)


def test_the_default_width_is_the_root_of_half_the_columns() -> None:
    x, y = torch.randn(9, 6), torch.randn(7, 6) + 1
    assert float(maximum_mean_discrepancy(x, y)) == pytest.approx(
        float(maximum_mean_discrepancy(x, y, bandwidth=math.sqrt(3))), abs=1e-6
    )


def test_mmd_is_unbiased_between_equal_distributions() -> None:
    draws = torch.randn(200, 2, 20, 3)
    found = torch.stack([maximum_mean_discrepancy(a, b) for a, b in draws])
    assert abs(float(found.mean())) < 3 * float(found.std()) / math.sqrt(200)
    assert float(found.min()) < 0


def test_faults_are_told() -> None:
    x = torch.zeros(3, 1)
    with pytest.raises(ConfigurationError) as told:
        central_moment_discrepancy(x, x, moments=0, bounds=(1.0, 1.0))
    assert told.value.faults == (
        "moments must be at least 1, found 0",
        "bounds must be (low, high) with low < high, found (1.0, 1.0)",
    )
    with pytest.raises(ConfigurationError, match="bandwidth must be positive, found 0"):
        maximum_mean_discrepancy(x, x, bandwidth=0.0)
    with pytest.raises(ShapeError, match="both samples need 2 rows or more, found 1 and 3"):
        maximum_mean_discrepancy(x[:1], x)


@pytest.mark.usefixtures("unchecked")
def test_other_widths_are_told() -> None:
    with pytest.raises(ShapeError, match=r"equal width, found \(3, 1\) and \(3, 2\)"):
        central_moment_discrepancy(torch.zeros(3, 1), torch.zeros(3, 2))
