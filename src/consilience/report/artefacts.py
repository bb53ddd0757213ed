"""What a study's run folder holds, read into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from consilience.errors import DataError, MissingFileError
from consilience.report.decoding import decode, read_json
from consilience.report.evidence import Evidence, Explanation, read_evidence
from consilience.results import Finding, MethodRow, Verdict

FORMAT = 1
"""The version of the run folder's layout that this code reads."""


@final
@dataclass(frozen=True, slots=True)
class Modality:
    """One modality as the study saw it; `present` is the share of samples that have it."""

    name: str
    kind: str
    description: str
    present: float


@final
@dataclass(frozen=True, slots=True)
class Target:
    """What was predicted; `classes` and `counts` are None for regression.

    Of several labels a sample `classes` are their names, and `counts` tell how many samples
    have each.
    """

    task: Literal["classification", "multilabel", "regression"]
    classes: tuple[str, ...] | None = None
    counts: tuple[int, ...] | None = None


@final
@dataclass(frozen=True, slots=True)
class Data:
    """The data in numbers; `groups` counts the distinct groups, None without groups."""

    rows: int
    modalities: tuple[Modality, ...]
    target: Target
    groups: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """How the comparison was set up.

    The budget is in minutes; `complete_folds` counts the folds, over all repeats,
    that ended within it, None where all did; `max_epochs` is None for the estimators'
    own limit.
    """

    metric: str
    higher_is_better: bool
    folds: int
    repeats: int
    random_state: int | None
    budget_minutes: float | None
    methods: tuple[str, ...]
    complete_folds: int | None = None
    max_epochs: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


@final
@dataclass(frozen=True, slots=True)
class StudyFile:
    """The content of `study.json`.

    `seconds` is the study's wall-clock time; `explanation` is None for runs of before
    there was one.
    """

    format: int
    consilience: str
    created: str
    name: str
    data: Data
    audit: tuple[Finding, ...]
    plan: Plan
    table: tuple[MethodRow, ...]
    verdict: Verdict
    other_metrics: Mapping[str, Mapping[str, Interval]]
    seconds: float
    command: str
    explanation: Explanation | None = None

    def row(self, method: str) -> MethodRow:
        """The row of a method.

        Raises:
            DataError: If the table has no such method.
        """
        for row in self.table:
            if row.method == method:
                return row
        raise DataError(f"study.json: the verdict names {method!r}, which the table lacks.")


@final
@dataclass(frozen=True, slots=True)
class FoldScore:
    """A method's value of the study's metric in one fold of one repeat."""

    method: str
    repeat: int
    fold: int
    value: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """One method's predictions for samples it was not trained on.

    Attributes:
        method: The method.
        row: Position of each sample in the data, shape `(n,)`.
        repeat: Repeat of the splits each prediction belongs to, shape `(n,)`.
        target: True values, shape `(n,)`: text or float; 0 and 1, shape `(n, labels)`, of
            several labels.
        prediction: Predicted values, of the same shape.
        probabilities: Shape `(n, classes)` in the order of the target's classes, or
            `(n, labels)`; None for regression or where a method gives none.
    """

    method: str
    row: np.ndarray
    repeat: np.ndarray
    target: np.ndarray
    prediction: np.ndarray
    probabilities: np.ndarray | None


