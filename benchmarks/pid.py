"""Exact information decomposition: `consilience` against its peers, alternating in one process.

Peers: cvxpy (vectorised exponential-cone model) with Clarabel and with SCS, and dit's PID_BROJA
by its cone method. A peer's error is measured against an interval certified to 1e-10 bits, not
against its own word. A peer that takes a quarter of its time limit at one size is not run at
larger ones, where it would take about eight times as long; compiled code cannot be interrupted.

    OMP_NUM_THREADS=1 python benchmarks/pid.py            # sizes up to (100, 10), ~20 minutes
    OMP_NUM_THREADS=1 python benchmarks/pid.py --quick    # sizes up to (20, 2)
"""

import argparse
import itertools
import signal
import time
import warnings
from collections.abc import Callable
from statistics import median
from types import FrameType

import cvxpy as cp
import dit
import numpy as np
import scipy.sparse as sp
from dit.pid import PID_BROJA

from consilience.functional.pid import pid

SIZES = ((2, 2), (5, 2), (10, 2), (20, 2), (20, 10), (50, 10), (100, 10))
KINDS = {"dense": 1.0, "peaky": 0.1}
ACCURATE = 1e-5

Solver = Callable[[np.ndarray, float], float]


def ours(p: np.ndarray, _limit: float = 0.0) -> float:
    found = pid(p)
    return float(found.unique[0] + found.information[1])


def with_cvxpy(solver: str, limit_name: str, **settings: float) -> Solver:
    def solve(p: np.ndarray, limit: float) -> float:
        n1, n2, k = p.shape
        q = cp.Variable((n1 * n2, k), nonneg=True)
        pairs = cp.sum(q, axis=1, keepdims=True) @ np.ones((1, k))
        first = sp.kron(sp.eye_array(n1), np.ones((1, n2)), format="csr")
        second = sp.kron(np.ones((1, n1)), sp.eye_array(n2), format="csr")
        constraints = [first @ q == p.sum(1), second @ q == p.sum(0)]
        problem = cp.Problem(cp.Minimize(cp.sum(cp.rel_entr(q, pairs))), constraints)
        options = {limit_name: limit, **settings}
        problem.solve(solver=solver, **options)
        py = p.sum((0, 1))
        return float((problem.value - (py * np.log(py)).sum()) / np.log(2))

    return solve


def with_dit(p: np.ndarray, _limit: float) -> float:
    cells = list(itertools.product(*map(range, p.shape)))
    names = [tuple(map(str, cell)) for cell in cells]
    table = dit.Distribution(names, [float(p[cell]) for cell in cells])
    unique = float(PID_BROJA(table, ((0,), (1,)), (2,), method="cone").get_pi(((0,),)))
    second = p.sum(0)
    joint = second * np.log2(second / second.sum(0) / second.sum(1, keepdims=True))
    return unique + float(joint.sum())


PEERS: dict[str, Solver] = {
    "cvxpy + Clarabel": with_cvxpy("CLARABEL", "time_limit"),
    "cvxpy + SCS": with_cvxpy(
        "SCS", "time_limit_secs", eps_abs=1e-6, eps_rel=1e-6, max_iters=1_000_000
    ),
    "dit PID_BROJA": with_dit,
}


def timed(solve: Solver, p: np.ndarray, limit: float) -> tuple[float, float]:
    start = time.perf_counter()
    value = solve(p, limit)
    return time.perf_counter() - start, value


def out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def attempt(solve: Solver, p: np.ndarray, limit: float) -> tuple[float, float | str]:
    start = time.perf_counter()
    signal.alarm(int(limit) + 1)
    try:
        return timed(solve, p, limit)
    except TimeoutError:
        return time.perf_counter() - start, "out of time"
    except Exception as error:  # noqa: BLE001  a peer may fail in any way; that is a result
        seconds = time.perf_counter() - start
        return seconds, "out of time" if seconds > limit else f"fails: {type(error).__name__}"
    finally:
        signal.alarm(0)


def verdict(value: float | str, truth: tuple[float, float]) -> str:
    if isinstance(value, str):
        return value
    error = max(truth[0] - value, value - truth[1], 0.0)
    return f"error {error:.0e}" + ("" if error <= ACCURATE else "  NOT ACCURATE")


def compare(p: np.ndarray, label: str, limit: float, repeat: int, skip: dict[str, float]) -> None:
    reference = pid(p, tol=1e-10)
    top = float(reference.unique[0] + reference.information[1])
    truth = (top - float(reference.gap), top)
    gap = pid(p).gap
    for name, solve in PEERS.items():
        if name in skip:
            print(f"{label}  {name:<17} not run: took {skip[name]:.0f} s at a smaller size")
            continue
        mine: list[float] = []
        theirs: list[float] = []
        value: float | str = ""
        for _ in range(repeat):
            mine.append(timed(ours, p, limit)[0])
            seconds, value = attempt(solve, p, limit)
            theirs.append(seconds)
            if seconds > 2 or isinstance(value, str):
                break
        if theirs[-1] >= limit / 4:
            skip[name] = theirs[-1]
        ratio = median(theirs) / median(mine)
        print(
            f"{label}  {name:<17} {median(theirs):9.4f} s  {verdict(value, truth):<26}"
            f" ours {median(mine):8.4f} s  gap {gap:.0e}  ratio {ratio:8.1f}",
            flush=True,
        )


def batches(rng: np.random.Generator, limit: float) -> None:
    tables = rng.dirichlet(np.ones(8), 1000).reshape(1000, 2, 2, 2)
    pid(tables[:10])
    alone = {name: attempt(solve, tables[0], limit)[0] for name, solve in PEERS.items()}
    alone = {
        name: median([attempt(solve, table, limit)[0] for table in tables[:10]])
        for name, solve in PEERS.items()
        if alone[name] < limit
    }
    start = time.perf_counter()
    found = pid(tables)
    seconds = time.perf_counter() - start
    fastest = min(alone, key=lambda name: alone[name])
    print(
        f"1,000 tables of (2, 2, 2): {seconds:.3f} s in one call, largest gap "
        f"{np.max(found.gap):.0e}; {fastest} one by one {1000 * alone[fastest]:.1f} s, "
        f"ratio {1000 * alone[fastest] / seconds:.0f}"
    )
    tables = rng.dirichlet(np.ones(800), 200).reshape(200, 20, 20, 2)
    start = time.perf_counter()
    found = pid(tables)
    seconds = time.perf_counter() - start
    print(
        f"200 tables of (20, 20, 2): {seconds:.3f} s in one call, largest gap "
        f"{np.max(found.gap):.0e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="sizes up to (20, 2) only")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds a peer may take")
    parser.add_argument("--repeat", type=int, default=5, help="runs of small sizes")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, out_of_time)
    rng = np.random.default_rng(0)
    for kind, alpha in KINDS.items():
        skip: dict[str, float] = {}
        for n, k in SIZES[:4] if options.quick else SIZES:
            p = rng.dirichlet(np.full(n * n * k, alpha)).reshape(n, n, k)
            compare(p, f"{kind} ({n:>3}, {k:>2})", options.limit, options.repeat, skip)
    batches(rng, options.limit)


if __name__ == "__main__":
    main()
