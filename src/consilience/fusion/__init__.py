"""Fusion: one vector from several modalities."""

from consilience.fusion.additive import AdditiveFusion
from consilience.fusion.averaging import (
    GeometricMeanFusion,
    ProbabilityMeanFusion,
    WeightedFusion,
)
from consilience.fusion.bilinear import BilinearFusion, CompactBilinearFusion
from consilience.fusion.catalogue import available, build
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.crossmodal import CrossModalTransformer
from consilience.fusion.early import EarlyFusionTransformer
from consilience.fusion.gated import GatedFusion
from consilience.fusion.interaction import (
    MultiplicativeInteraction,
    ScalarInteraction,
    VectorInteraction,
)
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.fusion.multiplicative import MultiplicativeFusion
from consilience.fusion.nonlinear import MLPFusion
from consilience.fusion.polynomial import PolynomialFusion
from consilience.fusion.residual import ResidualFusion
from consilience.fusion.shifting import AdaptationGate, AttendedVariation
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion
from consilience.fusion.tensor import TensorFusion

__all__ = [
    "AdaptationGate",
    "AdditiveFusion",
    "AttendedVariation",
    "BilinearFusion",
    "CompactBilinearFusion",
    "ConcatFusion",
    "CrossModalTransformer",
    "EarlyFusionTransformer",
    "GatedFusion",
    "GeometricMeanFusion",
    "LowRankTensorFusion",
    "MLPFusion",
    "MultiplicativeFusion",
    "MultiplicativeInteraction",
    "PolynomialFusion",
    "ProbabilityMeanFusion",
    "ResidualFusion",
    "ScalarInteraction",
    "StackingFusion",
    "TensorFusion",
    "ValueStackingFusion",
    "VectorInteraction",
    "WeightedFusion",
    "available",
    "build",
]
