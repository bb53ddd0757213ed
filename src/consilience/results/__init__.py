"""Frozen plain results that reports and figures read; no torch here."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.results.audit import AuditReport as AuditReport
    from consilience.results.audit import Finding as Finding
    from consilience.results.comparison import Answer as Answer
    from consilience.results.comparison import ComparisonTable as ComparisonTable
    from consilience.results.comparison import Contrast as Contrast
    from consilience.results.comparison import MethodRow as MethodRow
    from consilience.results.comparison import Verdict as Verdict
    from consilience.results.information import PID as PID
    from consilience.results.interactions import Interactions as Interactions
    from consilience.results.interactions import PairInteractions as PairInteractions
    from consilience.results.quantity import Quantity as Quantity
    from consilience.results.recommendation import Recommendation as Recommendation
    from consilience.results.training import History as History

_HOME = {
    "PID": "information",
    "Answer": "comparison",
    "AuditReport": "audit",
    "ComparisonTable": "comparison",
    "Contrast": "comparison",
    "Finding": "audit",
    "History": "training",
    "Interactions": "interactions",
    "PairInteractions": "interactions",
    "Quantity": "quantity",
    "Recommendation": "recommendation",
    "MethodRow": "comparison",
    "Verdict": "comparison",
}
"""Where each name lives; it is imported when first asked for."""

__all__ = [
    "PID",
    "Answer",
    "AuditReport",
    "ComparisonTable",
    "Contrast",
    "Finding",
    "History",
    "Interactions",
    "MethodRow",
    "PairInteractions",
    "Quantity",
    "Recommendation",
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
