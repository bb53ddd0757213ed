"""Peak memory and time of a study of a million rows, three modalities of width 64.

The Parquet file is written by chunks, so that this process stays small; the study runs in a
process of its own, whose workers' memory counts too: sampled is the sum over the process and
its descendants of the memory that is theirs alone plus their share of what is shared (PSS).
The bound is 6 GB. The target depends on the first two modalities; the third is noise.

    python benchmarks/million_rows.py --rows 1000000 --workers 2
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

WIDTH = 64
MODALITIES = ("audio", "video", "text")
CHUNK = 50_000
BOUND = 6.0
"""Gigabytes that a study of a million rows may take."""


def write(path: Path, rows: int) -> None:
    """Writes the samples, a chunk at a time.

    Args:
        path: The Parquet file.
        rows: How many samples.
    """
    random = np.random.default_rng(0)
    names = [f"{m}_{i}" for m in MODALITIES for i in range(WIDTH)]
    schema = pa.schema([("label", pa.int8()), *((name, pa.float32()) for name in names)])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            values = random.standard_normal((count, len(names)), dtype=np.float32)
            score = values[:, 0] + values[:, WIDTH] + random.standard_normal(count)
            label = pa.array((score > 0).astype(np.int8))
            columns = [label, *(pa.array(column) for column in values.T)]
            writer.write_table(pa.table(columns, schema=schema))


def family(pid: int) -> list[int]:
    """A process and its descendants that live.

    Args:
        pid: The process.

    Returns:
        Their ids.
    """
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += family(int(child))
        except OSError:
            continue
    return found


def memory(pid: int) -> float:
    """Memory of one process, what is shared counted by share, in gigabytes.

    Args:
        pid: The process.

    Returns:
        Its PSS; 0 if it is gone.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 2**20


def watched(command: list[str], every: float = 0.5) -> tuple[float, float, int]:
    """Runs a command and looks at its memory.

    Args:
        command: What to run.
        every: Seconds between two looks.

    Returns:
        The peak in gigabytes, the seconds it took and its exit code.
    """
    began = perf_counter()
    ended = Event()
    peak = 0.0

    with subprocess.Popen(command) as process:  # noqa: S603  a command made here

        def look() -> None:
            nonlocal peak
            while not ended.wait(every):
                now = sum(memory(pid) for pid in family(process.pid))
                if now > peak:
                    peak = now
                    print(f"{perf_counter() - began:6.0f} s  peak {peak:.2f} GB", flush=True)

        watcher = Thread(target=look, daemon=True)
        watcher.start()
        code = process.wait()
        ended.set()
        watcher.join()
    return peak, perf_counter() - began, code


def main() -> int:
    """Writes, runs, prints.

    Returns:
        The exit code: 0 if the study ended within the bound.
    """
    parser = argparse.ArgumentParser(description="Memory of a study of a million rows.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--budget", type=float, default=5.0)
    parser.add_argument("--methods", nargs="+", default=["concat"])
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.parquet"
        write(path, told.rows)
        print(f"{told.rows} rows, {path.stat().st_size / 2**30:.2f} GB on disk", flush=True)
        command = [
            str(Path(sys.executable).with_name("consilience")),
            "study",
            str(path),
            "--target",
            "label",
        ]
        for name in MODALITIES:
            command += ["--modality", f"{name}={name}_*"]
        for method in told.methods:
            command += ["--method", method]
        command += ["--folds", str(told.folds), "--seeds", "1", "--budget", str(told.budget)]
        command += ["--workers", str(told.workers), "--out", str(Path(folder) / "run")]
        peak, seconds, code = watched(command)
    print(f"peak {peak:.2f} GB of {BOUND:.0f}, {seconds:.0f} s, exit code {code}", flush=True)
    return code or int(peak > BOUND)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
