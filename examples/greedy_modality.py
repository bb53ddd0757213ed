"""The modality that is learnt fastest starves the other; balancing gives both their share.

Run it as `python examples/greedy_modality.py`; it takes about half a minute on one core.

Both modalities tell the same about the class, but one is 25 times as loud, so plain descent
learns it hundreds of times faster and is content. The balanced algorithm hides the loud one
for some steps whenever it is ahead. AdamW, which the estimators use, is not greedy here: it
divides loudness out again.
"""

import sys
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from consilience.estimators.network import FusionNetwork
from consilience.functional.dynamics import conditional_utilization
from consilience.functional.randomness import seeded
from consilience.training import TensorBatches
from consilience.training.balance import (
    BalancedSpeed,
    Regime,
    Strategy,
    UnimodalLosses,
    fit_balanced,
)


class Tower(nn.Sequential):
    """One layer for one modality."""

    out_dim = 16

    def __init__(self) -> None:
        super().__init__(nn.Linear(10, self.out_dim), nn.GELU())


def draw(samples: int, generator: torch.Generator) -> tuple[dict[str, Tensor], Tensor]:
    label = torch.randint(2, (samples,), generator=generator)
    x = torch.randn(2, samples, 10, generator=generator)
    x[:, :, 0] += 1.5 * (2 * label - 1)
    return {"loud": 5 * x[0], "quiet": 0.2 * x[1]}, label


def trained(strategy: Strategy, data: TensorBatches, regime: Regime, seed: int) -> FusionNetwork:
    with seeded(seed):
        towers = {name: Tower() for name in data.inputs}
        network = FusionNetwork(towers, "concat", 2, hidden=16, dropout=0.0, options={})
        fit_balanced(network, strategy, regime, outputs=2)
    return network


def accuracies(
    network: FusionNetwork, means_of: Mapping[str, Tensor], x: Mapping[str, Tensor], y: Tensor
) -> tuple[float, float, float]:
    """Accuracy, and that with each modality's features replaced by their training mean."""
    with torch.no_grad():
        features = network.eval().encode(x)
        means = {name: f.mean(dim=0) for name, f in network.encode(means_of).items()}
        given = [features]
        for name, f in features.items():
            given.append({**features, name: means[name].expand_as(f)})
        right = [(network.decode(f).argmax(dim=1) == y).double().mean().item() for f in given]
    return right[0], right[1], right[2]


def main(seed: int = 0) -> dict[str, float]:
    """Accuracy and utilisation of both modalities, by way of training."""
    generator = torch.Generator().manual_seed(seed)
    x, y = draw(1000, generator)
    tested = draw(4000, generator)
    descent, adamw = (0.01, 0.0), (0.002, None)
    ways: dict[str, tuple[Strategy, tuple[float, float | None]]] = {
        "naive": (UnimodalLosses(weight=0.0), descent),
        "balanced": (BalancedSpeed(), descent),
        "AdamW": (UnimodalLosses(weight=0.0), adamw),
    }
    found: dict[str, float] = {}
    for name, (strategy, (rate, momentum)) in ways.items():
        data = TensorBatches(x, y, batch_size=50, seed=seed)
        regime = Regime(
            nn.CrossEntropyLoss(),
            data,
            max_epochs=60,
            patience=None,
            learning_rate=rate,
            momentum=momentum,
        )
        network = trained(strategy, data, regime, seed)
        score, *without = accuracies(network, x, *tested)
        loud, quiet = conditional_utilization(score, without).tolist()
        found |= {f"{name}: accuracy": score, f"{name}: gap": abs(loud - quiet)}
        found |= {f"{name}: u(loud | quiet)": loud, f"{name}: u(quiet | loud)": quiet}
    return found


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for name, number in found.items():
        print(f"{name:>26}: {number:.3f}")
    print(
        f"balancing shrinks the gap in utilisation from {found['naive: gap']:.3f} "
        f"to {found['balanced: gap']:.3f}"
    )
