"""Fusion methods against their textbook forms: time, peak memory, ratio.

A peer is the method's equation written down plainly in PyTorch, with the same weights and the
same numbers. Forward and backward of a batch, float32. Times: ours and the peer's alternate in
one process, CPU time, medians. Memory (Linux): each form in a process of its own, the kernel's
peak of resident memory (VmHWM) over three forward and backward passes, above what the process
held with weights and inputs made and libraries warm; so the weight does not count, its gradient
does. "weight" is the size of either.

    OMP_NUM_THREADS=1 python benchmarks/fusion.py            # ~5 minutes, 8 GB of memory
    OMP_NUM_THREADS=1 python benchmarks/fusion.py --quick    # without the largest, ~1 minute
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import final

import torch
from torch import Tensor, nn

from consilience.functional.tensor import outer_with_ones
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.fusion.residual import ResidualFusion
from consilience.fusion.tensor import TensorFusion

Inputs = Mapping[str, Tensor]
Form = Callable[[nn.Module, Inputs], Tensor]

MIB = 2**20


def ours(model: nn.Module, inputs: Inputs) -> Tensor:
    return model(inputs)


def with_one(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones(len(x), 1)], dim=1)


def stored_outer_product(model: nn.Module, inputs: Inputs) -> Tensor:
    """Zadeh et al. as written: make the tensor, flatten it, one linear layer."""
    z = outer_with_ones(list(inputs.values())).flatten(1)
    weight, bias = model.get_parameter("weight"), model.get_parameter("bias")
    return z @ weight.flatten(0, -2) + bias


def stacked_factors(model: nn.Module) -> list[Tensor]:
    factors = (
        model.get_parameter(f"factors.{m}") for m in range(len(list(model.parameters())) - 2)
    )
    return list(factors)


def loop_over_rank(model: nn.Module, inputs: Inputs) -> Tensor:
    """Liu et al., equation 6 as written: a sum over the rank of products over modalities."""
    raised = [with_one(x) for x in inputs.values()]
    factors, weights = stacked_factors(model), model.get_parameter("weights")
    total = model.get_parameter("bias")
    for r in range(len(weights)):
        product = reduce(torch.mul, (z @ f[:, r] for z, f in zip(raised, factors, strict=True)))
        total = total + weights[r] * product
    return total


def loop_over_modalities(model: nn.Module, inputs: Inputs) -> Tensor:
    """A product of the whole batch for every term at once, on factors stored as ours are."""
    raised = [with_one(x) for x in inputs.values()]
    terms = [z @ f.movedim(1, 0) for z, f in zip(raised, stacked_factors(model), strict=True)]
    product = reduce(torch.mul, terms)
    weights, bias = model.get_parameter("weights"), model.get_parameter("bias")
    return (weights[None] @ product.movedim(0, 1)).squeeze(1) + bias


def authors_loop(model: nn.Module, inputs: Inputs) -> Tensor:
    """The same on factors stored as in the authors' code, `(rank, width + 1, out)`."""
    pairs = zip(inputs.values(), stacked_factors(model), strict=True)
    product = reduce(torch.mul, (with_one(x) @ factor for x, factor in pairs))
    weights, bias = model.get_parameter("weights"), model.get_parameter("bias")
    return (weights[None] @ product.movedim(0, 1)).squeeze(1) + bias


def rank_first(model: nn.Module) -> nn.Module:
    """A copy of a low-rank fusion whose factors are stored `(rank, width + 1, out)`."""
    copied = deepcopy(model)
    for factor in stacked_factors(copied):
        factor.data = factor.data.movedim(1, 0).contiguous()
    return copied


def as_ours(gradient: Tensor) -> Tensor:
    """A gradient of `rank_first`, its axes in our order."""
    return gradient.movedim(0, 1) if gradient.ndim == 3 else gradient


def held_by(form: Form, model: nn.Module) -> nn.Module:
    """The module whose parameters a form reads: the same numbers in the form's own layout."""
    return rank_first(model) if form is authors_loop else model


def stored_products(model: nn.Module, inputs: Inputs) -> Tensor:
    """Wörtwein et al. as written: all products of every order side by side, linear heads."""
    vectors = list(inputs.values())
    total: Tensor = model.get_parameter("heads.0.bias")
    for k in range(1, len(vectors) + 1):
        for i, chosen in enumerate(combinations(vectors, k)):
            z = chosen[0]
            for x in chosen[1:]:
                z = (z[:, :, None] * x[:, None, :]).flatten(1)
            total = total + z @ model.get_parameter(f"heads.{k - 1}.weights.{i}").flatten(0, -2)
    return total


@final
@dataclass(frozen=True)
class Case:
    """One method at one size.

    Attributes:
        make: Builds the module from widths and output width.
        peers: Its textbook forms, by name.
        width: Width of each modality.
        out: Width of the fused vector.
        batch: Samples.
        modalities: How many.
        repeat: Timed runs of each form.
        wide: Whether it takes gigabytes.
    """

    make: Callable[[Mapping[str, int], int], nn.Module]
    peers: Mapping[str, Form]
    width: int
    out: int
    batch: int = 128
    modalities: int = 3
    repeat: int = 15
    wide: bool = False

    def built(self) -> tuple[nn.Module, dict[str, Tensor]]:
        """The module and a batch of inputs, the same at every call."""
        torch.manual_seed(0)
        dims = {f"m{i}": self.width for i in range(self.modalities)}
        model = self.make(dims, self.out)
        inputs = {m: torch.randn(self.batch, d, requires_grad=True) for m, d in dims.items()}
        return model, inputs