@final
@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run folder: the study, its per-fold values, the best method's predictions.

    `evidence` is what else was measured, which may be nothing.
    """

    study: StudyFile
    scores: tuple[FoldScore, ...]
    predictions: Predictions
    evidence: Evidence = field(default=Evidence())


def read_run(run: Path) -> Run:
    """Reads a study's run folder.

    Args:
        run: The folder that a study wrote.

    Returns:
        Everything a report needs.

    Raises:
        MissingFileError: If the folder or one of its files is not there.
        DataError: If a file's content or format version cannot be read.
    """
    folder = Path(run)
    if not folder.is_dir():
        raise MissingFileError(f"there is no run folder at '{folder}'.")
    study = read_study(folder)
    return Run(
        study=study,
        scores=_scores(folder, study.plan.metric),
        predictions=_predictions(folder, study.verdict.best_method, study.data.target),
        evidence=read_evidence(folder, study.explanation),
    )


def read_study(folder: Path) -> StudyFile:
    """Reads `study.json` of a run folder.

    Raises:
        MissingFileError: If the file is not there.
        DataError: If its content or format version cannot be read.
    """
    path = _existing(folder, "study.json")
    content = read_json(path)
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise DataError(
            f"'{path}' has format {found!r}; this version of consilience reads format {FORMAT}. "
            "Render it with the version that wrote it, or run the study again."
        )
    study: StudyFile = decode(StudyFile, content, "study.json")
    study.row(study.verdict.best_method)
    study.row(study.verdict.best_unimodal)
    return study


def _existing(folder: Path, name: str) -> Path:
    path = folder / name
    if path.is_file():
        return path
    if name == "study.json":
        raise MissingFileError(
            f"'{folder}' is no run folder: it has no study.json. "
            "Name the folder that `consilience study --out` wrote."
        )
    raise MissingFileError(f"'{folder}' lacks {name}; run the study again to write it.")


def _table(folder: Path, name: str, columns: tuple[str, ...]) -> Any:  # noqa: ANN401  pyarrow is untyped
    path = _existing(folder, name)
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"'{path}' is not a Parquet file: {error}") from error
    lacking = [column for column in columns if column not in table.column_names]
    if lacking:
        raise DataError(
            f"'{path}' lacks the column{'s' * (len(lacking) > 1)} "
            f"{', '.join(map(repr, lacking))}; it has {', '.join(map(repr, table.column_names))}."
        )
    return table


def _scores(folder: Path, metric: str) -> tuple[FoldScore, ...]:
    names = ("method", "repeat", "fold", "metric", "value")
    table = _table(folder, "metrics.parquet", names)
    rows = table.select(list(names)).to_pylist()
    return tuple(
        FoldScore(
            method=str(row["method"]),
            repeat=int(row["repeat"]),
            fold=int(row["fold"]),
            value=float("nan") if row["value"] is None else float(row["value"]),
        )
        for row in rows
        if row["metric"] == metric
    )


def _predictions(folder: Path, method: str, target: Target) -> Predictions:
    labels = (target.classes or ()) if target.task == "multilabel" else None
    said = (
        ["target", "prediction"]
        if labels is None
        else [f"{what}:{c}" for what in ("target", "prediction") for c in labels]
    )
    names = ("row", "repeat", "method", *said)
    table = _table(folder, "predictions.parquet", names)
    keep = np.asarray(table["method"].to_pylist(), dtype=object) == method
    chosen = table.filter(pa.array(keep))
    kind = np.float64 if target.task == "regression" else np.str_

    def column(name: str, dtype: type) -> np.ndarray:
        return np.asarray(chosen[name].to_pylist(), dtype=dtype)

    def values(what: str) -> np.ndarray:
        if labels is None:
            return column(what, kind)
        return np.column_stack([column(f"{what}:{c}", np.int64) for c in labels])

    return Predictions(
        method=method,
        row=column("row", np.int64),
        repeat=column("repeat", np.int64),
        target=values("target"),
        prediction=values("prediction"),
        probabilities=_probabilities(chosen, target.classes),
    )


def _probabilities(
    table: Any,  # noqa: ANN401  a pyarrow.Table, which is not imported here
    classes: tuple[str, ...] | None,
) -> np.ndarray | None:
    names = [f"p:{name}" for name in classes or ()]
    if not names or any(name not in table.column_names for name in names):
        return None
    values = np.column_stack([np.asarray(table[name].to_pylist(), np.float64) for name in names])
    return values if np.isfinite(values).all() else None
