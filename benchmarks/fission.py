"""What a step of factorized contrastive learning costs, and what vectorised negatives save.

    OMP_NUM_THREADS=1 python benchmarks/fission.py     # half a minute

Counts passes of encoders in a step (2 with labels, 4 with views), times a step beside that of
plain cross-modal contrastive learning with the same encoders, and times conditional bounds
beside the same bounds by a Python loop over classes.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from consilience.fission.augmentation import NoiseAugmentation
from consilience.fission.critics import SeparableCritic
from consilience.fission.factorized import FactorizedEncoders
from consilience.functional.factorized import infonce_bound, infonce_bound_given, same_class

ROWS, WIDTH, DIM, CLASSES = 256, 100, 5, 10
REPEATS = 20


class Counted(nn.Module):
    """An encoder of the paper's size that counts its passes."""

    out_dim = 128

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Linear(WIDTH, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()]
        self.net = nn.Sequential(*layers, nn.Linear(512, self.out_dim))
        self.passes = 0

    def forward(self, x: Tensor) -> Tensor:
        """Encodes and counts."""
        self.passes += 1
        return self.net(x)


def seconds(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median time of a call."""
    call()
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return sorted(times)[repeats // 2]


def batch() -> tuple[dict[str, Tensor], Tensor]:
    return {m: torch.randn(ROWS, WIDTH) for m in "ab"}, torch.randint(CLASSES, (ROWS,))


def factorized_step(augmentation: NoiseAugmentation | None) -> tuple[int, float]:
    """Passes of encoders in a step, and its time in ms with one inner step of the critics."""
    encoders = {"a": Counted(), "b": Counted()}
    targets = CLASSES if augmentation is None else None
    model = FactorizedEncoders(
        encoders, DIM, targets=targets, augmentation=augmentation, random_state=0
    )
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    x, y = batch()

    def step() -> None:
        optimiser.zero_grad()
        model.loss(x, y).backward()
        optimiser.step()

    step()
    passes = sum(e.passes for e in encoders.values())
    return passes, 1e3 * seconds(step)


def contrastive_step() -> float:
    """Time in ms of a step that only aligns."""
    towers = nn.ModuleDict({m: nn.Sequential(Counted(), nn.Linear(128, 2 * DIM)) for m in "ab"})
    critic = SeparableCritic(2 * DIM, 2 * DIM)
    optimiser = torch.optim.Adam([*towers.parameters(), *critic.parameters()], fused=True)
    x, _ = batch()

    def step() -> None:
        optimiser.zero_grad()
        (-infonce_bound(critic(*(towers[m](x[m]) for m in "ab")))).backward()
        optimiser.step()

    return 1e3 * seconds(step)


def by_classes(scores: Tensor, codes: Tensor) -> Tensor:
    """The conditional bound by a loop over classes."""
    total = scores.new_zeros(())
    for c in codes.unique():
        rows = (codes == c).nonzero()[:, 0]
        total = total + infonce_bound(scores[rows][:, rows]) * len(rows)
    return total / len(codes)


def negatives(classes: int) -> tuple[float, float]:
    """Time in ms of the conditional bound and its gradient: vectorised, and by a loop."""
    scores, codes = torch.randn(ROWS, ROWS, requires_grad=True), torch.randint(classes, (ROWS,))
    ours = infonce_bound_given(scores, same_class(codes))
    assert torch.allclose(ours, by_classes(scores, codes), atol=1e-5)
    one = seconds(lambda: infonce_bound_given(scores, same_class(codes)).backward())
    return 1e3 * one, 1e3 * seconds(lambda: by_classes(scores, codes).backward())


def main() -> None:
    torch.manual_seed(0)
    plain = contrastive_step()
    print(f"a step of {ROWS} rows, encoders {WIDTH}-512-512-128")
    print(f"{'contrastive':<24}2 passes {plain:>8.1f} ms")
    for name, view in (("factorized, labels", None), ("factorized, views", NoiseAugmentation())):
        passes, ms = factorized_step(view)
        assert passes <= 4
        print(f"{name:<24}{passes} passes {ms:>8.1f} ms   ratio {ms / plain:.1f}")
    for classes in (2, 10, 100):
        ours, loop = negatives(classes)
        print(
            f"conditional bound, {classes:>3} classes {ours:>8.2f} ms, loop {loop:>8.2f} ms"
            f"   ratio {loop / ours:.1f}"
        )


if __name__ == "__main__":
    main()
