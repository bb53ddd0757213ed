"""Many models trained in one pass against one after another, and one model against others' loops.

The models are an estimator's: an encoder a modality, a fusion, a head, with dropout. Each has
its own rows in its own order, as in a study. One after another means `training.fit`, whose batches
are drawn by index, with torch's fused AdamW (with `--lean`, fit's own, the same kernel alone).
Ours and the peer's alternate in one process; medians of CPU and of elapsed time, and their ratios.
Where Lightning is not installed its line is left out (`pip install lightning`).

    OMP_NUM_THREADS=1 python benchmarks/many.py             # ~3 minutes
    OMP_NUM_THREADS=1 python benchmarks/many.py --quick     # fewer runs, ~1 minute
"""

import argparse
import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any, NamedTuple, final

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from consilience.encoders.tabular import TabularEncoder
from consilience.estimators.network import FusionNetwork
from consilience.functional.randomness import seeded
from consilience.training import Supervised, TensorBatches, fit
from consilience.training.loop import adamw
from consilience.training.many import StackedBatches, fit_many

BATCH = 64
OBJECTIVE = Supervised(nn.CrossEntropyLoss())

Head = tuple[str, Mapping[str, int]]
HEADS: tuple[Head, ...] = (
    ("concat", {}),
    ("additive", {}),
    ("gated", {}),
    ("low_rank", {"rank": 2}),
    ("low_rank", {"rank": 4}),
    ("low_rank", {"rank": 8}),
)


class Times(NamedTuple):
    """Seconds of one run.

    Attributes:
        processor: Time of the processor, all threads together.
        elapsed: Time on the wall.
    """

    processor: float
    elapsed: float


Run = Callable[[], object]


def timed(prepare: Callable[[], Run]) -> Times:
    run = prepare()
    processor, elapsed = time.process_time(), time.perf_counter()
    run()
    return Times(time.process_time() - processor, time.perf_counter() - elapsed)


@final
@dataclass(frozen=True)
class Many:
    """Many models to train.

    Attributes:
        name: What is printed.
        heads: Fusion methods and their options.
        copies: Models a head.
        widths: Width of each modality.
        hidden: Width of the features.
        rows: Training rows of the models in turn; each model has one of these numbers.
        epochs: Passes over them.
        held_out: Validation rows; none if zero.
        least: The ratio to reach.
    """

    name: str
    heads: Sequence[Head]
    copies: int
    widths: tuple[int, ...] = (20, 30, 40)
    hidden: int = 32
    rows: tuple[int, ...] = (512,)
    epochs: int = 4
    held_out: int = 0
    least: float | None = None

    def data(self) -> tuple[dict[str, Tensor], Tensor]:
        """Inputs and target of all samples."""
        samples = max(self.rows) + self.held_out
        with seeded(0):
            inputs = {f"m{d}": torch.randn(samples, d) for d in self.widths}
            return inputs, torch.randint(0, 2, (samples,))

    def models(self) -> list[nn.Module]:
        """The models, the same at every call."""
        with seeded(1):
            return [self.model(*head) for head in self.heads for _ in range(self.copies)]

    def model(self, fusion: str, options: Mapping[str, int]) -> nn.Module:
        """One model."""
        return FusionNetwork(
            {f"m{d}": TabularEncoder(d, self.hidden, dropout=0.2) for d in self.widths},
            fusion,
            2,
            hidden=self.hidden,
            dropout=0.2,
            options=options,
        )

    def parts(self, models: int) -> list[tuple[Tensor, Tensor]]:
        """Training and validation rows of each model."""
        out: list[tuple[Tensor, Tensor]] = []
        samples = max(self.rows) + self.held_out
        for i in range(models):
            order = torch.randperm(samples, generator=torch.Generator().manual_seed(i))
            out.append(
                (order[self.held_out :][: self.rows[i % len(self.rows)]], order[: self.held_out])
            )
        return out

    def one_after_another(self, *, lean: bool = False) -> Run:
        """Builds everything; what comes back trains."""
        inputs, target = self.data()
        models = self.models()
        train, check = zip(*self.parts(len(models)), strict=True)
        data = [batches(inputs, target, rows, seed=i) for i, rows in enumerate(train)]
        held_out = [batches(inputs, target, rows, size=4096) for rows in check]

        def run() -> None:
            for model, given, other in zip(models, data, held_out, strict=True):
                validation = other if self.held_out else None
                fit(
                    model,
                    OBJECTIVE,
                    given,
                    validation=validation,
                    max_epochs=self.epochs,
                    patience=None,
                    optimizer=None if lean else fused_adamw(model),
                )

        return run

    def together(self) -> Run:
        """Builds everything; what comes back trains."""
        inputs, target = self.data()
        models = self.models()
        train, check = zip(*self.parts(len(models)), strict=True)
        seeds = range(len(models))
        data = StackedBatches(inputs, train, target, batch_size=BATCH, seeds=seeds)
        held_out = StackedBatches(inputs, check, target, batch_size=4096)
        validation = held_out if self.held_out else None
        return lambda: fit_many(
            models,
            OBJECTIVE,
            data,
            validation=validation,
            max_epochs=self.epochs,
            patience=None,
        )


def batches(
    inputs: Mapping[str, Tensor],
    target: Tensor,
    rows: Tensor,
    *,
    size: int = BATCH,
    seed: int | None = None,
) -> TensorBatches:
    return TensorBatches(
        {m: x[rows] for m, x in inputs.items()}, target[rows], batch_size=size, seed=seed
    )


