"""What an audit of a data set found."""

from collections import Counter
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal, final

Severity = Literal["error", "warning", "note"]


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the data that a user should know before modelling.

    Attributes:
        severity: `"error"` (modelling would be wrong), `"warning"` (may be
            wrong) or `"note"` (good to know).
        code: Short stable name of the kind of finding, such as `constant_column`.
        where: The modality, column or target it concerns.
        message: What was found, with numbers.
        fix: What to do about it.
    """

    severity: Severity
    code: str
    where: str
    message: str
    fix: str


@final
@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything an audit found, gravest first.

    Attributes:
        findings: The findings.
        rows: Number of samples looked at.
    """

    findings: tuple[Finding, ...]
    rows: int

    @property
    def ok(self) -> bool:
        """Whether nothing grave was found."""
        return not any(f.severity == "error" for f in self.findings)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The findings as plain dictionaries."""
        return [asdict(finding) for finding in self.findings]

    def __str__(self) -> str:
        if not self.findings:
            return f"{self.rows} samples: nothing to report."
        count = Counter(f.severity for f in self.findings)
        head = ", ".join(
            f"{count[s]} {s}{'s' if count[s] > 1 else ''}"
            for s in ("error", "warning", "note")
            if count[s]
        )
        lines = [f"{self.rows} samples: {head}"]
        for finding in self.findings:
            lines.append(f"{finding.severity:<7} {finding.where}: {finding.message}")
            if finding.fix:
                lines.append(f"        fix: {finding.fix}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:  # pyright: ignore[reportUnusedFunction]  notebooks call it
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(str(v))}</td>" for v in asdict(f).values()) + "</tr>"
            for f in self.findings
        )
        head = "".join(f"<th>{name}</th>" for name in Finding.__dataclass_fields__)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
