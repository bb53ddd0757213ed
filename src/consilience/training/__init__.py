"""Training: one loop for any module and any iterable of batches."""

from consilience.training import balance
from consilience.training.batches import Batch, TensorBatches
from consilience.training.loop import fit
from consilience.training.many import StackedBatches, fit_many
from consilience.training.objectives import (
    ModalityDropout,
    Objective,
    SetsItsLoss,
    Supervised,
)
from consilience.training.stepwise import Staged, fit_stepwise

__all__ = [
    "Batch",
    "ModalityDropout",
    "Objective",
    "SetsItsLoss",
    "StackedBatches",
    "Staged",
    "Supervised",
    "TensorBatches",
    "balance",
    "fit",
    "fit_many",
    "fit_stepwise",
]
