"""Frozen plain results that reports and figures read; no torch here."""

from consilience.results.audit import AuditReport, Finding
from consilience.results.comparison import Answer, ComparisonTable, Contrast, MethodRow, Verdict
from consilience.results.training import History

__all__ = [
    "Answer",
    "AuditReport",
    "ComparisonTable",
    "Contrast",
    "Finding",
    "History",
    "MethodRow",
    "Verdict",
]
