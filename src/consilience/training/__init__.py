"""Training: one loop for any module and any iterable of batches."""

from consilience.functional.unimodal_bias import appearance_confusion_loss, confident_loss
from consilience.training import balance
from consilience.training.batches import Batch, TensorBatches
from consilience.training.equalizing import Equalizer, hiding
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
    "Equalizer",
    "ModalityDropout",
    "Objective",
    "SetsItsLoss",
    "StackedBatches",
    "Staged",
    "Supervised",
    "TensorBatches",
    "appearance_confusion_loss",
    "balance",
    "confident_loss",
    "fit",
    "fit_many",
    "fit_stepwise",
    "hiding",
]
