"""Means of a layer of smooth units: the definition is the oracle."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from consilience.quantification import smooth_marginals as module
from consilience.quantification.smooth_marginals import SMOOTH, smooth_marginals


def parts(rows: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Of three units, one of which one modality does not reach."""
    u = torch.randn(rows, 3, dtype=dtype) * torch.tensor([0.3, 1.0, 0.0], dtype=dtype) - 0.5
    return u, torch.randn(rows - 20, 3, dtype=dtype)


def exact(u: Tensor, v: Tensor, activation: Callable[[Tensor], Tensor]) -> list[Tensor]:
    values = activation(u.double()[:, None] + v.double())
    return [values.mean(dim=1), values.mean(dim=0)]


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize(("dtype", "near"), [(torch.float64, 2e-10), (torch.float32, 4e-6)])
def test_every_smooth_layer_to_rounding(
    kind: type[nn.Module], dtype: torch.dtype, near: float
) -> None:
    u, v = parts(300, dtype)
    found = smooth_marginals(u, v, kind())
    assert found is not None
    for mean, expected in zip(found, exact(u, v, kind()), strict=True):
        assert mean.dtype == torch.float64
        torch.testing.assert_close(mean, expected, rtol=near, atol=near)


def test_evaluations_grow_with_the_rows_and_not_their_product() -> None:
    seen: list[int] = []

    def counting(z: Tensor) -> Tensor:
        seen.append(len(z))
        return torch.tanh(z)

    u, v = parts(1000)
    assert smooth_marginals(u, v, counting) is not None
    assert sum(seen) < 0.2 * 2 * 1000 * 980


def test_a_polynomial_is_met_exactly_and_the_sides_are_not_swapped() -> None:
    u, v = torch.rand(40, 2).double(), 3 * torch.rand(50, 2).double()
    found = smooth_marginals(u, v, torch.square)
    assert found is not None
    for mean, own, other in zip(found, (u, v), (v, u), strict=True):
        expected = own**2 + 2 * own * other.mean(dim=0) + (other**2).mean(dim=0)
        torch.testing.assert_close(mean, expected, rtol=0, atol=1e-12)


def test_what_no_polynomial_follows_is_left_to_others() -> None:
    u, v = parts(300)
    assert smooth_marginals(u, v[:1].expand(4, -1), torch.sign) is None
    assert smooth_marginals(50 * u, v / 50, nn.GELU()) is None
    assert smooth_marginals(u[:30], v[:30], nn.GELU()) is None


def test_coefficients_that_vanish_by_chance_do_not_deceive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wave that is zero at all nodes: only the comparison at rows can tell."""
    u = torch.linspace(-1, 1, 301).double()[:, None]
    v = torch.zeros(40, 1).double()

    def hidden(z: Tensor) -> Tensor:
        return (1 - z**2) * torch.sin(16 * torch.acos(z.clamp(-1, 1)))

    assert smooth_marginals(u, v, hidden) is None
    monkeypatch.setattr(module, "CHECKED", 1)
    assert smooth_marginals(u, v, hidden) is not None
