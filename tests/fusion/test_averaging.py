from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ShapeError
from consilience.functional.randomness import seeded
from consilience.fusion.averaging import GeometricMeanFusion, ProbabilityMeanFusion, WeightedFusion

DIMS = {"a": 3, "b": 2, "c": 4}
Means = ProbabilityMeanFusion | GeometricMeanFusion | WeightedFusion
MEANS: list[Callable[[dict[str, int], int], Means]] = [
    ProbabilityMeanFusion,
    GeometricMeanFusion,
    WeightedFusion,
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


def test_softmax_of_the_output_is_the_mean_over_those_present() -> None:
    fuse, inputs = built(ProbabilityMeanFusion), drawn(3)
    presence = torch.tensor([[True, True, True], [True, False, True], [False, True, False]])
    own = stacked(fuse.unimodal(inputs)).softmax(dim=2)
    expected = torch.stack([own[0].mean(dim=0), own[1, [0, 2]].mean(dim=0), own[2, 1]])
    fused = fuse(inputs, presence)
    torch.testing.assert_close(fused.softmax(dim=1), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(fused.exp(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", MEANS)
def test_one_left_speaks_as_it_would_alone(kind: Callable[[dict[str, int], int], Means]) -> None:
    fuse, inputs = built(kind), drawn()
    presence = torch.tensor([[False, True, False]] * 8)
    alone = stacked(fuse.unimodal(inputs))[:, 1]
    fused = fuse(inputs, presence)
    torch.testing.assert_close(fused.softmax(dim=1), alone.softmax(dim=1), rtol=0, atol=1e-12)


def test_weights_begin_equal_and_are_those_of_the_scores() -> None:
    with seeded(0):
        fuse, inputs = WeightedFusion(DIMS, 5).double(), drawn()
    assert fuse.scores is not None
    own = stacked(fuse.unimodal(inputs))
    torch.testing.assert_close(fuse(inputs), own.mean(dim=1), rtol=0, atol=1e-12)
    fuse.scores.data = torch.tensor([0.7, 0.2, 0.1], dtype=torch.float64).log()
    expected = 0.7 * own[:, 0] + 0.2 * own[:, 1] + 0.1 * own[:, 2]
    torch.testing.assert_close(fuse(inputs), expected, rtol=0, atol=1e-12)
    presence = torch.tensor([[False, True, True]] * 8)
    expected = (2 * own[:, 1] + own[:, 2]) / 3
    torch.testing.assert_close(fuse(inputs, presence), expected, rtol=0, atol=1e-12)


def test_a_single_modality_has_nothing_to_weigh() -> None:
    with seeded(0):
        fuse = WeightedFusion({"a": 3}, 2)
        x = torch.randn(4, 3)
    assert fuse.scores is None
    assert torch.equal(fuse({"a": x}), stacked(fuse.unimodal({"a": x}))[:, 0])


def test_probabilities_of_one_class_are_refused() -> None:
    with pytest.raises(ShapeError) as raised:
        ProbabilityMeanFusion(DIMS, 1)
    assert str(raised.value) == (
        "ProbabilityMeanFusion averages probabilities of classes, so out_dim must be at least 2, "
        "found 1; for a quantity use AdditiveFusion ('additive'), GeometricMeanFusion "
        "('geometric_mean') or WeightedFusion ('weighted')"
    )
