"""A biased set is answered without looking; balanced pairs show it.

Run it as `python examples/biased_questions.py`; it takes about half a minute on one core.

Each question has a usual answer, right in four of five pictures. In balanced pairs every
question is asked of two pictures with different answers: whatever looks at the question only
is then right in at most half the samples, and in no pair at all.
"""

import sys

import numpy as np

import consilience as cs
from consilience.quantification.unimodal_bias import unimodal_bias
from consilience.quantification.utilization import perceptual_scores

QUESTIONS = 20
USUAL = 0.8


def pose(question: np.ndarray, answer: np.ndarray, rng: np.random.Generator) -> cs.MultimodalData:
    """Pictures in which the answer can be seen, though not plainly."""
    picture = rng.standard_normal((len(answer), 12))
    picture[:, 0] += 0.9 * (2 * answer - 1)
    words = np.array([f"q{q}" for q in question])
    return cs.MultimodalData({"question": words, "picture": picture}, target=answer)


def biased(samples: int, usual: np.ndarray, rng: np.random.Generator) -> cs.MultimodalData:
    question = rng.integers(QUESTIONS, size=samples)
    answer = np.where(rng.random(samples) < USUAL, usual[question], 1 - usual[question])
    return pose(question, answer, rng)


def main(seed: int = 0) -> dict[str, float]:
    """Accuracies on the biased and on the balanced set, and what looking is worth."""
    rng = np.random.default_rng(seed)
    usual = rng.permutation(np.arange(QUESTIONS) % 2)
    data, test = biased(2000, usual, rng), biased(2000, usual, rng)
    question = np.repeat(rng.integers(QUESTIONS, size=1000), 2)
    pairs = pose(question, np.tile([0, 1], 1000), rng)

    model = cs.FusionClassifier("concat", max_epochs=20, random_state=seed)
    on_biased = unimodal_bias(model, data, test, n_boot=50, random_state=seed)
    on_pairs = unimodal_bias(
        model, data, pairs, pairs=np.arange(2000) // 2, n_boot=50, random_state=seed
    )
    both = model.fit(data)
    seen = perceptual_scores(both, test, n_boot=50, random_state=seed).scores
    return {
        "majority": on_biased.majority.estimate,
        "question only": on_biased.alone["question"].estimate,
        "picture only": on_biased.alone["picture"].estimate,
        "both": on_biased.together.estimate,
        "question only, balanced": on_pairs.alone["question"].estimate,
        "both, balanced": on_pairs.together.estimate,
        "question only, both of a pair": on_pairs.pairs["question"].estimate,
        "both, both of a pair": on_pairs.pairs["all"].estimate,
        "lost with another question": seen["question"].estimate,
        "lost with another picture": seen["picture"].estimate,
    }


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for name, number in found.items():
        print(f"{name:>30}: {number:.3f}")
    print(
        f"the question alone answers {found['question only']:.0%} of the biased set, "
        f"{found['question only, balanced']:.0%} of the balanced one and "
        f"{found['question only, both of a pair']:.0%} of its pairs"
    )
