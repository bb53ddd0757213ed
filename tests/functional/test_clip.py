import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ShapeError
from consilience.functional.clip import bounded_log_scale, clip_loss, siglip_loss


def drawn(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(n, 4, generator=rng, dtype=torch.float64) for _ in "ab")
    return a.requires_grad_(), b.requires_grad_()


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("tile", [None, 2])
def test_clip_is_cross_entropy_of_scaled_cosines_both_ways(tile: int | None) -> None:
    za, zb = drawn(5)
    log_scale = number(1.7)
    logits = log_scale.exp() * F.cosine_similarity(za[:, None], zb[None], dim=2)
    own = torch.arange(5)
    plain = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
    ours = clip_loss(za, zb, log_scale, tile=tile)
    leaves = (za, zb, log_scale)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad(ours, leaves), torch.autograd.grad(plain, leaves), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("tile", [None, 2])
def test_clips_scale_ends_at_100(tile: int | None) -> None:
    za, zb = drawn(4)
    at_limit = clip_loss(za, zb, number(math.log(100)), tile=tile)
    assert clip_loss(za, zb, number(9.0), tile=tile).item() == pytest.approx(at_limit.item())
    assert clip_loss(za, zb, number(4.5), tile=tile).item() != pytest.approx(at_limit.item())


def test_beyond_the_limit_the_gradient_only_leads_back() -> None:
    for pull, kept in [(1.0, 1.0), (-1.0, 0.0)]:
        x = number(5.0)
        (grad,) = torch.autograd.grad(pull * bounded_log_scale(x), x)
        assert grad.item() == kept
        below = number(2.0)
        bounded = bounded_log_scale(below)
        assert bounded.item() == 2
        assert torch.autograd.grad(pull * bounded, below)[0].item() == pull


def test_siglip_of_orthogonal_embeddings() -> None:
    za, zb = torch.eye(16, dtype=torch.float64).split(8)
    loss = siglip_loss(za, zb, number(math.log(10)), number(-10))
    expected = math.log1p(math.exp(10)) + 7 * math.log1p(math.exp(-10))
    assert loss.item() == pytest.approx(expected, abs=1e-12)
    assert round(loss.item(), 5) == 10.00036


def test_siglip_is_a_sum_of_judgements_as_defined() -> None:
    za, zb = drawn(4)
    t, b = number(0.8), number(-0.5)
    total = torch.zeros((), dtype=torch.float64)
    for i in range(4):
        for j in range(4):
            sign = 1.0 if i == j else -1.0
            score = t.exp() * F.cosine_similarity(za[i], zb[j], dim=0) + b
            total = total - torch.sigmoid(sign * score).log() / 4
    leaves = (za, zb, t, b)
    ours = siglip_loss(*leaves)
    torch.testing.assert_close(ours, total, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad(ours, leaves), torch.autograd.grad(total, leaves), rtol=0, atol=1e-12
    )


def test_siglip_by_blocks_of_rows_is_siglip_of_all() -> None:
    za, zb = drawn(6)
    t, b = number(1.0), number(-2.0)
    whole = siglip_loss(za, zb, t, b)
    parts = [siglip_loss(za[i : i + 2], zb, t, b, first=i) for i in (0, 2, 4)]
    torch.testing.assert_close(torch.stack(parts).mean(), whole, rtol=0, atol=1e-12)


def test_siglip_needs_a_partner_for_every_row() -> None:
    za, zb = drawn(3)
    with pytest.raises(ShapeError) as raised:
        siglip_loss(za, zb, number(1.0), number(0.0), first=1)
    assert str(raised.value) == "zb has 3 rows, too few for 3 partners from row 1 on"
