"""Training: one loop for any module and any iterable of batches."""

from consilience.training.batches import Batch, TensorBatches
from consilience.training.loop import fit
from consilience.training.objectives import Objective, Supervised

__all__ = ["Batch", "Objective", "Supervised", "TensorBatches", "fit"]
