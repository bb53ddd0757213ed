import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ConfigurationError, InputTypeError, ShapeError
from consilience.functional.contrastive import (
    TILED,
    anchored_nce,
    hard_negative_info_nce,
    info_nce,
)


def drawn(n: int, dim: int = 5, seed: int = 0) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    a, b = (torch.randn(n, dim, generator=rng, dtype=torch.float64) for _ in "ab")
    return F.normalize(a, dim=1).requires_grad_(), F.normalize(b, dim=1).requires_grad_()


def by_hand(za: Tensor, zb: Tensor, temperature: float, *, symmetric: bool = True) -> float:
    """The definition, sum by sum, by numpy alone."""
    s = za.detach().numpy() @ zb.detach().numpy().T / temperature
    forth = np.mean([-np.log(np.exp(s[i, i]) / np.exp(s[i]).sum()) for i in range(len(s))])
    back = np.mean([-np.log(np.exp(s[i, i]) / np.exp(s[:, i]).sum()) for i in range(len(s))])
    return float((forth + back) / 2 if symmetric else forth)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("tile", [None, 1, 3, 64])
def test_equals_the_definition(tile: int | None, symmetric: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    za, zb = drawn(7)
    loss = info_nce(za, zb, 0.3, symmetric=symmetric, tile=tile)
    assert loss.item() == pytest.approx(by_hand(za, zb, 0.3, symmetric=symmetric), abs=1e-12)


@pytest.mark.parametrize("tile", [None, 3])
def test_equal_logits_are_chance(tile: int | None) -> None:
    z = torch.ones(6, 4, dtype=torch.float64) / 2
    assert info_nce(z, z, tile=tile).item() == pytest.approx(math.log(6), abs=1e-12)


@pytest.mark.parametrize("tile", [None, 2])
@pytest.mark.parametrize("scale", [0.5, 3.0, 60.0])
def test_orthonormal_pairs_at_a_scale(tile: int | None, scale: float) -> None:
    z = torch.eye(5, dtype=torch.float64)
    expected = math.log1p(4 * math.exp(-scale))
    assert info_nce(z, z, 1 / scale, tile=tile).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("tile", [None, 2])
def test_gradient_of_the_logits_is_the_mean_of_both_softmaxes_less_the_identity(
    tile: int | None,
) -> None:
    logits = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    loss = info_nce(logits, torch.eye(4, dtype=torch.float64), 1.0, tile=tile)
    (grad,) = torch.autograd.grad(loss, logits)
    both = (logits.softmax(1) + logits.softmax(0)) / 2
    torch.testing.assert_close(grad, (both - torch.eye(4)) / 4, rtol=0, atol=1e-12)


@pytest.mark.parametrize("symmetric", [True, False])
def test_tiles_give_the_gradients_of_the_plain_form(symmetric: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    za, zb = drawn(10)
    bank, _ = drawn(4, seed=3)
    temperature = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    leaves = (za, zb, bank, temperature)

    def gradients(tile: int | None) -> tuple[Tensor, ...]:
        loss = info_nce(za, zb, temperature, symmetric=symmetric, tile=tile, negatives=bank)
        return (loss, *torch.autograd.grad(loss, leaves))

    torch.testing.assert_close(gradients(4), gradients(None), rtol=0, atol=1e-12)


def test_gradients_by_differences_of_a_tiled_loss_and_its_temperature() -> None:
    za, zb = drawn(5, dim=3)
    temperature = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *v: info_nce(*v, tile=2), (za, zb, temperature))


def test_a_large_batch_is_tiled_by_itself_and_keeps_nothing_of_its_square() -> None:
    za, zb = (F.normalize(torch.randn(TILED + 3, 4), dim=1).requires_grad_() for _ in "ab")
    sizes: list[int] = []

    def note(kept: Tensor) -> Tensor:
        sizes.append(kept.numel())
        return kept

    with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        loss = info_nce(za, zb)
    assert max(sizes) == za.numel()
    plain = F.cross_entropy(za @ zb.T / 0.07, torch.arange(len(za)))
    back = F.cross_entropy(zb @ za.T / 0.07, torch.arange(len(za)))
    assert loss.item() == pytest.approx((plain + back).item() / 2, rel=1e-6)


@given(st.permutations(range(6)))
def test_the_order_of_the_pairs_does_not_matter(order: list[int]) -> None:
    za, zb = drawn(6)
    assert info_nce(za[order], zb[order], tile=4).item() == pytest.approx(
        info_nce(za, zb).item(), abs=1e-12
    )


def test_swapping_the_modalities_matters_to_one_direction_only() -> None:
    za, zb = drawn(6)
    assert info_nce(za, zb).item() == pytest.approx(info_nce(zb, za).item(), abs=1e-12)
    one, other = info_nce(za, zb, symmetric=False), info_nce(zb, za, symmetric=False)
    assert abs(one.item() - other.item()) > 1e-3


def test_half_precision_is_summed_in_single() -> None:
    za, zb = drawn(6)
    half = info_nce(za.bfloat16(), zb.bfloat16())
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(
        info_nce(za.bfloat16().double(), zb.bfloat16().double()).item(), rel=1e-5
    )


@pytest.mark.parametrize("tile", [None, 2])
def test_a_bank_competes_in_one_direction(tile: int | None) -> None:
    za, zb = drawn(4)
    bank, _ = drawn(3, seed=9)
    s, more = (za @ zb.T).exp(), (za @ bank.T).exp()
    forth = -(s.diagonal() / (s.sum(1) + more.sum(1))).log().mean()
    back = -(s.diagonal() / s.sum(0)).log().mean()
    loss = info_nce(za, zb, 1.0, negatives=bank, tile=tile)
    assert loss.item() == pytest.approx((forth + back).item() / 2, abs=1e-12)


def test_anchored_finds_the_partner_it_is_told() -> None:
    za, zb = drawn(6)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    shuffled = zb[order]
    partners = order.argsort()
    expected = info_nce(za, zb, 0.5, symmetric=False)
    assert anchored_nce(za, shuffled, partners, 0.5).item() == pytest.approx(expected.item())
    part = anchored_nce(za[2:4], shuffled, partners[2:4], 0.5, negatives=zb[:1])
    s = torch.cat([zb, zb[:1]]) @ za[2:4].T / 0.5
    by_definition = F.cross_entropy(s.T, torch.tensor([2, 3]))
    assert part.item() == pytest.approx(by_definition.item(), abs=1e-12)


def test_hard_negatives_as_defined() -> None:
    za, zb = drawn(5)
    s = (za @ zb.T / 0.5).detach().numpy()

    def forth(s: np.ndarray) -> float:
        total = 0.0
        for i in range(5):
            others = np.delete(s[i], i)
            weight = np.exp(2 * others) / np.exp(2 * others).sum()
            crowd = 4 * (weight * np.exp(others)).sum()
            total -= np.log(np.exp(s[i, i]) / (np.exp(s[i, i]) + crowd)) / 5
        return total

    both = hard_negative_info_nce(za, zb, 0.5, beta=2.0).item()
    assert both == pytest.approx((forth(s) + forth(s.T)) / 2, abs=1e-12)
    one = hard_negative_info_nce(za, zb, 0.5, beta=2.0, symmetric=False).item()
    assert one == pytest.approx(forth(s), abs=1e-12)


def test_no_hardness_is_plain_infonce_and_more_hardness_costs_more() -> None:
    za, zb = drawn(8)
    losses = [hard_negative_info_nce(za, zb, 0.5, beta=b).item() for b in (0.0, 0.5, 2.0, 50.0)]
    assert losses[0] == pytest.approx(info_nce(za, zb, 0.5).item(), abs=1e-12)
    assert losses == sorted(losses)
    s = (za @ zb.T / 0.5).fill_diagonal_(-torch.inf)
    worst = za @ zb.T / 0.5
    hardest = [torch.log1p(7 * (s.amax(d) - worst.diagonal()).exp()).mean().item() for d in (0, 1)]
    assert losses[-1] == pytest.approx(sum(hardest) / 2, abs=0.05)

    def hard(a: Tensor, b: Tensor) -> Tensor:
        return hard_negative_info_nce(a, b, 0.5, beta=1.5)

    assert torch.autograd.gradcheck(hard, (za, zb))


CASES: list[tuple[Callable[[Tensor], Tensor], type[Exception], str]] = [
    (
        lambda z: info_nce(z, z[:2]),
        ShapeError,
        "za has 3 rows but zb has 2; row i of each must be one pair",
    ),
    (
        lambda z: info_nce(z, z[:, :1]),
        ShapeError,
        "za has width 2 but zb has 1; project both into one space first",
    ),
    (
        lambda z: info_nce(z, z.double()),
        InputTypeError,
        "za is torch.float32 but zb is torch.float64; convert one with .to(dtype)",
    ),
    (
        lambda z: info_nce(z, z, 0.0),
        ConfigurationError,
        "temperature must be above 0, found 0.0",
    ),
    (
        lambda z: info_nce(z, z, math.nan),
        ConfigurationError,
        "temperature must be above 0, found nan",
    ),
    (lambda z: info_nce(z, z, tile=0), ConfigurationError, "tile must be at least 1, found 0"),
    (
        lambda z: hard_negative_info_nce(z[:1], z[:1]),
        ShapeError,
        "hard negatives need two pairs or more, found 1",
    ),
    (
        lambda z: hard_negative_info_nce(z, z, beta=-1.0),
        ConfigurationError,
        "beta must be 0 or more, found -1.0",
    ),
]


@pytest.mark.parametrize(("call", "kind", "words"), CASES)
@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be(
    call: Callable[[Tensor], Tensor], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        call(torch.ones(3, 2))
    assert str(raised.value) == words
