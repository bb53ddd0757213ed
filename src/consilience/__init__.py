"""Multimodal machine learning that says whether fusing your modalities is worth it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consilience import coordination as coordination
    from consilience import fission as fission
    from consilience import fusion as fusion
    from consilience import training as training
    from consilience.data import datasets as datasets
    from consilience.data.audit import audit as audit
    from consilience.data.container import MultimodalData as MultimodalData
    from consilience.data.corruption.catalogue import corruptions as corruptions
    from consilience.data.corruption.corrupting import corrupt as corrupt
    from consilience.data.join import join as join
    from consilience.data.readers import read as read
    from consilience.data.splits.duplicates import divide_apart as divide_apart
    from consilience.estimators.classifier import FusionClassifier as FusionClassifier
    from consilience.estimators.coordination import Coordinator as Coordinator
    from consilience.estimators.loading import load as load
    from consilience.estimators.regressor import FusionRegressor as FusionRegressor
    from consilience.functional.pid import pid as pid
    from consilience.quantification.additivity import additivity as additivity
    from consilience.quantification.counts import Counts as Counts
    from consilience.quantification.emap import emap as emap
    from consilience.quantification.interactions import interactions as interactions
    from consilience.quantification.kept import factors_kept as factors_kept
    from consilience.quantification.kept import information_kept as information_kept
    from consilience.quantification.patterns import presence_patterns as presence_patterns
    from consilience.quantification.regression import (
        interaction_regression as interaction_regression,
    )
    from consilience.quantification.retrieval import retrieval as retrieval
    from consilience.quantification.robustness import robustness as robustness
    from consilience.quantification.shapley import modality_shapley as modality_shapley
    from consilience.quantification.unimodal_bias import unimodal_bias as unimodal_bias
    from consilience.quantification.utilization import perceptual_scores as perceptual_scores
    from consilience.quantification.utilization import utilization as utilization
    from consilience.studies.comparing_runs import compare_runs as compare_runs
    from consilience.studies.conduct import study as study
    from consilience.studies.finished import Study as Study

__version__ = "0.1.0"

_HOME = {
    "Coordinator": "consilience.estimators.coordination",
    "Counts": "consilience.quantification.counts",
    "FusionClassifier": "consilience.estimators.classifier",
    "FusionRegressor": "consilience.estimators.regressor",
    "MultimodalData": "consilience.data.container",
    "Study": "consilience.studies.finished",
    "additivity": "consilience.quantification.additivity",
    "audit": "consilience.data.audit",
    "compare_runs": "consilience.studies.comparing_runs",
    "coordination": "consilience.coordination",
    "corrupt": "consilience.data.corruption.corrupting",
    "corruptions": "consilience.data.corruption.catalogue",
    "datasets": "consilience.data.datasets",
    "divide_apart": "consilience.data.splits.duplicates",
    "emap": "consilience.quantification.emap",
    "factors_kept": "consilience.quantification.kept",
    "fission": "consilience.fission",
    "fusion": "consilience.fusion",
    "information_kept": "consilience.quantification.kept",
    "interaction_regression": "consilience.quantification.regression",
    "interactions": "consilience.quantification.interactions",
    "join": "consilience.data.join",
    "load": "consilience.estimators.loading",
    "modality_shapley": "consilience.quantification.shapley",
    "perceptual_scores": "consilience.quantification.utilization",
    "pid": "consilience.functional.pid",
    "presence_patterns": "consilience.quantification.patterns",
    "read": "consilience.data.readers",
    "retrieval": "consilience.quantification.retrieval",
    "robustness": "consilience.quantification.robustness",
    "study": "consilience.studies.conduct",
    "training": "consilience.training",
    "unimodal_bias": "consilience.quantification.unimodal_bias",
    "utilization": "consilience.quantification.utilization",
}
"""The module of each public name; it is imported when the name is first asked for."""

_MODULES = frozenset({"coordination", "datasets", "fission", "fusion", "training"})
"""The public names that are modules themselves."""

__all__ = [
    "Coordinator",
    "Counts",
    "FusionClassifier",
    "FusionRegressor",
    "MultimodalData",
    "Study",
    "__version__",
    "additivity",
    "audit",
    "compare_runs",
    "coordination",
    "corrupt",
    "corruptions",
    "datasets",
    "divide_apart",
    "emap",
    "factors_kept",
    "fission",
    "fusion",
    "information_kept",
    "interaction_regression",
    "interactions",
    "join",
    "load",
    "modality_shapley",
    "perceptual_scores",
    "pid",
    "presence_patterns",
    "read",
    "retrieval",
    "robustness",
    "study",
    "training",
    "unimodal_bias",
    "utilization",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'consilience' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
