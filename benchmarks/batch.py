"""Processor time of the batch estimator: one pair, and many pairs one by one and together.

Classifiers of one modality serve all of its pairs, so pairs asked for together take less time
than one after the other.

    OMP_NUM_THREADS=1 python benchmarks/batch.py
"""

from itertools import combinations
from time import process_time

import numpy as np
import torch

import consilience as cs

WIDTH = 20
SETTINGS = ((1000, 2), (1000, 8), (10_000, 2))


def samples(n: int, classes: int, views: int) -> cs.MultimodalData:
    """Views of as many normal columns whose means depend on the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, classes, n)
    means = 0.3 * rng.standard_normal((classes, WIDTH))
    names = "abcdefgh"[:views]
    return cs.MultimodalData({m: means[y] + rng.standard_normal((n, WIDTH)) for m in names}, y)


def main() -> None:
    torch.set_num_threads(1)
    for n, classes in SETTINGS:
        data = samples(n, classes, 2)
        began = process_time()
        cs.interactions(data, estimator="batch", random_state=0)
        print(
            f"{n} samples, {classes} classes, a pair: {process_time() - began:.1f} s", flush=True
        )
    data = samples(1000, 2, 5)
    began = process_time()
    together = cs.interactions(data, estimator="batch", random_state=0)
    middle = process_time()
    names = data.schema.names
    alone = np.mean([_alone(data, pair) for pair in combinations(names, 2)])
    many = len(together.pairs) + len(together.against_rest) + 1
    one = (middle - began) / many
    print(
        f"5 modalities, {many} comparisons together: {one:.1f} s each; "
        f"a pair alone: {alone:.1f} s, {alone / one:.1f} times"
    )


def _alone(data: cs.MultimodalData, pair: tuple[str, str]) -> float:
    began = process_time()
    cs.interactions(data, pair=pair, estimator="batch", random_state=0)
    return process_time() - began


if __name__ == "__main__":
    main()
