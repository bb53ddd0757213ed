import pytest
import torch
from torch import Tensor

from consilience.functional.crossing import crossed_logsumexp

TILES = [(1, 1), (3, 2), (4, 5), (7, 11), (100, 100)]


def drawn(rows: int, columns: int, size: float) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(rows)
    za = size * torch.randn(rows, 4, generator=rng, dtype=torch.float64)
    zb = size * torch.randn(columns, 4, generator=rng, dtype=torch.float64)
    scale = torch.tensor(0.7, dtype=torch.float64)
    return za.requires_grad_(), zb.requires_grad_(), scale.requires_grad_()


def stored(za: Tensor, zb: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    logits = scale * za @ zb.T
    return logits.logsumexp(1), logits.logsumexp(0)


def pulled(both: tuple[Tensor, Tensor], leaves: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Gradients of a combination that gives every row and column a pull of its own."""
    rows, columns = both
    up = torch.linspace(-1, 2, len(rows), dtype=rows.dtype)
    left = torch.linspace(3, -2, len(columns), dtype=rows.dtype)
    return torch.autograd.grad((rows * up).sum() + (columns * left).sum(), leaves)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("size", [1.0, 30.0])
def test_tiles_of_any_size_equal_the_stored_logits(tile: tuple[int, int], size: float) -> None:
    leaves = drawn(7, 11, size)
    ours, plain = crossed_logsumexp(*leaves, tile), stored(*leaves)
    torch.testing.assert_close(ours, plain, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(pulled(ours, leaves), pulled(plain, leaves), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("size", [0.5, 8.0])
def test_gradients_by_differences(size: float) -> None:
    leaves = drawn(5, 4, size)

    def both(za: Tensor, zb: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        return crossed_logsumexp(za, zb, scale, (2, 3))

    assert torch.autograd.gradcheck(both, leaves)


def test_logits_far_beyond_the_range_of_the_exponential() -> None:
    za = torch.tensor([[200.0], [-200.0]], requires_grad=True)
    zb = torch.tensor([[1.0], [1.0]], requires_grad=True)
    rows, columns = crossed_logsumexp(za, zb, torch.tensor(1.0), (1, 1))
    two = torch.tensor(2.0).log().item()
    assert rows.tolist() == pytest.approx([200 + two, -200 + two])
    assert columns.tolist() == pytest.approx([200.0, 200.0])
    (rows.sum() + columns.sum()).backward()
    assert za.grad is not None
    rounding = 2 * 200 * torch.finfo(torch.float32).eps
    assert za.grad.flatten().tolist() == pytest.approx([3.0, 1.0], rel=rounding)


def test_just_within_the_bound_float32_keeps_its_digits() -> None:
    """Every row has a logit of -40 or 40: without care one of them is lost."""
    za = torch.tensor([[1.0], [-1.0], [0.5]])
    zb = torch.tensor([[1.0], [1.0 - 2**-20]])
    scale = torch.tensor(39.9999)
    rows, columns = crossed_logsumexp(za, zb, scale, (2, 1))
    wide = stored(za.double(), zb.double(), scale.double())
    torch.testing.assert_close(rows, wide[0].float(), rtol=1e-6, atol=0)
    torch.testing.assert_close(columns, wide[1].float(), rtol=1e-6, atol=0)


def test_a_side_without_gradient_gets_none() -> None:
    za, zb, scale = drawn(3, 4, 1.0)
    rows, _ = crossed_logsumexp(za, zb.detach(), scale, (2, 2))
    rows.sum().backward()
    expected = torch.autograd.grad(stored(za, zb, scale)[0].sum(), za)[0]
    torch.testing.assert_close(za.grad, expected, rtol=1e-12, atol=1e-12)
