"""What does aligning two modalities lose? Factors kept by contrastive and factorized learning.

Two modalities share one factor of a label, each has one of its own, and each is drowned in
louder noise. Cross-modal contrastive learning keeps what is shared and loses what is unique;
factorized contrastive learning keeps all three factors and drops the noise, at equal size.
The last lines compare both on handwritten digits seen in two ways.
Run it as `python examples/what_contrastive_loses.py`; it takes about a minute.
"""

import argparse

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.fission.critics import SeparableCritic
from consilience.fission.factorized import FactorizedEncoders
from consilience.fission.fitting import Schedule, minimise
from consilience.fission.inputs import StandardInputs
from consilience.functional.factorized import infonce_bound
from consilience.functional.randomness import seeded
from consilience.quantification.kept import factors_kept
from consilience.results.fission import FactorsKept

ROWS = 1000
PLAN = {"epochs": 20, "batch_size": 250, "learning_rate": 1e-2}
HIDDEN = 32
NAMES = ("factorized", "contrastive")

Array = NDArray[np.floating]


def planted(seed: int) -> tuple[MultimodalData, dict[str, Array]]:
    """Two modalities of 12 columns, a label of 8 classes, and the factors they were made of."""
    rng = np.random.default_rng(seed)
    shared, one, two = rng.normal(size=(3, 2 * ROWS, 1))
    noise = 2 * rng.normal(size=(2, 2 * ROWS, 2))
    views = {
        name: np.tanh(np.hstack([shared, own, n]) @ rng.normal(size=(4, 12)) / 4)
        for name, own, n in zip("ab", (one, two), noise, strict=True)
    }
    total = (shared + one + two)[:, 0]
    label = np.digitize(total, np.quantile(total, np.arange(1, 8) / 8))
    factors = {"shared": shared, "own of a": one, "own of b": two}
    return MultimodalData(views, target=label), {
        **factors,
        "noise of a": noise[0],
        "noise of b": noise[1],
    }


def factorized(train: MultimodalData, new: MultimodalData, dim: int, seed: int) -> Array:
    """Shared and unique factors of new samples, `(samples, 4 * dim)`."""
    model = FactorizedEncoders.for_data(train, dim, hidden=HIDDEN, random_state=seed)
    return model.fit(train, **PLAN).transform(new)


def contrastive(train: MultimodalData, new: MultimodalData, dim: int, seed: int) -> Array:
    """Embeddings of new samples by towers that only align, `(samples, 4 * dim)`."""
    names = train.schema.names
    scaling = StandardInputs(names).fit(train)
    x, _ = scaling(train)
    with seeded(seed):
        towers = nn.ModuleList(
            nn.Sequential(
                *(nn.Linear(x[name].shape[1], HIDDEN), nn.ReLU()),
                *(nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2 * dim)),
            )
            for name in names
        )
        critic = SeparableCritic(2 * dim, 2 * dim, hidden=HIDDEN)

    def loss(rows: Tensor) -> Tensor:
        one, two = (t(x[name][rows]) for t, name in zip(towers, names, strict=True))
        return -infonce_bound(critic(one, two))

    minimise(nn.ModuleList([towers, critic]), loss, len(train), Schedule(**PLAN, seed=seed))
    seen, _ = scaling(new)
    with torch.no_grad():
        parts = [t(seen[name]) for t, name in zip(towers, names, strict=True)]
    return torch.cat(parts, dim=1).numpy()


WAYS = dict(zip(NAMES, (factorized, contrastive), strict=True))


def experiment(seeds: int) -> FactorsKept:
    """R2 of every factor in 4 columns of new samples, over seeds."""
    made = [planted(seed) for seed in range(seeds)]
    found = {
        name: [way(d[:ROWS], d[ROWS:], 1, seed) for seed, (d, _) in enumerate(made)]
        for name, way in WAYS.items()
    }
    return factors_kept(
        found, [{n: f[ROWS:] for n, f in fs.items()} for _, fs in made], random_state=0
    )


def digits(seeds: int, dim: int = 2) -> dict[str, list[float]]:
    """Accuracy on digits that neither encoder nor probe saw, by way and seed."""
    data = datasets.load("mfeat").select(["fourier", "zernike"])
    out: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(data))
        train, probe, test = (data[part] for part in np.split(order, [1000, 1500]))
        both = data[order[1000:]]
        for name, way in WAYS.items():
            z = way(train, both, dim, seed)
            model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
            model.fit(z[: len(probe)], probe.target)
            out[name].append(float(model.score(z[len(probe) :], test.target)))
    return out


def main(seeds: int = 5) -> FactorsKept:
    kept = experiment(seeds)
    print(kept)
    print(f"\naccuracy on new digits, 8 columns, mean of {seeds} seeds")
    for name, scores in digits(seeds).items():
        print(f"{name:<12}{np.mean(scores):.3f}  ({min(scores):.3f} to {max(scores):.3f})")
    return kept


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--figure", help="where to save the figure, such as kept.svg")
    arguments = parser.parse_args()
    result = main(arguments.seeds)
    if arguments.figure:
        result.plot().savefig(arguments.figure)
