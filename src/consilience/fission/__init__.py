"""Fission: what modalities share, what is unique to each, what only all of them show."""

from consilience.fission.augmentation import (
    Augmentation,
    NoiseAugmentation,
    UniqueAugmentation,
)
from consilience.fission.bottleneck import VariationalBottleneck, gaussian_rate
from consilience.fission.clustering import MultiviewClustering
from consilience.fission.critics import SeparableCritic
from consilience.fission.factorized import FactorizedEncoders
from consilience.fission.mfm import GenerativeFactors, MultimodalFactorization
from consilience.fission.misa import difference_of, similarity_of
from consilience.fission.shared_private import (
    Codes,
    SharedPrivateEncoders,
    SharedPrivateWeights,
)

__all__ = [
    "Augmentation",
    "Codes",
    "FactorizedEncoders",
    "GenerativeFactors",
    "MultimodalFactorization",
    "MultiviewClustering",
    "NoiseAugmentation",
    "SeparableCritic",
    "SharedPrivateEncoders",
    "SharedPrivateWeights",
    "UniqueAugmentation",
    "VariationalBottleneck",
    "difference_of",
    "gaussian_rate",
    "similarity_of",
]
