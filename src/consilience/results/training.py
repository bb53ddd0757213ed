"""What a training run left behind, apart from the weights."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class History:
    """Losses by epoch.

    Attributes:
        train_loss: Mean training loss of each epoch, in the objective's unit.
        validation_loss: Mean validation loss after each epoch; empty when no
            validation data were given.
        best_epoch: The epoch, counted from 1, whose weights were kept.
        seconds: Wall-clock time of the run.
        stopped_early: Whether training ended before the last planned epoch.
    """

    train_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    best_epoch: int
    seconds: float
    stopped_early: bool
