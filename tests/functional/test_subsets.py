"""Subsets by their bits, sums by their definition."""

import pytest
import torch

from consilience.functional.subsets import subset_squares, subset_sums, subsets


@pytest.mark.parametrize("modalities", [1, 2, 5])
def test_every_subset_occurs_once_in_the_order_of_its_number(modalities: int) -> None:
    found = subsets(modalities)
    assert found.shape == (2**modalities, modalities)
    powers = 2 ** torch.arange(modalities)
    assert (found * powers).sum(dim=1).tolist() == list(range(2**modalities))


@pytest.mark.parametrize("modalities", [1, 3, 6])
@pytest.mark.parametrize("base_rows", [1, 4])
def test_sums_are_those_of_the_members(modalities: int, base_rows: int) -> None:
    base = torch.randn(base_rows, 3, dtype=torch.float64)
    parts = [torch.randn(4, 3, dtype=torch.float64) for _ in range(modalities)]
    kept = [p.clone() for p in parts]
    found = subset_sums(base, parts)
    for row, members in zip(found, subsets(modalities), strict=True):
        expected = base.expand(4, 3).clone()
        for part, there in zip(parts, members, strict=True):
            if there:
                expected += part
        torch.testing.assert_close(row, expected, rtol=0, atol=1e-12)
    assert all(torch.equal(a, b) for a, b in zip(parts, kept, strict=True))


def test_sums_may_be_written_where_there_is_room() -> None:
    base, parts = torch.randn(1, 3), [torch.randn(4, 3) for _ in range(3)]
    room = torch.full((8, 4, 3), torch.nan)
    assert subset_sums(base, parts, out=room) is room
    assert torch.equal(room, subset_sums(base, parts))


@pytest.mark.parametrize("modalities", [1, 2, 6])
@pytest.mark.parametrize("base_rows", [1, 4])
def test_squares_are_those_of_the_sums(modalities: int, base_rows: int) -> None:
    base = torch.randn(base_rows, 3, dtype=torch.float64)
    parts = [torch.randn(4, 3, dtype=torch.float64) for _ in range(modalities)]
    expected = subset_sums(base, parts).square().sum(dim=-1)
    torch.testing.assert_close(subset_squares(base, parts), expected, rtol=1e-12, atol=1e-12)


def test_squares_of_what_cancels_are_summed_in_float64() -> None:
    big = torch.full((1, 3), 1e3)
    found = subset_squares(torch.full((1, 3), 1e-2), [big, -big])
    assert found.dtype == torch.float64
    torch.testing.assert_close(found[3, 0].item(), 3e-4, rtol=1e-4, atol=0)
