"""Two modalities trained together can be worse than the better one alone; blending mends it.

Run it as `python examples/naive_joint_training.py`; it takes a few seconds on one core.

The first modality tells the class plainly. The second tells some more, spread thinly over 20
of 1,600 columns, whose noise a network learns by heart. Gradient blending finds out by how much
each head overfits for what it gains, and weighs its loss accordingly: what was worse than the
better modality alone is then no worse, and mostly better. It finds out in two epochs, for after
more of them even the heads that are of use have overfitted.
"""

import sys

import numpy as np

import consilience as cs

COLUMNS, TELLING = 1600, 20
"""Of the wide modality, and how many of them tell anything."""


def draw(samples: int, rng: np.random.Generator) -> cs.MultimodalData:
    label = rng.integers(2, size=samples)
    plain, wide = rng.standard_normal((samples, 10)), rng.standard_normal((samples, COLUMNS))
    plain[:, 0] += 1.5 * (2 * label - 1)
    wide[:, :TELLING] += 1.6 / np.sqrt(TELLING) * (2 * label - 1)[:, None]
    return cs.MultimodalData({"plain": plain, "wide": wide}, target=label)


def main(seed: int = 0) -> dict[str, float]:
    """Test accuracy of each modality alone, naively together and blended; weights, too."""
    rng = np.random.default_rng(seed)
    data, test = draw(600, rng), draw(4000, rng)

    def accuracy(model: cs.FusionClassifier, *names: str) -> float:
        return float(model.fit(data.select(names)).score(test.select(names), test.target))

    blended = cs.FusionClassifier(
        "concat",
        balance="gradient_blending",
        balance_options={"epochs": 2},
        random_state=seed,
    )
    found = {
        "plain": accuracy(cs.FusionClassifier("concat", random_state=seed), "plain"),
        "wide": accuracy(cs.FusionClassifier("concat", random_state=seed), "wide"),
        "naive": accuracy(cs.FusionClassifier("concat", random_state=seed), "plain", "wide"),
        "blended": accuracy(blended, "plain", "wide"),
    }
    weights = blended.balance_.blends[-1].weights
    return found | {f"weight of {head}": weight for head, weight in weights.items()}


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for name, number in found.items():
        print(f"{name:>24}: {number:.3f}")
    drop = found["plain"] - found["naive"]
    back = found["blended"] - found["naive"]
    print(f"naive joint training loses {drop:.3f} to the plain modality alone")
    print(
        f"gradient blending wins back {back:.3f}, which leaves it {back - drop:+.3f} from the "
        "plain modality alone"
    )
