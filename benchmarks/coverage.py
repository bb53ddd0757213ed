"""How often nominal 95 % intervals of `consilience.interactions` cover a known truth.

Samples are drawn again and again from tables whose informations are known exactly: singly, in
groups that share draws, from Gaussians, and from continuous modalities whose clusters'
informations are known from a million fresh samples. Printed are percents for each information, in
brackets where it is 0 in truth, and the least, mean and most of the others, which should lie
between 90 and 99.

    OMP_NUM_THREADS=1 python benchmarks/coverage.py            # 1,000 runs each, ~15 minutes
    OMP_NUM_THREADS=1 python benchmarks/coverage.py --runs 50  # a look
    OMP_NUM_THREADS=1 python benchmarks/coverage.py --trained 60  # of `batch` only, ~6 minutes
"""

import argparse
from collections.abc import Callable, Mapping

import numpy as np

from consilience.quantification.coding import Problem, clustered_folds, sizes, split
from consilience.quantification.counts import table_of
from consilience.quantification.folds import Fold
from consilience.quantification.gaussian import measure_gaussian
from consilience.quantification.neural import measure_neural
from consilience.quantification.quantising import Quantiser
from consilience.quantification.sources import Source
from consilience.quantification.tables import informations, measure
from consilience.results.interactions import QUANTITIES
from consilience.results.quantity import Quantity

AWAY = 1e-3
BOOTS = 200
FRESH = 1_000_000
COPIES = 5
"""Samples of a group; each is with even chance the group's own draw or a fresh one."""

GROUPED = ("AND, noisy", "random, 3 x 3 x 2")

Found = tuple[Mapping[str, Quantity], np.ndarray]
Run = Callable[[np.random.Generator], Found]


def gate(rule: Callable[[int, int], int], flip: float = 0.0) -> np.ndarray:
    table = np.zeros((2, 2, 2))
    for a, b in np.ndindex(2, 2):
        table[a, b, rule(a, b)] += 0.25 * (1 - flip)
        table[a, b, 1 - rule(a, b)] += 0.25 * flip
    return table


def tables() -> dict[str, tuple[np.ndarray, tuple[int, ...]]]:
    conjunction = gate(lambda a, b: a & b)
    copy = np.zeros((2, 2, 2))
    copy[0, 0], copy[1, 1] = [0.45, 0.05], [0.05, 0.45]
    three = np.random.default_rng(5).dirichlet(np.ones(18)).reshape(3, 3, 2)
    four = np.random.default_rng(6).dirichlet(np.ones(48)).reshape(4, 4, 3)
    return {
        "AND": (conjunction, (40, 200, 400)),
        "AND, noisy": (0.8 * conjunction + 0.2 / 8, (40, 80, 200, 400)),
        "same bit, 10 % flipped": (copy, (40, 200)),
        "one bit, 10 % flipped": (gate(lambda a, _: a, 0.1), (40, 200)),
        "XOR, 10 % flipped": (gate(lambda a, b: a ^ b, 0.1), (40, 200)),
        "random, 3 x 3 x 2": (three, (90, 360, 900)),
        "random, 4 x 4 x 3": (four, (240, 960, 2400)),
    }


def single(p: np.ndarray, n: int) -> Run:
    truth = informations(p[None])[0][0]

    def run(rng: np.random.Generator) -> Found:
        table = rng.multinomial(n, p.ravel()).reshape(p.shape)
        found = measure([Fold(table, table)], n_boot=BOOTS, n_null=0, rng=rng)
        return found.quantities, truth

    return run


def grouped(p: np.ndarray, groups: int) -> Run:
    truth = informations(p[None])[0][0]

    def run(rng: np.random.Generator) -> Found:
        own = np.repeat(rng.choice(p.size, groups, p=p.ravel()), COPIES)
        fresh = rng.choice(p.size, len(own), p=p.ravel())
        cells = np.where(rng.random(len(own)) < 0.5, own, fresh)
        one, two, y = (np.asarray(c) for c in np.unravel_index(cells, p.shape))
        shape = (p.shape[0], p.shape[1], p.shape[2])
        fold = Fold.of((one, two, y), shape, np.repeat(np.arange(groups), COPIES), rng)
        return measure([fold], n_boot=BOOTS, n_null=0, rng=rng).quantities, truth

    return run


