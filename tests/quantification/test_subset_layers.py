"""A norm that is put into the sums gives what the norm gives."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from consilience.functional.subsets import subset_sums
from consilience.quantification.subset_layers import FEWEST, SubsetLayer

ROWS, UNITS = 5, 6


def drawn(modalities: int) -> tuple[Tensor, list[Tensor]]:
    base = 2 + torch.randn(1, UNITS, dtype=torch.float64)
    return base, [
        m + 3 * torch.randn(ROWS, UNITS, dtype=torch.float64) for m in range(1, modalities + 1)
    ]


def collected(layer: SubsetLayer, numbers: int) -> Tensor:
    return torch.cat([tile.clone() for tile in layer.tiles(numbers)], dim=1)


@pytest.mark.parametrize("numbers", [1, 2 * 32 * UNITS, 2**18])
@pytest.mark.parametrize(
    "norm",
    [
        nn.LayerNorm(UNITS, dtype=torch.float64),
        nn.LayerNorm(UNITS, eps=0.3, bias=False, dtype=torch.float64),
        nn.LayerNorm(UNITS, elementwise_affine=False),
    ],
)
def test_a_layer_norm_is_accounted_for(norm: nn.LayerNorm, numbers: int) -> None:
    for parameter in norm.parameters():
        nn.init.normal_(parameter)
    base, parts = drawn(FEWEST)
    kept = [x.clone() for x in (base, *parts)]
    with torch.inference_mode():
        layer = SubsetLayer(base, parts, [norm, nn.GELU()])
        found = collected(layer, numbers)
        expected = norm(subset_sums(base, parts))
    assert [type(m) for m in layer.rest] == [nn.GELU]
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    assert all(torch.equal(a, b) for a, b in zip(kept, (base, *parts), strict=True))


class Doubled(nn.LayerNorm):
    """Not what its base class is."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        return 2 * super().forward(input)


@pytest.mark.parametrize("rest", [[], [nn.ReLU()], [Doubled(UNITS)], [nn.LayerNorm([1, UNITS])]])
def test_what_is_no_norm_of_the_units_is_left(rest: Sequence[nn.Module]) -> None:
    base, parts = drawn(FEWEST)
    layer = SubsetLayer(base, parts, rest)
    assert layer.rest == tuple(rest)
    torch.testing.assert_close(collected(layer, 2**18), subset_sums(base, parts))


def test_a_norm_of_few_sums_is_left() -> None:
    base, parts = drawn(FEWEST - 1)
    norm = nn.LayerNorm(UNITS)
    layer = SubsetLayer(base, parts, [norm])
    assert layer.rest == (norm,)
    torch.testing.assert_close(collected(layer, 2**18), subset_sums(base, parts))


def test_a_sum_without_spread_gives_the_shift() -> None:
    norm = nn.LayerNorm(UNITS, dtype=torch.float64)
    nn.init.normal_(norm.bias)
    _, (one, two) = drawn(2)
    parts = [one, -one, two, -two, torch.zeros_like(one)]
    with torch.inference_mode():
        layer = SubsetLayer(torch.zeros(1, UNITS).double(), parts, [norm])
        found = collected(layer, 1)
    assert layer.rest == ()
    for pattern in (0, 0b00011, 0b10000, 0b11111):
        torch.testing.assert_close(found[pattern], norm.bias.detach().expand(ROWS, UNITS))
    assert found[0b00001].std() > 0.1
