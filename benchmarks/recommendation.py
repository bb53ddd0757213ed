"""Is the recommended family of fusion methods as good as the best of the zoo?

Twelve synthetic tasks in which redundant, unique or synergistic information dominates, or none.
`cs.interactions(...).recommend()` sees the training samples; then every method of
`cs.fusion.available()` is trained on them and scored on fresh ones, two draws of each task. A
recommendation is good if the best of its methods is within one standard error (that of the best
accuracy, of the scored samples) of the best of all. Printed too is the least accuracy of each
family's methods, by which `results/reference_tasks.py` names the family of a task.

    OMP_NUM_THREADS=1 python benchmarks/recommendation.py            # ~10 minutes
    OMP_NUM_THREADS=1 python benchmarks/recommendation.py --draws 1  # half as long
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

import consilience as cs
from consilience.quantification.interactions import interactions
from consilience.results.recommendation import METHODS, Recommendation

ROWS, SCORED = 1000, 2000
WIDTH = 6
EPOCHS = 30
SLOW = ("crossmodal_transformer", "early_transformer")
"""Left out: they take 10 to 40 times as long as the others, and are no better here."""

Rng = np.random.Generator
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Outcome:
    """What was recommended and how it did."""

    task: str
    recommendation: Recommendation
    recommended: float
    best: float
    best_method: str
    scored: int
    least: Mapping[str, float]
    """Least accuracy of the methods of each family."""

    @property
    def error(self) -> float:
        """Standard error of the best accuracy."""
        return float(np.sqrt(self.best * (1 - self.best) / self.scored))

    @property
    def is_good(self) -> bool:
        """Whether the recommended methods are within one standard error of the best."""
        return self.recommended >= self.best - self.error


def bits(n: int, width: int, rng: Rng) -> np.ndarray:
    return rng.choice([-1.0, 1.0], (n, width))


def flipped(y: np.ndarray, rng: Rng) -> np.ndarray:
    return (y ^ (rng.random(len(y)) < 0.1)).astype(np.int64)


def coin(logit: np.ndarray, rng: Rng) -> np.ndarray:
    return (rng.random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(np.int64)


def same_bit(n: int, rng: Rng) -> Drawn:
    bit = bits(n, 1, rng)
    return bit, bit, flipped(bit[:, 0] > 0, rng)


def same_bits(n: int, rng: Rng) -> Drawn:
    two = bits(n, 2, rng)
    return two, two, ((two > 0) @ [2, 1]).astype(np.int64)


def noisy_views(n: int, rng: Rng) -> Drawn:
    z = rng.standard_normal((n, 1))
    one, two = (z + 0.3 * rng.standard_normal((n, 1)) for _ in range(2))
    return one, two, coin(4 * z[:, 0], rng)


def shared_and_own(n: int, rng: Rng) -> Drawn:
    z, own = rng.standard_normal((2, n, 1))
    return np.hstack([z, own]), z, coin(4 * z[:, 0] + own[:, 0], rng)


def first_only(n: int, rng: Rng) -> Drawn:
    bit = bits(n, 1, rng)
    return bit, np.empty((n, 0)), flipped(bit[:, 0] > 0, rng)


def second_only(n: int, rng: Rng) -> Drawn:
    z = rng.standard_normal((n, 1))
    return np.empty((n, 0)), z, coin(4 * z[:, 0], rng)


def a_bit_each(n: int, rng: Rng) -> Drawn:
    a, b = bits(n, 1, rng), bits(n, 1, rng)
    return a, b, (2 * (a > 0) + (b > 0))[:, 0].astype(np.int64)


def more_in_one(n: int, rng: Rng) -> Drawn:
    a, b = bits(n, 2, rng), bits(n, 1, rng)
    return a, b, ((a > 0) @ [4, 2] + (b > 0)[:, 0]).astype(np.int64)


def odd_bits(n: int, rng: Rng) -> Drawn:
    a, b = bits(n, 1, rng), bits(n, 1, rng)
    return a, b, flipped((a * b)[:, 0] < 0, rng)


def product(n: int, rng: Rng) -> Drawn:
    a, b = rng.standard_normal((2, n, 1))
    return a, b, coin(6 * (a * b)[:, 0], rng)


def sum_of_three(n: int, rng: Rng) -> Drawn:
    a, b = rng.integers(0, 3, (2, n))
    turns = np.linspace(0, 2 * np.pi, 3, endpoint=False)
    one, two = (np.column_stack([np.cos(turns[x]), np.sin(turns[x])]) for x in (a, b))
    return one, two, (a + b) % 3


def everything(n: int, rng: Rng) -> Drawn:
    shared, own, one, other = bits(n, 4, rng).T
    y = 4 * (shared > 0) + 2 * (own > 0) + (one * other < 0)
    return np.stack([shared, own, one], 1), np.stack([shared, other], 1), y.astype(np.int64)


TASKS: dict[str, tuple[str, Callable[[int, Rng], Drawn]]] = {
    "the same bit": ("R", same_bit),
    "the same two bits": ("R", same_bits),
    "two noisy views": ("R", noisy_views),
    "shared, and a little own": ("R", shared_and_own),
    "a bit in the first": ("U", first_only),
    "a number in the second": ("U", second_only),
    "a bit in each": ("U", a_bit_each),
    "two bits in one, one in the other": ("U", more_in_one),
    "whether bits differ": ("S", odd_bits),
    "the sign of a product": ("S", product),
    "a sum modulo three": ("S", sum_of_three),
    "a bit of each kind": ("RUS", everything),
}


def samples(draw: Callable[[int, Rng], Drawn], seed: int) -> cs.MultimodalData:
    """Latents among noise under a rotation that belongs to the task."""
    rng = np.random.default_rng(seed)
    a, b, y = draw(ROWS + SCORED, rng)
    world = np.random.default_rng(7)
    sides: list[np.ndarray] = []
    for latents in (a, b):
        noise = rng.standard_normal((len(y), WIDTH - latents.shape[1]))
        turn = np.linalg.qr(world.standard_normal((WIDTH, WIDTH)))[0]
        sides.append(np.hstack([latents, noise]) @ turn)
    return cs.MultimodalData({"a": sides[0], "b": sides[1]}, y)


def judge(task: str, draws: int, zoo: tuple[str, ...], first: int = 0) -> Outcome:
    _, draw = TASKS[task]
    scores = dict.fromkeys(zoo, 0.0)
    found: Recommendation | None = None
    for seed in range(first, first + draws):
        data = samples(draw, seed)
        train, rest = data[np.arange(ROWS)], data[np.arange(ROWS, ROWS + SCORED)]
        if found is None:
            found = interactions(train, n_boot=50, n_null=40, random_state=seed).recommend()
        for method in zoo:
            model = cs.FusionClassifier(method, max_epochs=EPOCHS, random_state=seed)
            scores[method] += float(model.fit(train).score(rest, rest.target)) / draws
    assert found is not None
    best = max(scores, key=lambda method: scores[method])
    mine = max(scores[method] for method in found.methods)
    least = {family: min(scores[m] for m in methods) for family, methods in METHODS.items()}
    return Outcome(task, found, mine, scores[best], best, draws * SCORED, least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2, help="draws of each task")
    parser.add_argument("--first", type=int, default=0, help="seed of the first draw")
    options = parser.parse_args()
    zoo = tuple(method for method in cs.fusion.available() if method not in SLOW)
    outcomes: list[Outcome] = []
    for task, (kind, _) in TASKS.items():
        found = judge(task, options.draws, zoo, options.first)
        outcomes.append(found)
        family = found.recommendation.family
        clear = "clear" if found.recommendation.clear else ""
        least = ", ".join(f"{name} {score:.3f}" for name, score in found.least.items())
        print(
            f"{kind:<3} {task:<34} {family:<11} {clear:<5} best of it {found.recommended:.3f}"
            f"  best of all {found.best:.3f} ({found.best_method}), error {found.error:.3f}"
            f"  least of {least}"
            f"{'' if found.is_good else '  NOT WITHIN IT'}",
            flush=True,
        )
    good = sum(found.is_good for found in outcomes)
    print(f"{good} of {len(outcomes)} within one standard error of the best of {len(zoo)} methods")


if __name__ == "__main__":
    main()
