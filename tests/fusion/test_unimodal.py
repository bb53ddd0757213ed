from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ShapeError
from consilience.functional.randomness import seeded
from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.averaging import GeometricMeanFusion, ProbabilityMeanFusion, WeightedFusion
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion
from consilience.fusion.unimodal import UnimodalMaps, check_classes

DIMS = {"a": 3, "b": 2, "c": 4}
Late = (
    ProbabilityMeanFusion
    | GeometricMeanFusion
    | WeightedFusion
    | StackingFusion
    | ValueStackingFusion
)
LATE: list[Callable[[dict[str, int], int], Late]] = [
    ProbabilityMeanFusion,
    GeometricMeanFusion,
    WeightedFusion,
    StackingFusion,
    ValueStackingFusion,
]
F = TypeVar("F", bound=nn.Module)


def stacked(parts: dict[str, Tensor]) -> Tensor:
    """What the modalities say, `(batch, modalities, out)`."""
    return torch.stack(list(parts.values()), dim=1)


def built(kind: Callable[[dict[str, int], int], F]) -> F:
    with seeded(0):
        fuse = kind(DIMS, 5).double()
        for parameter in fuse.parameters():
            nn.init.normal_(parameter)
    return fuse


def drawn(batch: int = 8) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(batch)
    return {
        name: torch.randn(batch, d, generator=generator, dtype=torch.float64)
        for name, d in DIMS.items()
    }


def mixed_difference(score: Callable[[dict[str, Tensor]], Tensor]) -> float:
    """Largest f(a,b) - f(a',b) - f(a,b') + f(a',b') over random points, c held."""
    one, other = drawn(20), drawn(21)
    other = {name: x[:20] for name, x in other.items()}
    f = [
        score({"a": a["a"], "b": b["b"], "c": one["c"]})
        for a in (one, other)
        for b in (one, other)
    ]
    return (f[0] - f[1] - f[2] + f[3]).abs().max().item()


@pytest.mark.parametrize(
    "kind",
    [
        AdditiveFusion,
        GeometricMeanFusion,
        WeightedFusion,
        StackingFusion,
        ValueStackingFusion,
    ],
)
def test_additive_in_logits(kind: Callable[[dict[str, int], int], nn.Module]) -> None:
    with seeded(0):
        fuse = kind(DIMS, 5).double()
    assert mixed_difference(fuse) < 1e-12
    assert mixed_difference(lambda x: fuse(x).softmax(dim=1)) > 1e-3


def test_the_mean_of_probabilities_is_additive_in_them_and_not_in_logits() -> None:
    fuse = built(ProbabilityMeanFusion)
    assert mixed_difference(lambda x: fuse(x).exp()) < 1e-12
    assert mixed_difference(fuse) > 0.1


@pytest.mark.parametrize("kind", LATE)
def test_unimodal_logits_are_each_modality_alone(
    kind: Callable[[dict[str, int], int], Late],
) -> None:
    fuse, inputs = built(kind), drawn()
    logits = stacked(fuse.unimodal(inputs))
    assert logits.shape == (8, 3, 5)
    parameters = dict(fuse.named_parameters())
    for m, x in enumerate(inputs.values()):
        bias = parameters.get(f"maps.{m}.bias", parameters.get("bias"))
        assert bias is not None
        expected = x @ parameters[f"maps.{m}.weight"].T + bias
        torch.testing.assert_close(logits[:, m], expected, rtol=0, atol=1e-12)
    presence = torch.tensor([[True, False, True]] * 8)
    expected = torch.where(presence[:, :, None], logits, 0.0)
    assert torch.equal(
        stacked(fuse.unimodal({**inputs, "b": inputs["b"] * torch.nan}, presence)), expected
    )


@pytest.mark.parametrize("kind", LATE)
def test_with_nothing_present_the_prior_remains(
    kind: Callable[[dict[str, int], int], Late],
) -> None:
    fuse, inputs = built(kind), drawn()
    parameters = dict(fuse.named_parameters())
    prior = parameters.get("bias", parameters.get("second.bias"))
    assert prior is not None
    fused = fuse(inputs, torch.zeros(8, 3, dtype=torch.bool))
    expected = prior.softmax(dim=0).expand(8, 5)
    torch.testing.assert_close(fused.softmax(dim=1), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", LATE)
def test_nan_of_an_absent_modality_goes_nowhere(
    kind: Callable[[dict[str, int], int], Late],
) -> None:
    fuse, inputs = built(kind), drawn()
    presence = torch.rand(8, 3, generator=torch.Generator().manual_seed(1)) < 0.5
    bad = {
        name: torch.where(presence[:, m, None], x, torch.nan).requires_grad_()
        for m, (name, x) in enumerate(inputs.items())
    }
    fused = fuse(bad, presence)
    assert torch.equal(fused, fuse(inputs, presence))
    fused.square().sum().backward()
    for m, x in enumerate(bad.values()):
        assert x.grad is not None
        assert (x.grad[~presence[:, m]] == 0).all()
        assert (x.grad[presence[:, m]] != 0).any(dim=1).all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in fuse.parameters())


def test_quantities_are_for_the_others() -> None:
    for kind in (GeometricMeanFusion, WeightedFusion, ValueStackingFusion):
        assert not kind.probabilistic
        assert kind(DIMS, 1)({n: x.float() for n, x in drawn().items()}).shape == (8, 1)
    assert ProbabilityMeanFusion.probabilistic
    assert StackingFusion.probabilistic
    assert all(getattr(kind, "late", False) for kind in (*LATE, AdditiveFusion))


def test_maps_are_kept_under_their_numbers_and_stacked_in_the_order_given() -> None:
    maps = UnimodalMaps({"a": 3, "b": 2}, 4, bias=True).double()
    assert list(maps.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    inputs = [drawn()["a"], drawn()["b"]]
    for m, x in enumerate(inputs):
        weight, bias = (maps.get_parameter(f"{m}.{part}") for part in ("weight", "bias"))
        torch.testing.assert_close(maps(inputs)[:, m], x @ weight.T + bias, rtol=0, atol=1e-12)
    assert len(list(UnimodalMaps({"a": 3, "b": 2}, 4, bias=False).parameters())) == 2


def test_two_classes_are_the_fewest() -> None:
    check_classes(2, "It averages", "another")
    with pytest.raises(ShapeError) as raised:
        check_classes(1, "It averages", "another")
    assert str(raised.value) == (
        "It averages, so out_dim must be at least 2, found 1; for a quantity use another"
    )
