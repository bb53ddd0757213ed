import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ShapeError
from consilience.functional.margins import (
    contrastive_loss,
    graded_similarity,
    hinge_of_scores,
    triplet_loss,
    vse_loss,
)


def drawn(n: int, count: int = 2) -> list[Tensor]:
    return [torch.randn(n, 3, dtype=torch.float64, requires_grad=True) for _ in range(count)]


def test_contrastive_pairs_as_defined() -> None:
    za, zb = drawn(6)
    same = torch.tensor([1, 0, 0, 1, 0, 1])
    total = 0.0
    for a, b, y in zip(za.tolist(), zb.tolist(), same.tolist(), strict=True):
        d = sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5
        total += d**2 if y else max(0.0, 2.5 - d) ** 2
    assert contrastive_loss(za, zb, same, 2.5).item() == pytest.approx(total / 6)


def test_strangers_beyond_the_margin_and_equal_partners_cost_nothing() -> None:
    za = torch.tensor([[0.0], [1.0]], requires_grad=True)
    zb = torch.tensor([[5.0], [1.0]])
    loss = contrastive_loss(za, zb, torch.tensor([False, True]))
    loss.backward()
    assert loss.item() == 0
    assert za.grad is not None
    assert za.grad.tolist() == [[0.0], [0.0]]


def test_equal_strangers_cost_the_margin_squared_and_have_no_nan_gradient() -> None:
    z = torch.ones(1, 2, requires_grad=True)
    loss = contrastive_loss(z, torch.ones(1, 2), torch.tensor([False]), margin=3.0)
    loss.backward()
    assert loss.item() == 9
    assert z.grad is not None
    assert z.grad.isfinite().all()


def test_triplets_equal_the_one_of_torch() -> None:
    a, p, n = drawn(9, 3)
    expected = F.triplet_margin_loss(a, p, n, margin=0.7, eps=0.0)
    assert triplet_loss(a, p, n, margin=0.7).item() == pytest.approx(expected.item())
    assert torch.autograd.gradcheck(lambda *v: triplet_loss(*v, margin=0.7), (a, p, n))


def by_loops(s: Tensor, margin: float, *, hardest: bool) -> float:
    total = 0.0
    for i in range(len(s)):
        forth = [max(0.0, margin - s[i, i].item() + s[i, j].item()) for j in others(s, i)]
        back = [max(0.0, margin - s[i, i].item() + s[j, i].item()) for j in others(s, i)]
        total += max(forth) + max(back) if hardest else sum(forth) + sum(back)
    return total / len(s)


def others(s: Tensor, i: int) -> list[int]:
    return [j for j in range(len(s)) if j != i]


@pytest.mark.parametrize("hardest", [True, False])
def test_the_hinge_as_defined(hardest: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    scores = torch.randn(5, 5, dtype=torch.float64)
    ours = hinge_of_scores(scores, 0.3, hardest=hardest).item()
    assert ours == pytest.approx(by_loops(scores, 0.3, hardest=hardest), abs=1e-12)
    za, zb = drawn(5)
    cosines = F.cosine_similarity(za[:, None], zb[None], dim=2)
    ours = vse_loss(za, zb, 0.3, hardest=hardest).item()
    assert ours == pytest.approx(by_loops(cosines, 0.3, hardest=hardest), abs=1e-12)


def test_with_two_pairs_sum_and_hardest_are_one_and_with_more_the_sum_is_no_less() -> None:
    za, zb = drawn(2)
    assert vse_loss(za, zb).item() == pytest.approx(vse_loss(za, zb, hardest=True).item())
    za, zb = drawn(6)
    assert vse_loss(za, zb).item() > vse_loss(za, zb, hardest=True).item()


def test_partners_ahead_by_the_margin_cost_nothing_and_the_wrong_way_round_they_do() -> None:
    ahead = torch.full((4, 4), 0.25).fill_diagonal_(0.5)
    assert hinge_of_scores(ahead, 0.25).item() == 0
    assert hinge_of_scores(ahead, 0.5).item() == pytest.approx(2 * 3 * 0.25)
    assert hinge_of_scores(-ahead, 0.25).item() == pytest.approx(2 * 3 * 0.5)


def test_one_pair_has_no_negatives() -> None:
    za, zb = drawn(1)
    assert vse_loss(za, zb).item() == vse_loss(za, zb, hardest=True).item() == 0


def test_graded_similarity_is_least_where_cosines_are_the_targets() -> None:
    za, zb = drawn(4)
    cosines = F.cosine_similarity(za[:, None], zb[None], dim=2).detach()
    assert graded_similarity(za, zb, cosines).item() == pytest.approx(0, abs=1e-15)
    assert graded_similarity(za, zb, cosines + 0.1).item() == pytest.approx(0.01)


def test_what_is_not_known_of_grades_does_not_count() -> None:
    za, zb = drawn(3)
    targets = torch.full((3, 3), torch.nan, dtype=torch.float64)
    assert graded_similarity(za, zb, targets).item() == 0
    targets[1, 2] = 0.3
    loss = graded_similarity(za, zb, targets)
    cosine = F.cosine_similarity(za[1], zb[2], dim=0).item()
    assert loss.item() == pytest.approx((cosine - 0.3) ** 2)
    loss.backward()
    assert za.grad is not None
    assert za.grad.isfinite().all()
    assert za.grad[1].any()
    assert not za.grad[[0, 2]].any()


@pytest.mark.usefixtures("unchecked")
def test_shapes_that_do_not_fit() -> None:
    za, zb = drawn(3)
    with pytest.raises(ShapeError, match=r"^same has 2 entries but there are 3 pairs$"):
        contrastive_loss(za, zb, torch.tensor([1, 0]))
    with pytest.raises(ShapeError, match=r"^scores must be \(batch, batch\), found \(2, 3\)$"):
        hinge_of_scores(za[:2])
    with pytest.raises(ShapeError) as raised:
        graded_similarity(za, zb, za[:, :2])
    assert str(raised.value) == "targets must be (rows of za, rows of zb) = (3, 3), found (3, 2)"