def latents(n: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Two related Gaussians, each the first of `width` columns, and a class of both."""
    a = rng.standard_normal(n)
    b = 0.5 * a + np.sqrt(0.75) * rng.standard_normal(n)
    y = rng.random(n) < 1 / (1 + np.exp(-2 * (a + 0.5 * b + a * b)))
    sides = [np.column_stack([x, rng.standard_normal((n, width - 1))]) for x in (a, b)]
    return sides[0], sides[1], y.astype(np.int64)


def clustered(n: int, width: int) -> Run:
    fresh = latents(FRESH, width, np.random.default_rng(99))

    def run(rng: np.random.Generator) -> Found:
        one, two, y = latents(n, width, rng)
        rows = np.arange(n)
        problem = Problem(Source("a", one, rows), Source("b", two, rows), y, None)
        seed = int(rng.integers(1 << 30))
        wanted = sizes(problem, None)
        folds, _ = clustered_folds(problem, wanted, seed)
        found = measure(folds, n_boot=BOOTS, n_null=0, rng=rng).quantities
        return found, truth(problem, wanted, seed)

    def truth(problem: Problem, wanted: tuple[int, int], seed: int) -> np.ndarray:
        rows: list[np.ndarray] = []
        for fitted in split(problem, seed):
            quantise = [
                Quantiser.fit(side.numbers()[fitted], k, seed + i)
                for i, (side, k) in enumerate(
                    zip((problem.first, problem.second), wanted, strict=True)
                )
            ]
            codes = [q(x) for q, x in zip(quantise, fresh[:2], strict=True)]
            table = table_of(codes[0], codes[1], fresh[2], (quantise[0].size, quantise[1].size, 2))
            rows.append(informations(table[None])[0][0])
        return np.mean(rows, axis=0)

    return run


def closed_form(n: int, weights: tuple[float, float]) -> Run:
    """Two Gaussians and a quantity that is their weighted sum and noise."""
    spread = np.sqrt(np.sum(np.square(weights)) + 1)
    alone = [-0.5 * np.log2(1 - (w / spread) ** 2) for w in weights]
    both, least = float(np.log2(spread)), min(alone)
    atoms = [least, alone[0] - least, alone[1] - least, both - max(alone)]
    truth = np.array([*atoms, *alone, both])

    def run(rng: np.random.Generator) -> Found:
        x = rng.standard_normal((n, 2))
        y = x @ weights + rng.standard_normal(n)
        found = measure_gaussian(x[:, :1], x[:, 1:], y, None, n_boot=BOOTS, n_null=0, rng=rng)
        return found, truth

    return run


def told_of_a_sign(noise: float) -> float:
    """Information of a fair sign in itself plus normal noise of some variance, in bits."""
    x = np.linspace(-40, 40, 400_001)
    high, low = (
        np.exp(-((x - m) ** 2) / (2 * noise)) / np.sqrt(2 * np.pi * noise) for m in (1, -1)
    )
    mean = (high + low) / 2

    def entropy(p: np.ndarray) -> float:
        return -float(np.trapezoid(np.where(p > 0, p * np.log2(np.where(p > 0, p, 1)), 0), x))

    return entropy(mean) - (entropy(high) + entropy(low)) / 2


def trained(n: int, noise: tuple[float, float]) -> Run:
    """A sign with noise in the first of three columns of either side, by classifiers.

    The noisier side is a garbling of the other, so only the other has information of its own.
    """
    one, two = (told_of_a_sign(v) for v in noise)
    both = told_of_a_sign(1 / sum(1 / v for v in noise))
    shared = min(one, two)
    truth = np.array([shared, one - shared, two - shared, both - max(one, two), one, two, both])

    def run(rng: np.random.Generator) -> Found:
        y = rng.integers(0, 2, n)
        sides = [rng.standard_normal((n, 3)) for _ in noise]
        for side, variance in zip(sides, noise, strict=True):
            side[:, 0] = 2 * y - 1 + np.sqrt(variance) * side[:, 0]
        seed = int(rng.integers(2**31))
        found = measure_neural(*sides, y, None, n_boot=BOOTS, n_null=0, seed=seed)
        return found.quantities, truth

    return run


def show(label: str, size: str, run: Run, runs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    covered, away = np.zeros(7), np.zeros(7)
    for _ in range(runs):
        found, truth = run(rng)
        rows = [found[name] for name in QUANTITIES]
        covered += [q.low <= t <= q.high for q, t in zip(rows, truth, strict=True)]
        away += truth > AWAY
    percent, inside = 100 * covered / runs, away > runs / 2
    cells = [f"{p:.0f}" if told else f"({p:.0f})" for p, told in zip(percent, inside, strict=True)]
    known = percent[inside]
    ends = f"{known.min():.1f}, {known.mean():.1f}, {known.max():.1f}"
    print(f"| {label} | {size} | {' | '.join(cells)} | {ends} |", flush=True)


def of_classifiers(runs: int, seed: int) -> None:
    for noise in ((1.0, 1.0), (1.0, 4.0)):
        name = f"a sign with noise of variance {noise[0]:g} and {noise[1]:g}, batch"
        show(name, "600", trained(600, noise), runs, seed)


def of_all_others(runs: int, seed: int) -> None:
    every = tables()
    for name, (p, numbers) in every.items():
        for n in numbers:
            show(name, str(n), single(p, n), runs, seed)
    for name in GROUPED:
        for groups in (30, 60, 200):
            size = f"{groups} groups of {COPIES}"
            show(name, size, grouped(every[name][0], groups), runs, seed)
    for weights, n in (((1.0, 1.0), 60), ((1.0, 1.0), 200), ((1.0, 0.5), 60), ((1.0, 0.5), 200)):
        name = f"Gaussians of weights {weights[0]:g} and {weights[1]:g}, closed form"
        show(name, str(n), closed_form(n, weights), runs, seed)
    for width, n in ((1, 400), (1, 2000), (3, 2000)):
        columns = "1 column" if width == 1 else f"{width} columns"
        name = f"Gaussians in {columns}, clustered"
        show(name, str(n), clustered(n, width), (2 * runs + 4) // 5, seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="samples of each population")
    parser.add_argument("--seed", type=int, default=2026, help="seed of each population's samples")
    parser.add_argument("--trained", type=int, default=0, help="samples of each for `batch`")
    options = parser.parse_args()
    atoms = "$R$ | $U_1$ | $U_2$ | $S$ | $I_1$ | $I_2$ | $I_{12}$"
    print(f"| population | samples | {atoms} | least, mean, most where the truth is not 0 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    if options.trained:
        of_classifiers(options.trained, options.seed)
    else:
        of_all_others(options.runs, options.seed)


if __name__ == "__main__":
    main()
