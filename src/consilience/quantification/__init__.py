"""What modalities and models are worth, in numbers: information, interactions."""

from consilience.functional.dynamics import (
    conditional_speeds,
    conditional_utilization,
    overfitting_ratio,
)
from consilience.functional.robustness import effective_robustness, relative_robustness
from consilience.functional.unimodal_bias import pair_accuracy, vqa_accuracy

__all__ = [
    "conditional_speeds",
    "conditional_utilization",
    "effective_robustness",
    "overfitting_ratio",
    "pair_accuracy",
    "relative_robustness",
    "vqa_accuracy",
]
