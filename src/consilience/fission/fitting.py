"""The small loop by which fission's modules are trained."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import final

import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError
from consilience.fission.settings import whole

Step = Callable[[Tensor], Tensor]
"""Gives the loss of some rows, by their positions `(batch,)`."""

LEAST_ROWS = 2
"""A batch of fewer rows has no pairs to compare and is left out."""


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and in what steps.

    Attributes:
        epochs: Passes over the rows.
        batch_size: Rows a step.
        learning_rate: Of Adam.
        seed: Of the order of the rows.

    Raises:
        ConfigurationError: If a number is not positive; all faults at once.
    """

    epochs: int = 50
    batch_size: int = 256
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        faults = whole("epochs", self.epochs)
        faults += whole("batch_size", self.batch_size, least=LEAST_ROWS)
        if not (isinstance(self.learning_rate, Real) and self.learning_rate > 0):
            faults.append(f"learning_rate must be positive, found {self.learning_rate!r}")
        if faults:
            raise ConfigurationError(faults)

    def batches(self, rows: int) -> Iterator[list[Tensor]]:
        """The rows of each step, epoch by epoch, in a new order each time.

        Args:
            rows: Number of rows.

        Yields:
            The batches of an epoch.
        """
        generator = torch.Generator().manual_seed(self.seed)
        for _ in range(self.epochs):
            parts = torch.randperm(rows, generator=generator).split(self.batch_size)
            yield [part for part in parts if len(part) >= LEAST_ROWS]


def adam(parameters: Iterable[nn.Parameter], learning_rate: float) -> torch.optim.Adam:
    """Adam, in its fused form where the device has one."""
    given = list(parameters)
    fused = all(p.device.type in {"cpu", "cuda"} for p in given)
    return torch.optim.Adam(given, lr=learning_rate, fused=fused)


def minimise(module: nn.Module, step: Step, rows: int, schedule: Schedule) -> tuple[float, ...]:
    """Trains a module in place by Adam.

    Args:
        module: What is trained; it ends in evaluation mode.
        step: Gives the loss of some rows.
        rows: Number of rows.
        schedule: How long.

    Returns:
        Mean loss of each epoch.

    Raises:
        DataError: If there are too few rows or the loss is not finite.

    Example:
        >>> line, x = nn.Linear(1, 1), torch.linspace(-1, 1, 64)[:, None]
        >>> plan = Schedule(epochs=100, batch_size=32, learning_rate=0.1)
        >>> minimise(line, lambda r: (line(x[r]) - 3 * x[r]).square().mean(), 64, plan)[-1] < 1e-4
        True
    """
    if rows < LEAST_ROWS:
        raise DataError(f"training needs at least {LEAST_ROWS} samples, found {rows}")
    optimiser = adam(module.parameters(), schedule.learning_rate)
    module.train()
    losses: list[float] = []
    for parts in schedule.batches(rows):
        total = 0.0
        for part in parts:
            loss = step(part)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(part)
        losses.append(total / sum(map(len, parts)))
        if not torch.tensor(losses[-1]).isfinite():
            raise DataError(
                f"the loss became {losses[-1]}; check the data for extreme values "
                "or lower the learning rate"
            )
    module.eval()
    return tuple(losses)
