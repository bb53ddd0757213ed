"""Losses of two processes, each with rows of its own, for `test_gathering.py` and others.

    python spread.py FOLDER

forks once; each process writes to FOLDER what it found: losses and gradients, averaged over
both as `DistributedDataParallel` does, and then, alone, those of the whole batch.
"""

import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, distributed
from torch.nn import functional as F

from consilience.coordination.contrastive import (
    clip_loss,
    hard_negative_info_nce,
    info_nce,
    multiview_info_nce,
    siglip_loss,
    vse_loss,
)
from consilience.coordination.memory import MemoryQueue
from consilience.coordination.order import order_loss

SPLIT = 5
"""Rows of the first process; the second has the remaining three."""

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def _unit(loss: Callable[..., Tensor], **options: object) -> Loss:
    def call(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        return loss(F.normalize(a, dim=1), F.normalize(b, dim=1), (-t).exp(), **options)

    return call


def _views(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    rows = b[:, 0].detach()
    presence = torch.stack([rows < 50, rows > -50, rows > 0.2], dim=1)
    return multiview_info_nce({"a": a, "b": b, "c": a * b}, presence, (-t).exp())


LOSSES: dict[str, Loss] = {
    "info_nce": _unit(info_nce),
    "info_nce one way": _unit(info_nce, symmetric=False),
    "info_nce in tiles": _unit(info_nce, tile=2),
    "clip": clip_loss,
    "siglip": lambda a, b, t: siglip_loss(a, b, t, t - 3),
    "hard": _unit(hard_negative_info_nce, beta=2.0),
    "views": _views,
    "vse": lambda a, b, t: vse_loss(a, b) * t,
    "order": lambda a, b, t: order_loss(a.abs(), b.abs()) * t,
}


def drawn() -> tuple[list[Tensor], list[Tensor]]:
    """Inputs of eight pairs, and the parameters of two linear towers and a scale."""
    rng = torch.Generator().manual_seed(5)
    x, y, u, v = (
        torch.randn(*shape, generator=rng, dtype=torch.float64)
        for shape in ((8, 4), (8, 3), (4, 2), (3, 2))
    )
    parameters = [u, v, torch.tensor(1.1, dtype=torch.float64)]
    return [x, y], [p.requires_grad_() for p in parameters]


def outcome(loss: Loss, rows: slice) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Loss and gradients of the parameters, of some rows."""
    (x, y), parameters = drawn()
    u, v, t = parameters
    value = loss(x[rows] @ u, y[rows] @ v, t)
    return value.detach(), torch.autograd.grad(value, parameters)


def _averaged(rank: int) -> dict[str, np.ndarray]:
    rows = slice(0, SPLIT) if rank == 0 else slice(SPLIT, 8)
    found: dict[str, np.ndarray] = {}
    for name, loss in LOSSES.items():
        value, gradients = outcome(loss, rows)
        found[name] = value.numpy()
        for i, gradient in enumerate(gradients):
            distributed.all_reduce(gradient)
            found[f"{name}/{i}"] = (gradient / 2).numpy()
    queue = MemoryQueue(dim=1, size=6)
    queue.push(torch.arange(8.0)[rows, None])
    found["queue"] = queue.rows.numpy()
    return found


def _process(rank: int, folder: Path) -> None:
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2
    )
    found = _averaged(rank)
    distributed.barrier()
    distributed.destroy_process_group()
    for name, loss in LOSSES.items():
        value, gradients = outcome(loss, slice(0, 8))
        found[f"whole {name}"] = value.numpy()
        found |= {f"whole {name}/{i}": g.numpy() for i, g in enumerate(gradients)}
    with zipfile.ZipFile(folder / f"found{rank}.npz", "w") as archive:
        for name, array in found.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, array, allow_pickle=False)


def main(folder: Path) -> int:
    """Forks the second process and waits for it."""
    child = os.fork()
    _process(1 if child == 0 else 0, folder)
    return 0 if child == 0 else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