def fused_adamw(model: nn.Module) -> torch.optim.AdamW:
    """What `fit` takes by itself, as torch's own optimiser."""
    return adamw(model, learning_rate=1e-3, weight_decay=1e-2)


CASES = (
    Many("80 copies", HEADS[:1], 80, least=5.0),
    Many("80 copies, low-rank", HEADS[4:5], 80),
    Many("80 copies, width 64", HEADS[:1], 80, hidden=64),
    Many("6 heads x 20", HEADS, 20, least=2.5),
    Many("6 heads x 5", HEADS, 5),
    Many(
        "80 copies, folds, validation", HEADS[:1], 80, rows=(510, 511, 512, 505, 530), held_out=90
    ),
)


@final
class Loop:
    """One model of 12,000 parameters, four epochs of 24 steps, in several loops."""

    def __init__(self) -> None:
        self.case = Many("", HEADS[:1], 1, rows=(24 * BATCH,))
        self.inputs, self.target = self.case.data()

    def ours(self) -> Run:
        """Batches by index, fused AdamW."""
        data = batches(self.inputs, self.target, torch.arange(len(self.target)), seed=0)
        (model,) = self.case.models()
        return lambda: fit(model, OBJECTIVE, data, max_epochs=self.case.epochs)

    def loader(self) -> "DataLoader[tuple[Tensor, ...]]":
        """What other loops draw from."""
        dataset = TensorDataset(*self.inputs.values(), self.target)
        return DataLoader(dataset, batch_size=BATCH, shuffle=True)

    def loss(self, model: nn.Module, batch: Sequence[Tensor]) -> Tensor:
        """Cross-entropy on what a loader gives."""
        *inputs, target = batch
        return nn.functional.cross_entropy(
            model(dict(zip(self.inputs, inputs, strict=True))), target
        )

    def plain(self) -> Run:
        """The loop of a tutorial."""
        (model,) = self.case.models()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        data = self.loader()

        def run() -> None:
            model.train()
            for _ in range(self.case.epochs):
                for batch in data:
                    optimizer.zero_grad()
                    loss = self.loss(model, batch)
                    loss.backward()
                    optimizer.step()

        return run

    def lightning(self) -> Run:
        """A Lightning trainer without logger, checkpoints and bars; building it is not timed."""
        import lightning  # noqa: PLC0415  seconds, and not always there  # pyright: ignore[reportMissingImports]

        loop, (model,) = self, self.case.models()

        class Module(lightning.LightningModule):  # pyright: ignore[reportUntypedBaseClass]  not always installed
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def training_step(self, batch: Sequence[Tensor], index: int) -> Tensor:
                del index
                return loop.loss(self.model, batch)

            def configure_optimizers(self) -> torch.optim.Optimizer:
                return torch.optim.AdamW(self.parameters(), lr=1e-3)

        quiet: dict[str, Any] = dict.fromkeys(
            ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"),
            False,
        )
        trainer = lightning.Trainer(max_epochs=self.case.epochs, accelerator="cpu", **quiet)
        module, data = Module(), self.loader()
        return lambda: trainer.fit(module, data)


def compare(
    name: str,
    ours: Callable[[], Run],
    peer: Callable[[], Run],
    runs: int,
    least: float | None,
) -> None:
    timed(ours)
    measured = [(timed(peer), timed(ours)) for _ in range(runs)]
    cpu = [median(side[i].processor for side in measured) for i in (0, 1)]
    elapsed = [median(side[i].elapsed for side in measured) for i in (0, 1)]
    wanted = "" if least is None else f"{least:.1f}"
    print(
        f"{name:<34}{1e3 * cpu[0]:>9.0f}{1e3 * cpu[1]:>9.0f}{cpu[0] / cpu[1]:>8.1f}"
        f"{1e3 * elapsed[0]:>12.0f}{1e3 * elapsed[1]:>9.0f}{elapsed[0] / elapsed[1]:>8.1f}"
        f"{wanted:>8}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Many models in one pass.")
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--only", default="", help="lines whose name contains this")
    parser.add_argument("--lean", action="store_true", help="fit's own AdamW one after another")
    given = parser.parse_args()
    runs = 3 if given.quick else 7
    warnings.filterwarnings("ignore")
    for name in ("lightning.pytorch", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.ERROR)
    print(f"{torch.get_num_threads()} threads; ms, medians of {runs} alternating runs")
    print(f"{'':<34}{'processor time':^26}{'elapsed':^29}{'wanted':>8}")
    print(
        f"{'':<34}" + "".join(f"{word:>9}{'ours':>9}{'ratio':>8}   " for word in ("peer", "peer"))
    )
    for case in CASES:
        if given.only in case.name:
            peer = partial(case.one_after_another, lean=given.lean)
            compare(case.name, case.together, peer, runs, case.least)
    loop = Loop()
    peers: dict[str, tuple[Callable[[], Run], float | None]] = {
        "one model, plain loop, DataLoader": (loop.plain, None)
    }
    if find_spec("lightning") is not None:
        peers["one model, Lightning"] = (loop.lightning, 2.0)
    for name, (peer, least) in peers.items():
        if given.only in name:
            compare(name, loop.ours, peer, runs, least)


if __name__ == "__main__":
    main()