OUTER: Mapping[str, Form] = {"stored outer product": stored_outer_product}
LOOPS: Mapping[str, Form] = {
    "loop over rank": loop_over_rank,
    "loop over modalities": loop_over_modalities,
    "the authors' layout": authors_loop,
}
PRODUCTS: Mapping[str, Form] = {"stored products": stored_products}


def low_rank(dims: Mapping[str, int], out: int) -> nn.Module:
    return LowRankTensorFusion(dims, out, rank=16)


CASES: Mapping[str, Case] = {
    "tensor, 3 x 64, out 64": Case(TensorFusion, OUTER, 64, 64),
    "tensor, 3 x 32, out 64": Case(TensorFusion, OUTER, 32, 64),
    "tensor, 4 x 16, out 64": Case(TensorFusion, OUTER, 16, 64, modalities=4),
    "tensor, 3 x 64, out 64, batch 2,048": Case(
        TensorFusion, OUTER, 64, 64, batch=2048, repeat=3, wide=True
    ),
    "tensor, 3 x 128, out 64": Case(TensorFusion, OUTER, 128, 64, repeat=3, wide=True),
    "low rank 16, 3 x 128, out 64": Case(low_rank, LOOPS, 128, 64, repeat=101),
    "low rank 16, 3 x 32, out 64": Case(low_rank, LOOPS, 32, 64, repeat=101),
    "residual, 3 x 64, out 10": Case(ResidualFusion, PRODUCTS, 64, 10),
}


def forms(case: Case) -> dict[str, Form]:
    return {"ours": ours, **case.peers}


def step(form: Form, model: nn.Module, inputs: Inputs, pull: Tensor) -> Tensor:
    for leaf in (*model.parameters(), *inputs.values()):
        leaf.grad = None
    fused = form(model, inputs)
    fused.backward(pull)
    return fused.detach()


def agree(case: Case, model: nn.Module, inputs: Inputs, pull: Tensor) -> None:
    """The peer gives the same numbers and the same gradients."""
    expected = step(ours, model, inputs, pull)
    gradients = [p.grad for p in model.parameters()]
    for form in case.peers.values():
        held = held_by(form, model)
        torch.testing.assert_close(step(form, held, inputs, pull), expected, rtol=1e-3, atol=1e-3)
        for p, g in zip(held.parameters(), gradients, strict=True):
            found = p.grad if form is not authors_loop or p.grad is None else as_ours(p.grad)
            torch.testing.assert_close(found, g, rtol=1e-2, atol=1e-2)


def times(case: Case) -> dict[str, float]:
    model, inputs = case.built()
    pull = torch.randn(case.batch, case.out)
    agree(case, model, inputs, pull)
    measured: dict[str, list[float]] = {name: [] for name in forms(case)}
    held = {name: held_by(form, model) for name, form in forms(case).items()}
    for _ in range(case.repeat):
        for name, form in forms(case).items():
            start = time.process_time()
            step(form, held[name], inputs, pull)
            measured[name].append(time.process_time() - start)
    return {name: median(seconds) for name, seconds in measured.items()}


def peak(case_name: str, form_name: str) -> float:
    """MiB above what the process held, measured in a child."""
    command = [sys.executable, __file__, "--child", case_name, form_name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command
    return float(done.stdout) if done.returncode == 0 else float("nan")


def highest_resident() -> int:
    """The most memory this process has held, in KiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0])


def child(case_name: str, form_name: str) -> None:
    case = CASES[case_name]
    form = forms(case)[form_name]
    square = torch.randn(512, 512, requires_grad=True)
    (square @ square).sum().backward()
    small = replace(case, width=2, out=2, batch=8)
    warm, few = small.built()
    step(form, held_by(form, warm), few, torch.randn(8, 2))
    model, inputs = case.built()
    model = held_by(form, model)
    pull = torch.randn(case.batch, case.out)
    before = highest_resident()
    for _ in range(3):
        step(form, model, inputs, pull)
    print((highest_resident() - before) / 1024)


def report(name: str, case: Case) -> None:
    seconds = times(case)
    memory = {form: peak(name, form) for form in forms(case)}
    model, _ = case.built()
    weight = sum(p.numel() * p.element_size() for p in model.parameters()) / MIB
    mine, held = seconds["ours"], memory["ours"]
    print(f"{name}: weight {weight:.1f} MiB")
    print(f"    {'ours':<22}{1000 * mine:9.2f} ms {held:9.1f} MiB")
    for form in case.peers:
        ratio, share = seconds[form] / mine, memory[form] / max(held, 0.1)
        print(
            f"    {form:<22}{1000 * seconds[form]:9.2f} ms {memory[form]:9.1f} MiB"
            f"    ratio {ratio:5.2f} x time {share:5.1f} x memory",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without the largest cases")
    parser.add_argument("--only", default="", help="cases whose name begins so")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        child(*options.child)
        return
    for name, case in CASES.items():
        if name.startswith(options.only) and not (options.quick and case.wide):
            report(name, case)


if __name__ == "__main__":
    main()
