"""Fusion: one vector from several modalities."""

from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.catalogue import available, build
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.gated import GatedFusion
from consilience.fusion.low_rank import LowRankTensorFusion

__all__ = [
    "AdditiveFusion",
    "ConcatFusion",
    "GatedFusion",
    "LowRankTensorFusion",
    "available",
    "build",
]
