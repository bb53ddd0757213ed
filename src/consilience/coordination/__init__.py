"""Coordination: modalities in one space, losses that bring them there, what they share."""

from consilience.coordination.caching import cached_step
from consilience.coordination.cca import CCA
from consilience.coordination.contrastive import (
    clip_loss,
    hard_negative_info_nce,
    info_nce,
    multiview_info_nce,
    siglip_loss,
    vse_loss,
)
from consilience.coordination.critics import GaussianConditional, JointCritic, SeparableCritic
from consilience.coordination.deep_cca import DeepCCALoss, DeepGCCALoss
from consilience.coordination.dependency import DependencyObjective
from consilience.coordination.encoders import CoordinatedEncoders
from consilience.coordination.gathering import gather_rows, mean_over_processes
from consilience.coordination.generalized_cca import GeneralizedCCA
from consilience.coordination.kernel_cca import KernelCCA
from consilience.coordination.memory import InstanceBank, MemoryQueue, MomentumEncoder
from consilience.coordination.mutual_information import mutual_information
from consilience.coordination.objectives import (
    HingeObjective,
    InfoNCEObjective,
    SigLIPObjective,
)
from consilience.coordination.order import (
    order_hinge,
    order_loss,
    order_violation,
    order_violations,
)
from consilience.coordination.significance import permutation_test
from consilience.coordination.similarity import (
    BilinearCritic,
    CosineSimilarity,
    ExponentialKernel,
    LinearKernel,
    PolynomialKernel,
    RBFKernel,
)
from consilience.coordination.total_correlation import total_correlation
from consilience.functional.embedding import effective_rank, modality_gap
from consilience.functional.margins import (
    contrastive_loss,
    graded_similarity,
    hinge_of_scores,
    triplet_loss,
)
from consilience.functional.ranking import (
    average_precisions,
    median_rank,
    nearest,
    recall_at,
    true_ranks,
)
from consilience.functional.similarity import cosine, exponential, linear, polynomial, rbf

__all__ = [
    "CCA",
    "BilinearCritic",
    "CoordinatedEncoders",
    "CosineSimilarity",
    "DeepCCALoss",
    "DeepGCCALoss",
    "DependencyObjective",
    "ExponentialKernel",
    "GaussianConditional",
    "GeneralizedCCA",
    "HingeObjective",
    "InfoNCEObjective",
    "InstanceBank",
    "JointCritic",
    "KernelCCA",
    "LinearKernel",
    "MemoryQueue",
    "MomentumEncoder",
    "PolynomialKernel",
    "RBFKernel",
    "SeparableCritic",
    "SigLIPObjective",
    "average_precisions",
    "cached_step",
    "clip_loss",
    "contrastive_loss",
    "cosine",
    "effective_rank",
    "exponential",
    "gather_rows",
    "graded_similarity",
    "hard_negative_info_nce",
    "hinge_of_scores",
    "info_nce",
    "linear",
    "mean_over_processes",
    "median_rank",
    "modality_gap",
    "multiview_info_nce",
    "mutual_information",
    "nearest",
    "order_hinge",
    "order_loss",
    "order_violation",
    "order_violations",
    "permutation_test",
    "polynomial",
    "rbf",
    "recall_at",
    "siglip_loss",
    "total_correlation",
    "triplet_loss",
    "true_ranks",
    "vse_loss",
]
