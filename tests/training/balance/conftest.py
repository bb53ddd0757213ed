"""A small network in float64 whose every gradient can be computed by hand."""

from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor, nn

from consilience.functional.checks import present_or_zero
from consilience.functional.randomness import seeded
from consilience.training import Batch, TensorBatches
from consilience.training.balance import Companion

WIDTHS = {"a": 3, "b": 4, "c": 2}


class Encoder(nn.Module):
    """A linear map with a bend."""

    def __init__(self, width: int, out_dim: int) -> None:
        super().__init__()
        self.out_dim = out_dim
        self.linear = nn.Linear(width, out_dim)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.linear(x))


class Network(nn.Module):
    """Encoders, then one linear layer over all of them."""

    def __init__(self, names: tuple[str, ...], outputs: int) -> None:
        super().__init__()
        self.names = names
        self.encoders = nn.ModuleList(Encoder(WIDTHS[n], k + 2) for k, n in enumerate(names))
        self.fusion = nn.Linear(sum(k + 2 for k in range(len(names))), outputs)

    def encode(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None = None
    ) -> dict[str, Tensor]:
        del presence
        pairs = zip(self.names, self.encoders, strict=True)
        return {name: encoder(inputs[name]) for name, encoder in pairs}

    def decode(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        parts = list(features.values())
        if presence is not None:
            parts = [present_or_zero(x, presence[:, m]) for m, x in enumerate(parts)]
        return self.fusion(torch.cat(parts, dim=1))

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        return self.decode(self.encode(inputs, presence), presence)


Make = Callable[..., Companion]


@pytest.fixture
def companion() -> Make:
    """Makes a companion of some modalities, always the same."""

    def make(names: str = "ab", outputs: int = 2, *, seed: int = 0) -> Companion:
        with seeded(seed):
            return Companion(Network(tuple(names), outputs), outputs).double()

    return make


def batch_of(names: str = "ab", rows: int = 12, *, seed: int = 1) -> Batch:
    """Samples whose class shows in every modality."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(2, (rows,), generator=generator)
    inputs = {
        n: torch.randn(rows, WIDTHS[n], generator=generator, dtype=torch.float64)
        + (target[:, None] - 0.5)
        for n in names
    }
    return Batch(inputs, None, target)


@pytest.fixture
def batch() -> Callable[..., Batch]:
    """Makes a batch of some modalities."""
    return batch_of


@pytest.fixture
def batches() -> Callable[..., TensorBatches]:
    """Makes batches of some modalities."""

    def make(
        names: str = "ab", rows: int = 60, *, seed: int = 1, batch_size: int = 20
    ) -> TensorBatches:
        one = batch_of(names, rows, seed=seed)
        return TensorBatches(one.inputs, one.target, batch_size=batch_size, seed=seed)

    return make
