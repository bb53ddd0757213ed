"""Do two views of real digits give better groups together than alone?

    OMP_NUM_THREADS=1 python benchmarks/fission_groups.py     # half a minute

Draws of 500 handwritten digits, seen as Fourier and as Zernike coefficients, are grouped into ten
without labels. Told is the adjusted Rand index with the digits that were written, its mean over
draws and its range.
"""

import argparse

import numpy as np

from consilience.data import datasets
from consilience.fission.clustering import METHODS, MultiviewClustering

ROWS, DIGITS = 500, 10


def main(draws: int) -> None:
    data = datasets.load("mfeat").select(["fourier", "zernike"])
    found: dict[str, list[float]] = {}
    for draw in range(draws):
        some = data[np.random.default_rng(draw).permutation(len(data))[:ROWS]]
        alone: dict[str, float] = {}
        for method in METHODS:
            model = MultiviewClustering(DIGITS, method, random_state=draw).fit(some)
            agreement = model.agreement(some.target)
            found.setdefault(f"both, {method}", []).append(agreement.pop("joint"))
            alone = agreement
        for name, value in alone.items():
            found.setdefault(f"{name} alone, k-means", []).append(value)
    for name, values in sorted(found.items(), reverse=True):
        mean, low, high = (float(f(values)) for f in (np.mean, np.min, np.max))
        print(f"{name:<24}{mean:.3f}  ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--draws", type=int, default=5)
    main(parser.parse_args().draws)
