"""InfoNCE in tiles against the usual loss with its square of logits: time, memory, ratio.

Peers: "logits twice", cross entropy of both directions with a matrix product each, as CLIP's
open programs do it; "logits once", the same from one product and its transpose. Forward and
backward of a batch of unit vectors and a learnt scale, float32. Times: the forms alternate in
one process, CPU time, medians. Memory (Linux): each form in a process of its own, the kernel's
peak of resident memory (VmHWM) over two passes, above what the process held with the inputs made
and libraries warm: gradients count, inputs do not.

    OMP_NUM_THREADS=1 python benchmarks/contrastive.py --quick   # up to 4,096 pairs, ~20 s
    OMP_NUM_THREADS=1 python benchmarks/contrastive.py           # and 16,384: ~2 minutes, 5 GB
    OMP_NUM_THREADS=1 python benchmarks/contrastive.py --large   # 65,536 pairs, ours alone
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional as F

from consilience.functional.contrastive import info_nce

Form = Callable[[Tensor, Tensor, Tensor], Tensor]

WIDTH = 256


def ours(za: Tensor, zb: Tensor, scale: Tensor) -> Tensor:
    return info_nce(za, zb, scale.reciprocal())


def logits_twice(za: Tensor, zb: Tensor, scale: Tensor) -> Tensor:
    forth, back = scale * za @ zb.T, scale * zb @ za.T
    own = torch.arange(len(za))
    return (F.cross_entropy(forth, own) + F.cross_entropy(back, own)) / 2


def logits_once(za: Tensor, zb: Tensor, scale: Tensor) -> Tensor:
    logits = scale * za @ zb.T
    own = torch.arange(len(za))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


FORMS: Mapping[str, Form] = {
    "ours": ours,
    "logits twice": logits_twice,
    "logits once": logits_once,
}


def made(pairs: int, scale: float) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    za, zb = (F.normalize(torch.randn(pairs, WIDTH), dim=1).requires_grad_() for _ in "ab")
    return za, zb, torch.tensor(scale, requires_grad=True)


def step(form: Form, leaves: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    for leaf in leaves:
        leaf.grad = None
    loss = form(*leaves)
    loss.backward()
    return loss.detach()


def agree(pairs: int, scale: float) -> float:
    """The largest difference of a gradient from the peer's, as a share of its largest entry."""
    leaves = made(pairs, scale)
    mine = step(ours, leaves)
    gradients = [leaf.grad for leaf in leaves]
    torch.testing.assert_close(step(logits_twice, leaves), mine, rtol=1e-5, atol=1e-6)
    worst = 0.0
    for leaf, gradient in zip(leaves, gradients, strict=True):
        assert leaf.grad is not None
        assert gradient is not None
        worst = max(worst, float((leaf.grad - gradient).abs().max() / gradient.abs().max()))
    return worst


def times(pairs: int, scale: float, repeat: int) -> dict[str, float]:
    leaves = made(pairs, scale)
    measured: dict[str, list[float]] = {name: [] for name in FORMS}
    for _ in range(repeat):
        for name, form in FORMS.items():
            start = time.process_time()
            step(form, leaves)
            measured[name].append(time.process_time() - start)
    return {name: median(seconds) for name, seconds in measured.items()}


def peak(name: str, pairs: int, scale: float) -> float:
    """MiB above what the process held, measured in a child."""
    command = [sys.executable, __file__, "--child", name, str(pairs), str(scale)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command
    return float(done.stdout) if done.returncode == 0 else float("nan")


def highest_resident() -> int:
    """The most memory this process has held, in KiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0])


def child(name: str, pairs: int, scale: float) -> None:
    step(FORMS[name], made(64, scale))
    leaves = made(pairs, scale)
    before = highest_resident()
    for _ in range(2):
        step(FORMS[name], leaves)
    print((highest_resident() - before) / 1024)


def report(pairs: int, scale: float, repeat: int) -> None:
    off = agree(pairs, scale)
    seconds = times(pairs, scale, repeat)
    memory = {name: peak(name, pairs, scale) for name in FORMS}
    print(f"{pairs:,} pairs, width {WIDTH}, scale {scale}: gradients differ by {off:.1e}")
    for name in FORMS:
        ratio = seconds[name] / seconds["ours"]
        share = memory[name] / max(memory["ours"], 0.1)
        print(
            f"    {name:<14}{1000 * seconds[name]:10.1f} ms {memory[name]:9.1f} MiB"
            f"    {ratio:5.2f} x time {share:6.1f} x memory",
            flush=True,
        )


def large(pairs: int) -> None:
    leaves = made(pairs, 14.3)
    start = time.process_time()
    loss = step(ours, leaves)
    seconds = time.process_time() - start
    print(f"{pairs:,} pairs: loss {loss.item():.4f} nats, {seconds:.1f} s")
    print(f"    whole process at most {highest_resident() / 1024:.0f} MiB")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without 16,384 pairs")
    parser.add_argument("--large", action="store_true", help="only 65,536 pairs, ours alone")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        child(options.child[0], int(options.child[1]), float(options.child[2]))
        return
    if options.large:
        large(65536)
        return
    report(256, 14.3, 51)
    report(4096, 14.3, 5)
    report(4096, 100.0, 5)
    if not options.quick:
        report(16384, 14.3, 1)


if __name__ == "__main__":
    main()
