"""Does a factorized representation serve a task as well as an aligned one of equal size?

    OMP_NUM_THREADS=1 python benchmarks/fission_digits.py     # two minutes

Handwritten digits seen as Fourier and as Zernike coefficients. Encoders of one architecture are
trained on 1,000 digits by aligning the modalities (contrastive) and by factorized contrastive
learning, each without labels and with them. A logistic regression on 500 more digits reads the
representation and is scored on the last 500. Differences are paired by seed, with Student's
95 % intervals.
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.fission.augmentation import Augmentation, NoiseAugmentation, UniqueAugmentation
from consilience.fission.critics import SeparableCritic
from consilience.fission.factorized import FactorizedEncoders
from consilience.fission.fitting import Schedule, minimise
from consilience.fission.inputs import StandardInputs, target_tensor
from consilience.functional.factorized import infonce_bound, same_class
from consilience.functional.randomness import seeded

HIDDEN = 32
PLAN = {"epochs": 20, "batch_size": 250, "learning_rate": 1e-2}
CUTS = (1000, 1500)

Array = NDArray[np.floating]
Parts = dict[str, Array]


def aligned(
    train: MultimodalData, new: MultimodalData, dim: int, seed: int, *, labels: bool
) -> Parts:
    """Towers that only align; with labels, all samples of a class belong together (SupCon)."""
    names = train.schema.names
    scaling = StandardInputs(names).fit(train)
    x, _ = scaling(train)
    y = target_tensor(train.target, "aligning")
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
        scores = critic(*(tower(x[n][rows]) for tower, n in zip(towers, names, strict=True)))
        if labels:
            return -(same_class(y[rows]) * scores.log_softmax(dim=1)).sum(1).mean()
        return -infonce_bound(scores)

    minimise(nn.ModuleList([towers, critic]), loss, len(train), Schedule(**PLAN, seed=seed))
    seen, _ = scaling(new)
    with torch.no_grad():
        found = [tower(seen[name]).numpy() for tower, name in zip(towers, names, strict=True)]
    return {"all": np.hstack(found)}


def factorized(
    train: MultimodalData, new: MultimodalData, dim: int, seed: int, *, view: Augmentation | None
) -> Parts:
    """All factors; the shared ones; the unique ones."""
    if isinstance(view, UniqueAugmentation):
        scaling = StandardInputs(train.schema.names).fit(train)
        view.fit(scaling(train)[0])
    model = FactorizedEncoders.for_data(
        train, dim, augmentation=view, hidden=HIDDEN, random_state=seed
    )
    found = model.fit(train, **PLAN).factors(new)
    kinds = {kind: np.hstack(list(by_name.values())) for kind, by_name in found.items()}
    return {"all": np.hstack(list(kinds.values())), **kinds}


def ways(scale: float, drop: float) -> dict[str, Callable[..., Parts]]:
    """Ways to train, those without labels first."""
    noise = NoiseAugmentation(scale, drop)
    views = {"views": noise, "unique views": UniqueAugmentation(noise), "labels": None}

    def by(view: Augmentation | None) -> Callable[..., Parts]:
        return lambda *a: factorized(*a, view=view)

    return {
        "aligned": lambda *a: aligned(*a, labels=False),
        "aligned, labels": lambda *a: aligned(*a, labels=True),
        **{f"factorized, {name}": by(view) for name, view in views.items()},
    }


def accuracies(seeds: int, dim: int, scale: float, drop: float) -> dict[str, dict[str, Array]]:
    """Accuracy on the last digits by way and part of the representation, `(seeds,)`."""
    data = datasets.load("mfeat").select(["fourier", "zernike"])
    out: dict[str, dict[str, list[float]]] = {}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(data))
        train, probe, test = (data[part] for part in np.split(order, CUTS))
        for name, way in ways(scale, drop).items():
            for kind, z in way(train, data[order[CUTS[0] :]], dim, seed).items():
                model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
                model.fit(z[: len(probe)], probe.target)
                score = float(model.score(z[len(probe) :], test.target))
                out.setdefault(name, {}).setdefault(kind, []).append(score)
    return {name: {k: np.array(v) for k, v in by.items()} for name, by in out.items()}


def interval(values: Array) -> str:
    """Mean and Student's 95 % interval."""
    mean, number = float(values.mean()), len(values)
    half = float(t.ppf(0.975, number - 1) * values.std(ddof=1) / np.sqrt(number))
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


def main(seeds: int, dim: int, scale: float, drop: float) -> None:
    found = accuracies(seeds, dim, scale, drop)
    print(f"accuracy on new digits, {4 * dim} columns, {seeds} seeds; noise {scale}, drop {drop}")
    print(f"{'':<26}{'all':>6}{'shared':>8}{'unique':>8}   all, less aligned in the same way")
    for name, by in found.items():
        cells = [f"{by[k].mean():.3f}" if k in by else "" for k in ("all", "shared", "unique")]
        peer = found["aligned, labels" if name.endswith(", labels") else "aligned"]
        gap = "" if name.startswith("aligned") else interval(by["all"] - peer["all"])
        print(f"{name:<26}{cells[0]:>6}{cells[1]:>8}{cells[2]:>8}   {gap}".rstrip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--dim", type=int, default=2, help="columns of each of the four factors")
    parser.add_argument("--noise", type=float, default=0.3, help="of views")
    parser.add_argument("--drop", type=float, default=0.1, help="of views")
    given = parser.parse_args()
    main(given.seeds, given.dim, given.noise, given.drop)
