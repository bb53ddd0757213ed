"""A finished study, read from its folder."""

import json
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, final

from consilience.errors import DataError, MissingFileError
from consilience.estimators import FusionClassifier, FusionRegressor, load
from consilience.report import render
from consilience.results.audit import AuditReport, Finding
from consilience.results.comparison import ComparisonTable, Contrast, MethodRow, Verdict
from consilience.studies.artefacts import FORMAT


@final
class Study:
    """A finished study, read from its folder.

    Args:
        folder: The folder that `cs.study` wrote.

    Attributes:
        folder: The same folder.
        verdict: The answer with its paragraph.
        table: A row a method, best first.
        audit: What was found about the data before anything was fitted.

    Raises:
        DataError: If the folder was written by a version this one cannot read.
        MissingFileError: If there is no study in the folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        path = self.folder / "study.json"
        if not path.is_file():
            raise MissingFileError(
                f"{self.folder} holds no study: there is no study.json; "
                "pass the folder given as out= or --out"
            )
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if summary.get("format") != FORMAT:
            raise DataError(f"{path} has format {summary.get('format')}; expected {FORMAT}")
        judged = dict(summary["verdict"])
        contrasts = tuple(Contrast(**c) for c in judged.pop("contrasts"))
        self.verdict = Verdict(**judged, contrasts=contrasts)
        self.table = ComparisonTable(
            tuple(MethodRow(**row) for row in summary["table"]),
            summary["plan"]["metric"],
            summary["plan"]["higher_is_better"],
        )
        findings = tuple(Finding(**f) for f in summary["audit"])
        self.audit = AuditReport(findings, summary["data"]["rows"])

    @cached_property
    def best(self) -> FusionClassifier | FusionRegressor:
        """The recommended method, fitted on all samples."""
        return load(self.folder / "models" / "best")

    def report(self) -> Path:
        """Renders `report.html` anew from the folder's files and returns its path."""
        return render(self.folder)

    def __str__(self) -> str:
        return f"{self.verdict}\n\n{self.table}"

    def __repr__(self) -> str:
        return f"Study({str(self.folder)!r}, answer={self.verdict.answer!r})"

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        return f"<p>{escape(str(self.verdict))}</p>{self.table.to_html()}"
