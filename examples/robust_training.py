"""Training with noise trades clean accuracy for a flatter curve; modality dropout does so, too.

Run it as `python examples/robust_training.py`; it takes about half a minute on one core.

One microphone hears speech and the noise of a room, another the noise alone: subtracting it
is best as long as both are sound. A model that met noise in training subtracts less of it,
which costs a little where all is well and pays where the second microphone fails.
"""

import sys

import numpy as np

import consilience as cs
from consilience.data.corruption.corrupting import corrupt
from consilience.quantification.robustness import robustness

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def draw(samples: int, rng: np.random.Generator) -> cs.MultimodalData:
    said = rng.choice([-1.0, 1.0], size=(samples, 1))
    room = 1.5 * rng.standard_normal((samples, 1))
    hiss = 0.3 * rng.standard_normal((2, samples, 1))
    modalities = {"speech": said + room + hiss[0], "reference": room + hiss[1]}
    return cs.MultimodalData(modalities, target=said[:, 0] > 0)


def with_noise(data: cs.MultimodalData, seed: int) -> cs.MultimodalData:
    """Every sample three times: clean, with some noise in the reference, and with much."""
    versions = [corrupt(data, "reference", v, random_state=seed) for v in (0.0, 0.5, 1.0)]
    stacked = {
        name: np.concatenate([np.asarray(v.modalities[name]) for v in versions])
        for name in data.schema.names
    }
    return cs.MultimodalData(stacked, target=np.tile(np.asarray(data.target), len(versions)))


def main(seed: int = 0) -> dict[str, tuple[float, ...]]:
    """Accuracy of each model at each level of noise in the reference."""
    rng = np.random.default_rng(seed)
    data, test = draw(600, rng), draw(2000, rng)

    def fitted(samples: cs.MultimodalData, modality_dropout: float = 0.0) -> cs.FusionClassifier:
        return cs.FusionClassifier(
            "additive", modality_dropout=modality_dropout, max_epochs=30, random_state=seed
        ).fit(samples)

    models = {
        "plain": fitted(data),
        "with noise": fitted(with_noise(data, seed)),
        "modality dropout": fitted(data, modality_dropout=0.4),
    }
    curves: dict[str, tuple[float, ...]] = {}
    for name, model in models.items():
        found = robustness(
            model,
            test,
            levels=LEVELS,
            modalities=["reference"],
            metric="accuracy",
            n_repeats=3,
            n_boot=50,
            reference=data,
            random_state=seed,
        )
        curves[name] = tuple(score.estimate for score in found.curves[0].scores)
    return curves


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print("accuracy as the reference gets noisier:")
    for name, curve in found.items():
        print(f"{name:>16}: " + "  ".join(f"{score:.3f}" for score in curve))
    clean = found["plain"][0] - found["with noise"][0]
    noisy = found["with noise"][-1] - found["plain"][-1]
    print(
        f"training with noise costs {clean:.3f} without noise and wins {noisy:.3f} at full noise"
    )
