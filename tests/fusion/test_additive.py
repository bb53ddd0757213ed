from collections.abc import Callable

import pytest
import torch
from torch import nn

from consilience.functional.randomness import seeded
from consilience.fusion import AdditiveFusion, GatedFusion, LowRankTensorFusion


def mixed_difference(kind: Callable[[dict[str, int], int], nn.Module]) -> float:
    """Largest f(a,b) - f(a',b) - f(a,b') + f(a',b') over random points."""
    with seeded(0):
        fuse = kind({"x": 3, "z": 4}, 5).double()
        a, a2 = torch.randn(2, 20, 3, dtype=torch.float64)
        b, b2 = torch.randn(2, 20, 4, dtype=torch.float64)
    f = [fuse({"x": x, "z": z}) for x in (a, a2) for z in (b, b2)]
    return (f[0] - f[2] - f[1] + f[3]).abs().max().item()


def test_no_modality_changes_the_say_of_another() -> None:
    assert mixed_difference(AdditiveFusion) < 1e-12


@pytest.mark.parametrize("kind", [GatedFusion, LowRankTensorFusion])
def test_the_difference_shows_where_they_do(
    kind: Callable[[dict[str, int], int], nn.Module],
) -> None:
    assert mixed_difference(kind) > 0.1


def test_an_absent_modality_adds_nothing() -> None:
    with seeded(1):
        fuse = AdditiveFusion({"x": 3, "z": 4}, 5).double()
        x, z = torch.randn(6, 3).double(), torch.randn(6, 4).double()
    torch.nn.init.normal_(fuse.bias, generator=torch.Generator().manual_seed(0))
    only_x = torch.tensor([[True, False]] * 6)
    first = fuse.get_parameter("maps.0.weight")
    both, bias = fuse({"x": x, "z": z}), fuse.bias
    parts = [fuse({"x": x, "z": z}, p) - bias for p in (only_x, ~only_x)]
    torch.testing.assert_close(parts[0] + parts[1] + bias, both, rtol=0, atol=1e-12)
    torch.testing.assert_close(parts[0], x @ first.T, rtol=0, atol=1e-12)


def test_the_parts_and_the_bias_add_up_to_the_output() -> None:
    with seeded(2):
        fuse = AdditiveFusion({"x": 3, "z": 4}, 5).double()
        inputs = {"z": torch.randn(8, 4).double(), "x": torch.randn(8, 3).double()}
        torch.nn.init.normal_(fuse.bias)
    presence = torch.tensor([[True, True], [True, False], [False, True], [False, False]] * 2)
    for here in (None, presence):
        parts = fuse.unimodal(inputs, here)
        assert list(parts) == ["x", "z"]
        total = parts["x"] + parts["z"] + fuse.bias
        torch.testing.assert_close(total, fuse(inputs, here), rtol=0, atol=1e-12)
    for m, name in enumerate(("x", "z")):
        weight = fuse.get_parameter(f"maps.{m}.weight")
        own = inputs[name] @ weight.T
        torch.testing.assert_close(fuse.unimodal(inputs)[name], own, rtol=0, atol=1e-12)


def test_an_absent_modality_has_no_part_whatever_it_holds() -> None:
    with seeded(3):
        fuse = AdditiveFusion({"x": 3, "z": 4}, 5)
        x, z = torch.randn(2, 3), torch.full((2, 4), torch.nan, requires_grad=True)
    parts = fuse.unimodal({"x": x, "z": z}, torch.tensor([[True, False]] * 2))
    assert torch.equal(parts["z"], torch.zeros(2, 5))
    torch.stack(list(parts.values())).square().sum().backward()
    assert z.grad is not None
    assert torch.equal(z.grad, torch.zeros(2, 4))
    assert all(p.grad is None or p.grad.isfinite().all() for p in fuse.parameters())
