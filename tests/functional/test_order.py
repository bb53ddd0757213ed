import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import ShapeError
from consilience.functional.margins import hinge_of_scores
from consilience.functional.order import (
    order_hinge,
    order_loss,
    order_violation,
    order_violations,
)

POINTS = st.lists(st.integers(0, 3), min_size=3, max_size=3)


def row(values: list[int]) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


def stands(x: list[int], y: list[int]) -> bool:
    return order_violation(row(x), row(y)).item() == 0


def test_the_worked_example() -> None:
    x, y = torch.tensor([[0.5, 0.9]]), torch.tensor([[1.0, 0.2]])
    assert order_violation(x, y).item() == 0.25
    assert order_violation(y, x).item() == pytest.approx(0.49)


@given(POINTS, POINTS)
def test_no_violation_exactly_where_every_coordinate_is_at_least_the_others(
    x: list[int], y: list[int]
) -> None:
    assert stands(x, y) == all(p >= q for p, q in zip(x, y, strict=True))
    assert (stands(x, y) and stands(y, x)) == (x == y)


@given(POINTS, POINTS, POINTS)
def test_the_order_is_transitive(x: list[int], y: list[int], z: list[int]) -> None:
    assert stands(x, z) or not (stands(x, y) and stands(y, z))


def test_zero_is_the_most_general() -> None:
    x = torch.rand(5, 4)
    assert not order_violation(x, torch.zeros(5, 4)).any()
    assert order_violation(torch.zeros(5, 4), x).all()


def test_every_combination() -> None:
    x, y = torch.rand(4, 3, dtype=torch.float64), torch.rand(5, 3, dtype=torch.float64)
    table = order_violations(x, y)
    for i in range(4):
        for j in range(5):
            expected = order_violation(x[i : i + 1], y[j : j + 1]).item()
            assert table[i, j].item() == pytest.approx(expected, abs=1e-15)


def test_related_pairs_pay_their_violation_and_others_what_lacks_to_the_margin() -> None:
    x = torch.tensor([[0.0], [0.0], [0.0]])
    y = torch.tensor([[2.0], [0.5], [3.0]])
    related = torch.tensor([True, False, False])
    assert order_hinge(x, y, related).item() == pytest.approx((4 + 0.75 + 0) / 3)


@pytest.mark.parametrize("hardest", [True, False])
def test_the_ranking_loss_is_the_hinge_of_negative_violations(hardest: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    x, y = torch.rand(5, 3), torch.rand(5, 3)
    scores = torch.stack([-order_violation(x, y[[j] * 5]) for j in range(5)], dim=1)
    expected = hinge_of_scores(scores, 0.05, hardest=hardest)
    assert order_loss(x, y, hardest=hardest).item() == pytest.approx(expected.item())


def test_embeds_a_tree_so_that_order_is_ancestry() -> None:
    """A binary tree of 15 nodes: pairs left out of training by transitivity are found."""
    parents = [(child, (child - 1) // 2) for child in range(1, 15)]
    ancestry = set(parents)
    while True:
        more = {(a, d) for a, b in ancestry for c, d in ancestry if b == c} - ancestry
        if not more:
            break
        ancestry |= more
    pairs = [(a, b) for a in range(15) for b in range(15) if a != b]
    implied = ancestry - set(parents)
    trained = [p for p in pairs if p not in implied]
    first, second = (torch.tensor(side) for side in zip(*trained, strict=True))
    related = torch.tensor([p in ancestry for p in trained])
    table = torch.rand(15, 8, requires_grad=True)
    update = torch.optim.Adam([table], lr=0.05)
    for _ in range(150):
        z = table.abs()
        loss = order_hinge(z[first], z[second], related)
        update.zero_grad()
        loss.backward()
        update.step()
    table = order_violations(table.detach().abs(), table.detach().abs())
    worst = max(table[a, b].item() for a, b in implied)
    strangers = [table[a, b].item() for a, b in pairs if (a, b) not in ancestry]
    assert worst < min(strangers)


@pytest.mark.usefixtures("unchecked")
def test_labels_of_another_length() -> None:
    with pytest.raises(ShapeError, match=r"^related has 1 entries but there are 2 pairs$"):
        order_hinge(torch.ones(2, 2), torch.ones(2, 2), torch.tensor([True]))
