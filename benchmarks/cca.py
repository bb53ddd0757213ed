"""Canonical correlation analysis against cca-zoo, and its memory on many samples.

Ours and the peer's alternate in one process, CPU time, medians, float64; the largest difference
of the correlations is printed as "off". Memory (Linux) is the kernel's peak above what the process
held before, beside the size of the data.

    OMP_NUM_THREADS=1 python benchmarks/cca.py      # half a minute
"""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from cca_zoo import linear as peer
from numpy.typing import NDArray

from consilience.coordination.cca import CCA

Floats = NDArray[np.float64]
COMPONENTS = 10


def views(rows: int, columns: int) -> dict[str, Floats]:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((rows, 20))
    return {
        name: z @ rng.standard_normal((20, columns)) + 4 * rng.standard_normal((rows, columns))
        for name in ("a", "b")
    }


def ours(given: dict[str, Floats]) -> Floats:
    return CCA(COMPONENTS).fit(given).correlations_


def theirs(given: dict[str, Floats]) -> peer.CCA:
    return peer.CCA(n_components=COMPONENTS).fit([*given.values()])


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def status(field: str) -> float:
    """MiB of a line of the kernel's status of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def peak(work: Callable[[], object]) -> float:
    """MiB held at most above what was held before."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before = status("VmRSS")
    work()
    return max(0.0, status("VmHWM") - before)


def compare(rows: int, columns: int, repeats: int, limit: str) -> None:
    given = views(rows, columns)
    size = sum(view.nbytes for view in given.values()) / 2**20
    memory = peak(lambda: ours(given)), peak(lambda: theirs(given))
    fitted = theirs(given)
    a, b = fitted.transform([*given.values()])
    expected = [np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(COMPONENTS)]
    off = float(np.abs(ours(given) - expected).max())
    mine: list[float] = []
    other: list[float] = []
    for _ in range(repeats):
        mine.append(timed(lambda: ours(given)))
        other.append(timed(lambda: theirs(given)))
    print(
        f"n = {rows:>6}  d = {columns:>4}  cca-zoo {1000 * median(other):6.0f} ms "
        f"{memory[1]:4.0f} MiB  ours {1000 * median(mine):6.0f} ms {memory[0]:4.0f} MiB  "
        f"data {size:4.0f} MiB  off {off:.0e}  ratio {median(other) / median(mine):.1f}  "
        f"(limit {limit})",
        flush=True,
    )


def main() -> None:
    compare(1000, 50, 21, "-")
    compare(10_000, 200, 9, "1.7")
    compare(50_000, 200, 3, "no copy")
    compare(10_000, 1000, 1, "-")


if __name__ == "__main__":
    main()
