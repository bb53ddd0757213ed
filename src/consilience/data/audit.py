"""What is wrong or risky about a data set, before anything is fitted to it."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from numpy.typing import NDArray

from consilience.data.auditing.columns import column_findings
from consilience.data.auditing.groups import group_findings
from consilience.data.auditing.identity import identity_findings
from consilience.data.auditing.leaks import leak_findings
from consilience.data.auditing.presence import presence_findings
from consilience.data.auditing.targets import target_findings
from consilience.data.container import MultimodalData
from consilience.data.splits import Split
from consilience.errors import InputTypeError
from consilience.results.audit import AuditReport, Finding

Pair = tuple[NDArray[Any], NDArray[Any]]

_ORDER = ("error", "warning", "note")


def audit(data: MultimodalData, *, splits: Iterable[Split | Pair] | None = None) -> AuditReport:
    """Looks for what would make a study wrong: leaks, duplicates, absence, poor targets.

    The codes of the findings are stable: `duplicate_id`, `id_across_splits`,
    `duplicate_sample`, `duplicate_across_splits`, `groups`, `large_group`,
    `one_class_groups`, `few_groups`, `group_across_splits`, `constant_column`,
    `missing_column`, `infinite_value`, `scale_outlier`, `identifier_column`,
    `repeated_identifier`, `absent_everywhere`, `mostly_absent`, `absent_patterns`, `empty_sample`,
    `presence_predicts_target`, `target_given_away`, `no_target`, `missing_target`,
    `infinite_target`, `one_class`, `rare_class`, `imbalance`, `constant_target`.

    Args:
        data: The samples.
        splits: Splits, or pairs of rows to train and test on, that the samples are
            to be divided by; duplicates and groups that cross them are errors.

    Returns:
        The findings, gravest first.

    Raises:
        InputTypeError: If `data` is not `MultimodalData`.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labs = np.c_[rng.normal(size=30), np.ones(30)]
        >>> print(audit(MultimodalData({"labs": labs}, target=[0, 1] * 15)))
        30 samples: 1 warning
        warning labs.1: column '1' is constant
                fix: leave it out
    """
    if not isinstance(data, MultimodalData):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(
            f"data is a {type(data).__name__}; expected MultimodalData: cs.MultimodalData({{...}})"
        )
    pairs = [(s.train, s.test) if isinstance(s, Split) else s for s in splits or ()]
    found = chain(
        target_findings(data),
        leak_findings(data),
        presence_findings(data),
        identity_findings(data, pairs),
        group_findings(data, pairs),
        column_findings(data),
    )
    return AuditReport(_gravest_first(list(found)), len(data))


def _gravest_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: _ORDER.index(f.severity)))
