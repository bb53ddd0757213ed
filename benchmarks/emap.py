"""The additive projection by quick ways, against the whole model on all pairs.

The peer is what the authors' published code does: the whole model on every pair of samples, in
batches of 32. Ours and the peer's alternate in one process, CPU time, medians, float32. Two
towers, perceptrons 128 - 256 - 64, with different heads:

- a head that begins with a linear layer: towers once, that layer split by modality, the rest on
  all pairs; where the rest is one ReLU layer, by sorting, and where it is one smooth layer, by
  interpolation;
- additive, bilinear and low-rank heads in closed form;
- a head that is a black box, of which nothing is known but that it can be called: towers once, the
  head on all pairs by tiles.

A whole model that is a black box is only given larger batches: the gain is the share of overhead
in a batch of 32, large for narrow towers (32 - 32 - 32) and bounded by the arithmetic for these.

The largest difference of the results relative to the largest value is printed as "off". Memory
(Linux) is the kernel's peak above what the process held before.

    OMP_NUM_THREADS=1 python benchmarks/emap.py            # ~4 minutes
    OMP_NUM_THREADS=1 python benchmarks/emap.py --quick    # N = 500 only, ~1 minute
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast, final

import numpy as np
import torch
from torch import Tensor, nn

from consilience import MultimodalData
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.quantification.emap import emap, emap_of_head

BATCH = 32
OUTPUTS = 3


class Towers(nn.Module):
    """A perceptron a modality, then a head of both."""

    def __init__(self, head: str, wide: int, hidden: int, features: int) -> None:
        super().__init__()
        self.one, self.two = tower(wide, hidden, features), tower(wide, hidden, features)
        self.head = heads(features)[head]

    def features(self, a: Tensor, b: Tensor) -> dict[str, Tensor]:
        """What the towers make of both modalities."""
        return {"a": self.one(a), "b": self.two(b)}

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """The output of pairs."""
        x = self.features(a, b)
        if isinstance(self.head, nn.Bilinear):
            return self.head(x["a"], x["b"])
        if isinstance(self.head, LowRankTensorFusion | Unseen):
            return self.head(x)
        return self.head(torch.cat([x["a"], x["b"]], dim=1))


class Unseen(nn.Module):
    """One ReLU layer in a module of a class that the library does not know."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * features, features), nn.ReLU(), nn.Linear(features, OUTPUTS)
        )

    def forward(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """The output of pairs."""
        del presence
        return self.layers(torch.cat(list(features.values()), dim=1))


def tower(wide: int, hidden: int, features: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(wide, hidden), nn.ReLU(), nn.Linear(hidden, features))


def heads(n: int) -> Mapping[str, nn.Module]:
    last = nn.Linear(n, OUTPUTS)
    return {
        "one ReLU layer": nn.Sequential(nn.Linear(2 * n, n), nn.ReLU(), last),
        "one GELU layer": nn.Sequential(nn.Linear(2 * n, n), nn.GELU(), last),
        "norm and GELU": nn.Sequential(nn.Linear(2 * n, n), nn.LayerNorm(n), nn.GELU(), last),
        "two ReLU layers": nn.Sequential(
            nn.Linear(2 * n, n), nn.ReLU(), nn.Linear(n, n), nn.ReLU(), last
        ),
        "additive": nn.Linear(2 * n, OUTPUTS),
        "bilinear": nn.Bilinear(n, n, OUTPUTS),
        "low-rank": LowRankTensorFusion({"a": n, "b": n}, OUTPUTS),
        "black-box head": Unseen(n),
    }


Way = Callable[[Towers, Tensor, Tensor], Tensor]


def whole_model(model: Towers, a: Tensor, b: Tensor) -> Tensor:
    """Every pair of samples in batches of 32, then the projection."""
    rows = len(a)
    one, two = torch.arange(rows).repeat_interleave(rows), torch.arange(rows).repeat(rows)
    parts = [model(a[i], b[j]) for i, j in zip(one.split(BATCH), two.split(BATCH), strict=True)]
    grid = torch.cat(parts).unflatten(0, (rows, rows)).double()
    return grid.mean(dim=1) + grid.mean(dim=0) - grid.mean(dim=(0, 1))


def quick(model: Towers, a: Tensor, b: Tensor) -> Tensor:
    return emap_of_head(model.head, model.features(a, b)).double()


def black_box(model: Towers, a: Tensor, b: Tensor) -> Tensor:
    """The library's function, told nothing about the model."""
    data = MultimodalData({"a": a.numpy(), "b": b.numpy()})

    def predict(x: MultimodalData) -> Tensor:
        one, two = (
            cast("np.ndarray", x.modalities[n]).astype(np.float32, copy=False) for n in "ab"
        )
        return model(torch.from_numpy(one), torch.from_numpy(two))

    return torch.from_numpy(emap(predict, data))


@final
@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: Of the head.
        rows: Samples.
        way: Ours.
        limit: Ratio to reach; None for none.
        widths: Of the modalities, of the towers' hidden layers and of the features.
    """

    name: str
    rows: int
    way: Way
    limit: int | None
    widths: tuple[int, int, int] = (128, 256, 64)


CASES = (
    Case("one ReLU layer", 500, quick, 80),
    Case("one GELU layer", 500, quick, 80),
    Case("norm and GELU", 500, quick, None),
    Case("two ReLU layers", 500, quick, None),
    Case("additive", 500, quick, 100),
    Case("bilinear", 500, quick, 100),
    Case("low-rank", 500, quick, 100),
    Case("black-box head", 500, quick, 4),
    Case("one ReLU layer", 500, black_box, 4, (32, 32, 32)),
    Case("one ReLU layer", 500, black_box, None),
    Case("one ReLU layer", 2000, quick, 100),
    Case("one GELU layer", 2000, quick, 80),
    Case("bilinear", 2000, quick, 100),
    Case("black-box head", 2000, quick, 4),
    Case("one ReLU layer", 2000, black_box, 4, (32, 32, 32)),
)


def timed(way: Way, model: Towers, a: Tensor, b: Tensor) -> tuple[float, Tensor]:
    start = time.process_time()
    with torch.inference_mode():
        found = way(model, a, b)
    return time.process_time() - start, found


def status(field: str) -> float:
    """MiB of a line of the kernel's status of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def peak(way: Way, model: Towers, a: Tensor, b: Tensor) -> float:
    """MiB held at most above what was held before."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before = status("VmRSS")
    timed(way, model, a, b)
    return max(0.0, status("VmHWM") - before)


def compare(case: Case) -> None:
    torch.manual_seed(0)
    model = Towers(case.name, *case.widths).eval()
    a, b = torch.randn(2, case.rows, case.widths[0])
    mine: list[float] = []
    theirs: list[float] = []
    off = 0.0
    held = peak(case.way, model, a, b)
    for _ in range(5 if case.rows == 500 else 1):
        mine += [timed(case.way, model, a, b)[0] for _ in range(2)]
        seconds, found = timed(case.way, model, a, b)
        mine.append(seconds)
        seconds, expected = timed(whole_model, model, a, b)
        theirs.append(seconds)
        off = float((found - expected).abs().max() / expected.abs().max())
    name = case.name if case.way is quick else f"{case.name}, black box {case.widths[0]}"
    print(
        f"N = {case.rows:>4}  {name:<29} whole model {1000 * median(theirs):7.0f} ms"
        f"  ours {1000 * median(mine):7.1f} ms {held:5.0f} MiB  off {off:.0e}"
        f"  ratio {median(theirs) / median(mine):6.1f}  (limit {case.limit or '-'})",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="N = 500 only")
    parser.add_argument("--only", default="", help="heads whose name begins so")
    options = parser.parse_args()
    for case in CASES:
        if case.name.startswith(options.only) and (case.rows == 500 or not options.quick):
            compare(case)


if __name__ == "__main__":
    main()
