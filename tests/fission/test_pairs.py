"""Bounds of a pair: what is compared with what, and where gradients go."""

import torch

from consilience.fission.fitting import adam
from consilience.fission.pairs import PairBounds, label_condition, view_condition
from consilience.functional.factorized import (
    alike,
    club_bound,
    club_bound_given,
    infonce_bound,
    infonce_bound_given,
    same_class,
)


def factors(rows: int = 12, dim: int = 2) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    parts = [torch.randn(rows, dim, requires_grad=True) for _ in range(4)]
    return (parts[0], parts[1]), (parts[2], parts[3])


def grads(of: tuple[tuple[torch.Tensor, torch.Tensor], ...]) -> list[bool]:
    return [x.grad is not None and bool(x.grad.any()) for pair in of for x in pair]


def test_the_bounds_are_those_of_the_paper() -> None:
    one, _ = factors()
    two = one
    y = torch.arange(12) % 3
    bounds, c = PairBounds(2, 3, 3, 8), label_condition(y, 3)
    optimiser = adam(bounds.upper.parameters(), 0.02)
    for _ in range(30):
        optimiser.zero_grad()
        bounds.critics_loss(one, two, c).backward()
        optimiser.step()
    found = bounds(one, two, c)
    onehot, w = torch.eye(3)[y], same_class(y)
    given, leak_1, leak_2 = bounds.upper
    shared = infonce_bound(bounds.shared(one[0], two[0])) - club_bound_given(
        given(one[0], two[0], onehot), w
    ).clamp_min(0)
    assert torch.allclose(found["shared"], shared)
    rest = torch.cat(two, 1)
    assert float(club_bound(leak_1(one[1], rest)).detach()) > 0.5
    unique = infonce_bound(bounds.own[0](one[1], onehot))
    unique = unique - club_bound(leak_1(one[1], rest)).clamp_min(0)
    unique = unique + infonce_bound_given(bounds.leak_given[0](one[1], rest, onehot), w)
    assert torch.allclose(found["unique_1"], unique)
    rest = torch.cat(one, 1)
    unique = infonce_bound(bounds.own[1](two[1], onehot))
    unique = unique - club_bound(leak_2(two[1], rest)).clamp_min(0)
    unique = unique + infonce_bound_given(bounds.leak_given[1](two[1], rest, onehot), w)
    assert torch.allclose(found["unique_2"], unique)


def test_each_factor_moves_its_own_bound_only() -> None:
    y = torch.arange(12) % 2
    expected = {
        "shared": [True, False, True, False],
        "unique_1": [False, True, False, False],
        "unique_2": [False, False, False, True],
    }
    for name, moved in expected.items():
        one, two = factors()
        PairBounds(2, 2, 2, 8)(one, two, label_condition(y, 2))[name].backward()
        assert grads((one, two)) == moved, name


def test_critics_of_upper_bounds_learn_from_lower_bounds_alone() -> None:
    one, two = factors()
    bounds, c = PairBounds(2, 2, 2, 8), label_condition(torch.arange(12) % 2, 2)
    sum(bounds(one, two, c).values(), torch.zeros(())).backward()
    assert all(p.grad is None for p in bounds.upper.parameters())
    assert all(p.grad is not None for p in bounds.own.parameters())
    one, two = factors()
    bounds.zero_grad()
    bounds.critics_loss(one, two, c).backward()
    assert all(p.grad is not None for p in bounds.upper.parameters())
    assert all(p.grad is None for p in bounds.shared.parameters())
    assert grads((one, two)) == [False] * 4


def test_critics_of_upper_bounds_are_fitted_by_the_lower_bounds_of_the_same_informations() -> None:
    """That of the conditional bound by the conditional InfoNCE: negatives of the same class."""
    one, two = factors()
    y = torch.arange(12) % 3
    bounds, c = PairBounds(2, 3, 3, 8), label_condition(y, 3)
    given, leak_1, leak_2 = bounds.upper
    expected = infonce_bound_given(given(one[0], two[0], torch.eye(3)[y]), same_class(y))
    expected = expected + infonce_bound(leak_1(one[1], torch.cat(two, 1)))
    expected = expected + infonce_bound(leak_2(two[1], torch.cat(one, 1)))
    assert torch.allclose(bounds.critics_loss(one, two, c), -expected)


def test_quantities_condition_by_nearness() -> None:
    y = torch.randn(10, 2)
    c = label_condition(y, 2)
    assert torch.equal(c.weights, alike(y))
    assert c.features is c.own[0]


def test_views_condition_without_moving_but_are_told_of() -> None:
    one, two = factors()
    c = view_condition(one, two)
    assert c.features.shape == (12, 8)
    assert not c.features.requires_grad
    assert c.own[0] is one[1]
    assert c.own[1] is two[1]
