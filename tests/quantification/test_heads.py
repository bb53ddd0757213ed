"""Every head's quick way gives what all combinations give, absent modalities included."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ModalityError, ShapeError
from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.averaging import GeometricMeanFusion, ProbabilityMeanFusion, WeightedFusion
from consilience.fusion.bilinear import BilinearFusion, CompactBilinearFusion
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.gated import GatedFusion
from consilience.fusion.interaction import (
    MultiplicativeInteraction,
    ScalarInteraction,
    VectorInteraction,
)
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.fusion.multiplicative import MultiplicativeFusion
from consilience.fusion.nonlinear import MLPFusion
from consilience.fusion.polynomial import PolynomialFusion
from consilience.fusion.residual import ResidualFusion
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion
from consilience.fusion.tensor import TensorFusion
from consilience.quantification.emap import emap_of_head
from consilience.quantification.heads import evaluating, head_of, order_of, run, side_by_side

ROWS = 5
PAIRS = (BilinearFusion, MultiplicativeInteraction, ScalarInteraction, VectorInteraction)
ADDITIVE = (AdditiveFusion, ConcatFusion, StackingFusion, ValueStackingFusion)
MULTIAFFINE = (
    *PAIRS,
    GeometricMeanFusion,
    LowRankTensorFusion,
    MultiplicativeFusion,
    ResidualFusion,
    TensorFusion,
    WeightedFusion,
)
OTHER = (GatedFusion, PolynomialFusion, ProbabilityMeanFusion, CompactBilinearFusion)


def inputs(modalities: int) -> tuple[dict[str, Tensor], Tensor]:
    """Features in float64, NaN where absent, and presence."""
    x = {f"m{m}": torch.randn(ROWS, m + 2, dtype=torch.float64) for m in range(modalities)}
    presence = torch.rand(ROWS, modalities) > 0.4
    presence[0] = True
    presence[1, 0], presence[2, 1] = False, False
    for m, values in enumerate(x.values()):
        values[~presence[:, m]] = torch.nan
    return x, presence


def randomised(module: nn.Module) -> nn.Module:
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.6)
    return module.double()


def fusion(cls: Callable[..., nn.Module], x: dict[str, Tensor], **options: Any) -> nn.Module:
    return randomised(cls({n: v.shape[1] for n, v in x.items()}, 3, **options))


def by_hand(
    decode: Callable[[dict[str, Tensor], Tensor], Tensor], x: Any, presence: Any
) -> Tensor:
    """Means over all combinations, evaluated one and all."""
    index = torch.tensor(list(product(range(ROWS), repeat=len(x))))
    mixed = {n: v[index[:, m]] for m, (n, v) in enumerate(x.items())}
    known = torch.stack([presence[index[:, m], m] for m in range(len(x))], dim=1)
    with torch.no_grad():
        grid = decode(mixed, known).unflatten(0, (ROWS,) * len(x))
    axes = range(len(x))
    means = [grid.mean(dim=[o for o in axes if o != m]) for m in axes]
    return sum(means, (1 - len(x)) * grid.mean(dim=list(axes)))


def close(one: Tensor, two: Tensor) -> None:
    torch.testing.assert_close(one, two, rtol=0, atol=1e-10)


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize("cls", [*ADDITIVE, *MULTIAFFINE, *OTHER, MLPFusion])
def test_every_fusion(cls: Any, modalities: int) -> None:
    if cls in PAIRS and modalities == 3:
        with pytest.raises(ModalityError):
            cls({"a": 1, "b": 1, "c": 1}, 1)
        return
    x, presence = inputs(modalities)
    fuse = fusion(cls, x)
    close(emap_of_head(fuse, x, presence), by_hand(fuse, x, presence))


@pytest.mark.parametrize("cls", ADDITIVE)
def test_an_additive_fusion_is_its_own_projection(cls: Any) -> None:
    x, presence = inputs(3)
    fuse = fusion(cls, x)
    assert head_of([fuse]).is_additive
    with torch.no_grad():
        close(emap_of_head(fuse, x, presence), fuse(x, presence))


@pytest.mark.parametrize("cls", MULTIAFFINE)
def test_what_is_affine_in_each_modality_is_not_asked_for_combinations(cls: Any) -> None:
    x, presence = inputs(2)
    fuse = nn.Sequential(fusion(cls, x), nn.Identity(), randomised(nn.Linear(3, 2)))
    assert head_of([fuse]).is_multiaffine
    seen: list[int] = []
    fuse[0].register_forward_hook(lambda _m, _i, out: seen.append(len(out)))
    found = emap_of_head(fuse, x, presence)
    assert set(seen) == {ROWS}
    close(found, by_hand(lambda a, b: fuse[2](fuse[0](a, b)), x, presence))


@pytest.mark.parametrize("cls", [*OTHER, MLPFusion])
def test_what_is_not_known_to_be_affine_is_not_taken_for_it(cls: Any) -> None:
    x, _ = inputs(3)
    head = head_of([fusion(cls, x)])
    assert not head.is_additive
    assert not head.is_multiaffine


def test_a_plain_sketch_is_affine_in_each_modality() -> None:
    x, presence = inputs(3)
    fuse = fusion(CompactBilinearFusion, x, normalize=False, sketch_dim=16)
    assert head_of([fuse]).is_multiaffine
    close(emap_of_head(fuse, x, presence), by_hand(fuse, x, presence))


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize("cls", [ConcatFusion, AdditiveFusion, MLPFusion, TensorFusion])
@pytest.mark.parametrize(
    "following",
    [
        [nn.ReLU(), nn.Linear(3, 2)],
        [nn.ReLU()],
        [nn.Tanh(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), nn.Linear(2, 2, bias=False)],
        [nn.LayerNorm(3), nn.GELU(), nn.Dropout(0.9), nn.Linear(3, 2)],
    ],
)
def test_a_fusion_with_what_follows(cls: Any, modalities: int, following: Any) -> None:
    x, presence = inputs(modalities)
    fuse = fusion(cls, x)
    rest = randomised(nn.Sequential(*following)).train()
    found = emap_of_head(nn.Sequential(fuse, rest), x, presence)
    assert all(m.training for m in rest.modules())
    with evaluating([rest]):
        expected = by_hand(lambda a, b: rest(fuse(a, b)), x, presence)
    close(found, expected)


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Linear(5, 3)],
        [nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)],
        [nn.Linear(5, 4, bias=False), nn.Sigmoid(), nn.Linear(4, 2)],
    ],
)
def test_plain_layers_take_the_modalities_side_by_side(layers: Any) -> None:
    x, presence = inputs(2)
    head = randomised(nn.Sequential(*layers))

    def decode(given: dict[str, Tensor], known: Tensor) -> Tensor:
        filled = [torch.where(known[:, m, None], v, 0.0) for m, v in enumerate(given.values())]
        return head(torch.cat(filled, dim=1))

    close(emap_of_head(head, x, presence), by_hand(decode, x, presence))
    close(emap_of_head(head, x, presence), emap_of_head(head, x, presence))


def test_torchs_bilinear_layer() -> None:
    x, presence = inputs(2)
    layer = randomised(nn.Bilinear(2, 3, 4))
    filled = {n: torch.where(presence[:, m, None], v, 0.0) for m, (n, v) in enumerate(x.items())}
    expected = by_hand(lambda a, _: layer(*a.values()), filled, presence)
    close(emap_of_head(layer, x, presence), expected)


def test_a_modality_that_no_row_has() -> None:
    x, presence = inputs(3)
    presence[:, 1] = False
    for cls in (MLPFusion, LowRankTensorFusion, GatedFusion, GeometricMeanFusion):
        fuse = fusion(cls, x)
        close(emap_of_head(fuse, x, presence), by_hand(fuse, x, presence))


def test_features_may_come_in_another_order() -> None:
    x, presence = inputs(3)
    order = ["m2", "m0", "m1"]
    for cls in (ConcatFusion, MLPFusion, LowRankTensorFusion, GatedFusion):
        fuse = fusion(cls, x)
        found = emap_of_head(fuse, {n: x[n] for n in order}, presence[:, [2, 0, 1]])
        close(found, by_hand(fuse, x, presence))
    assert order_of([nn.Linear(2, 2)], order) == order


def test_modes_come_back_after_an_error() -> None:
    inner = nn.Sequential(nn.Dropout(), nn.Linear(2, 2))
    inner[0].eval()
    with evaluating([inner]):
        assert not inner.training
        assert not torch.is_grad_enabled()
    assert inner.training
    with pytest.raises(ZeroDivisionError), evaluating([inner]):
        raise ZeroDivisionError
    assert inner.training
    assert not inner[0].training
    assert inner[1].training


def test_no_gradient_is_recorded() -> None:
    x, presence = inputs(2)
    assert not emap_of_head(fusion(ConcatFusion, x), x, presence).requires_grad


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_activations_overwrite_what_they_are_given(approximate: str) -> None:
    layers = [nn.ReLU(), nn.GELU(approximate), nn.Identity()]
    x = torch.randn(9, 4, dtype=torch.float64)
    expected = nn.Sequential(*layers)(x)
    with torch.inference_mode():
        held = x.clone()
        found = run(layers, held)
    assert found.data_ptr() == held.data_ptr()
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_activations_keep_what_a_gradient_needs() -> None:
    def chain(x: Tensor) -> Tensor:
        return run([nn.GELU(), nn.ReLU(), nn.GELU("tanh")], 2 * x)

    x = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(chain, x)


def test_widths_that_do_not_fit() -> None:
    with pytest.raises(ShapeError) as raised:
        side_by_side(nn.Linear(4, 1), {"a": 1, "b": 2})
    assert str(raised.value) == (
        "the head's first layer takes 4 numbers, but there are 1 of 'a' + 2 of 'b'"
    )
    x, presence = inputs(3)
    with pytest.raises(ModalityError) as found:
        emap_of_head(nn.Bilinear(2, 3, 1), x, presence)
    assert str(found.value) == "nn.Bilinear takes two modalities, found 'm0', 'm1', 'm2'"
