"""Frozen plain results that reports and figures read; no torch here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.results.additivity import Additivity as Additivity
    from consilience.results.additivity import Gap as Gap
    from consilience.results.additivity import Projection as Projection
    from consilience.results.additivity import SecondDifference as SecondDifference
    from consilience.results.additivity import Share as Share
    from consilience.results.audit import AuditReport as AuditReport
    from consilience.results.audit import Finding as Finding
    from consilience.results.canonical import CanonicalTest as CanonicalTest
    from consilience.results.codes import CodeDependence as CodeDependence
    from consilience.results.codes import CodePair as CodePair
    from consilience.results.comparison import Answer as Answer
    from consilience.results.comparison import ComparisonTable as ComparisonTable
    from consilience.results.comparison import Contrast as Contrast
    from consilience.results.comparison import MethodRow as MethodRow
    from consilience.results.comparison import Verdict as Verdict
    from consilience.results.conformal import Calibration as Calibration
    from consilience.results.conformal import Errors as Errors
    from consilience.results.conformal import Thresholds as Thresholds
    from consilience.results.dependence import MutualInformation as MutualInformation
    from consilience.results.dynamics import Blend as Blend
    from consilience.results.dynamics import LearningSpeeds as LearningSpeeds
    from consilience.results.dynamics import Overfitting as Overfitting
    from consilience.results.fission import FactorKept as FactorKept
    from consilience.results.fission import FactorsKept as FactorsKept
    from consilience.results.fission import InformationKept as InformationKept
    from consilience.results.fission_display import FactorsKeptDisplay as FactorsKeptDisplay
    from consilience.results.information import PID as PID
    from consilience.results.interactions import Interactions as Interactions
    from consilience.results.interactions import PairInteractions as PairInteractions
    from consilience.results.interval import Interval as Interval
    from consilience.results.learning import Learning as Learning
    from consilience.results.learning import LearningCurves as LearningCurves
    from consilience.results.quantity import Quantity as Quantity
    from consilience.results.recommendation import Recommendation as Recommendation
    from consilience.results.regression import Coefficient as Coefficient
    from consilience.results.regression import InteractionRegression as InteractionRegression
    from consilience.results.regression import LinearModel as LinearModel
    from consilience.results.regression import NestedTest as NestedTest
    from consilience.results.reliance import PerceptualScores as PerceptualScores
    from consilience.results.reliance import ShapleyValues as ShapleyValues
    from consilience.results.reliance import UnimodalBias as UnimodalBias
    from consilience.results.reliance import Utilization as Utilization
    from consilience.results.retrieval import Direction as Direction
    from consilience.results.retrieval import Retrieval as Retrieval
    from consilience.results.retrieval_display import RetrievalDisplay as RetrievalDisplay
    from consilience.results.robustness import Curve as Curve
    from consilience.results.robustness import Measured as Measured
    from consilience.results.robustness import PatternScore as PatternScore
    from consilience.results.robustness import Robustness as Robustness
    from consilience.results.robustness_display import (
        RobustnessCurveDisplay as RobustnessCurveDisplay,
    )
    from consilience.results.run_comparison import RunComparison as RunComparison
    from consilience.results.run_comparison import RunRow as RunRow
    from consilience.results.training import History as History

_HOME = {
    "Additivity": "additivity",
    "Answer": "comparison",
    "AuditReport": "audit",
    "Blend": "dynamics",
    "Calibration": "conformal",
    "CanonicalTest": "canonical",
    "CodeDependence": "codes",
    "CodePair": "codes",
    "Coefficient": "regression",
    "ComparisonTable": "comparison",
    "Contrast": "comparison",
    "Curve": "robustness",
    "Direction": "retrieval",
    "Errors": "conformal",
    "FactorKept": "fission",
    "FactorsKept": "fission",
    "FactorsKeptDisplay": "fission_display",
    "Finding": "audit",
    "Gap": "additivity",
    "History": "training",
    "InformationKept": "fission",
    "InteractionRegression": "regression",
    "Interactions": "interactions",
    "Interval": "interval",
    "Learning": "learning",
    "LearningCurves": "learning",
    "LearningSpeeds": "dynamics",
    "LinearModel": "regression",
    "Measured": "robustness",
    "MethodRow": "comparison",
    "MutualInformation": "dependence",
    "NestedTest": "regression",
    "Overfitting": "dynamics",
    "PID": "information",
    "PairInteractions": "interactions",
    "PatternScore": "robustness",
    "PerceptualScores": "reliance",
    "Projection": "additivity",
    "Quantity": "quantity",
    "Recommendation": "recommendation",
    "Retrieval": "retrieval",
    "RetrievalDisplay": "retrieval_display",
    "Robustness": "robustness",
    "RobustnessCurveDisplay": "robustness_display",
    "RunComparison": "run_comparison",
    "RunRow": "run_comparison",
    "SecondDifference": "additivity",
    "ShapleyValues": "reliance",
    "Share": "additivity",
    "Thresholds": "conformal",
    "UnimodalBias": "reliance",
    "Utilization": "reliance",
    "Verdict": "comparison",
}
"""Where each name lives; it is imported when first asked for."""

__all__ = [
    "PID",
    "Additivity",
    "Answer",
    "AuditReport",
    "Blend",
    "Calibration",
    "CanonicalTest",
    "CodeDependence",
    "CodePair",
    "Coefficient",
    "ComparisonTable",
    "Contrast",
    "Curve",
    "Direction",
    "Errors",
    "FactorKept",
    "FactorsKept",
    "FactorsKeptDisplay",
    "Finding",
    "Gap",
    "History",
    "InformationKept",
    "InteractionRegression",
    "Interactions",
    "Interval",
    "Learning",
    "LearningCurves",
    "LearningSpeeds",
    "LinearModel",
    "Measured",
    "MethodRow",
    "MutualInformation",
    "NestedTest",
    "Overfitting",
    "PairInteractions",
    "PatternScore",
    "PerceptualScores",
    "Projection",
    "Quantity",
    "Recommendation",
    "Retrieval",
    "RetrievalDisplay",
    "Robustness",
    "RobustnessCurveDisplay",
    "RunComparison",
    "RunRow",
    "SecondDifference",
    "ShapleyValues",
    "Share",
    "Thresholds",
    "UnimodalBias",
    "Utilization",
    "Verdict",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'consilience.results' has no attribute {name!r}")
    value = getattr(import_module(f"consilience.results.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
