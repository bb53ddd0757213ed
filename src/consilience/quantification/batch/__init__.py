"""Interactions of high-dimensional or continuous modalities, by classifiers and a coupling."""

from consilience.quantification.batch.assembly import assemble, calibrate
from consilience.quantification.batch.estimate import batch_pid
from consilience.quantification.batch.outcome import BatchEstimate, TrendPoint

__all__ = ["BatchEstimate", "TrendPoint", "assemble", "batch_pid", "calibrate"]
