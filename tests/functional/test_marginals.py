"""Conditional means against all combinations written out."""

from itertools import product

import pytest
import torch
from torch import Tensor

from consilience.functional.marginals import (
    Norm,
    multiaffine_marginals,
    relu_marginals,
    split_marginals,
)
from consilience.functional.projection import grid_marginals


def close(one: Tensor, two: Tensor, within: float = 1e-10) -> None:
    torch.testing.assert_close(one, two, rtol=0, atol=within)


def parts(*rows: int, units: int = 3) -> list[Tensor]:
    return [torch.randn(n, units, dtype=torch.float64) for n in rows]


def all_sums(given: list[Tensor]) -> Tensor:
    """The sum of the parts at every combination, `(*rows, units)`."""
    shape = [len(p) for p in given]
    out = torch.empty(*shape, given[0].shape[1], dtype=torch.float64)
    for index in product(*map(range, shape)):
        out[index] = torch.stack([p[i] for p, i in zip(given, index, strict=True)]).sum(0)
    return out


@pytest.mark.parametrize("rows", [(6, 6), (5, 8), (4, 3, 5)])
def test_rectified_sums_by_sorting(rows: tuple[int, ...]) -> None:
    given = parts(*rows)
    expected, _ = grid_marginals(all_sums(given).relu())
    for found, right in zip(relu_marginals(given), expected, strict=True):
        close(found, right)


def test_rectified_sums_with_ties_zeros_and_all_on_one_side() -> None:
    u = torch.tensor([[0.0], [1.0], [-1.0], [-9.0], [9.0]], dtype=torch.float64)
    v = torch.tensor([[0.0], [1.0], [1.0], [-1.0]], dtype=torch.float64)
    expected, _ = grid_marginals(all_sums([u, v]).relu())
    for found, right in zip(relu_marginals([u, v]), expected, strict=True):
        close(found, right)


def test_rectified_sums_of_many_units_are_taken_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    given = parts(4, 4, 4, units=7)
    whole = relu_marginals(given)
    monkeypatch.setattr("consilience.functional.marginals.TILE", 4)
    for found, right in zip(relu_marginals(given), whole, strict=True):
        close(found, right)


def test_float32_parts_lose_nothing_in_the_sums() -> None:
    given = [p.float() for p in parts(300, 300)]
    expected, _ = grid_marginals((given[0][:, None] + given[1][None]).double().relu())
    for found, right in zip(relu_marginals(given), expected, strict=True):
        assert found.dtype == torch.float64
        close(found, right, 1e-7)


@pytest.mark.parametrize("rows", [(7,), (6, 6), (5, 8), (4, 3, 5), (3, 2, 3, 2)])
@pytest.mark.parametrize("tile", [1, 12, 50, 10_000])
def test_any_function_of_the_sum_by_tiles(rows: tuple[int, ...], tile: int) -> None:
    weight = torch.randn(3, 2, dtype=torch.float64)
    given = parts(*rows)
    kept = [p.clone() for p in given]
    expected, _ = grid_marginals(torch.tanh(all_sums(given)) @ weight)
    found = split_marginals(given, lambda z: z.tanh_() @ weight, tile=tile)
    for one, right in zip(found, expected, strict=True):
        close(one, right)
    for before, after in zip(kept, given, strict=True):
        assert torch.equal(before, after)


@pytest.mark.parametrize("rows", [(7,), (6, 6), (5, 8), (4, 3, 5)])
@pytest.mark.parametrize("tile", [1, 50, 10_000])
@pytest.mark.parametrize("affine", [True, False])
def test_a_norm_of_the_sum(rows: tuple[int, ...], tile: int, *, affine: bool) -> None:
    given = [3 * p + 1 for p in parts(*rows)]
    kept = [p.clone() for p in given]
    weight, bias = torch.randn(2, 3, dtype=torch.float64) if affine else (None, None)
    norm = Norm(weight, bias, 0.2)
    normalised = torch.nn.functional.layer_norm(all_sums(given), (3,), weight, bias, 0.2)
    expected, _ = grid_marginals(torch.tanh(normalised))
    found = split_marginals(given, torch.tanh_, norm=norm, tile=tile)
    for one, right in zip(found, expected, strict=True):
        close(one, right)
    assert all(torch.equal(a, b) for a, b in zip(kept, given, strict=True))


def test_no_more_than_a_tile_is_held() -> None:
    seen: list[int] = []

    def rest(z: Tensor) -> Tensor:
        seen.append(z.numel())
        return z

    split_marginals(parts(40, 40, units=4), rest, tile=100)
    assert max(seen) <= 100
    assert sum(seen) == 40 * 40 * 4


def three_way(x: list[Tensor], presence: Tensor) -> Tensor:
    """A product of three affine maps; the factor of what is absent is 1."""
    out = torch.ones(len(x[0]), 2, dtype=torch.float64)
    for m, one in enumerate(x):
        there = presence[:, m, None]
        out = out * torch.where(there, one[:, :1] + (m + 1) * one[:, 1:] + 0.5, 1.0)
    return out * torch.tensor([1.0, -2.0], dtype=torch.float64)


@pytest.mark.parametrize("absent", [0.0, 0.4])
def test_multiaffine_functions_by_their_means(absent: float) -> None:
    rows = 6
    inputs = [torch.randn(rows, 2, dtype=torch.float64) for _ in range(3)]
    presence = torch.rand(rows, 3) >= absent
    for m, x in enumerate(inputs):
        x[~presence[:, m]] = torch.nan
    grid = torch.empty(rows, rows, rows, 2, dtype=torch.float64)
    for index in product(range(rows), repeat=3):
        given = [x[i : i + 1] for x, i in zip(inputs, index, strict=True)]
        known = torch.stack([presence[i, m] for m, i in enumerate(index)])[None]
        grid[index] = three_way(given, known)[0]
    expected, _ = grid_marginals(grid)
    found = multiaffine_marginals(three_way, inputs, presence)
    for one, right in zip(found, expected, strict=True):
        close(one, right)


def test_a_modality_that_is_nowhere_present_is_never_evaluated_as_present() -> None:
    inputs = [torch.randn(4, 2, dtype=torch.float64), torch.full((4, 2), torch.nan).double()]
    presence = torch.tensor([[True, False]] * 4)
    first, second = multiaffine_marginals(three_way, inputs, presence)
    alone = three_way(inputs, presence)
    close(first, alone)
    close(second, alone.mean(0).expand(4, 2))
