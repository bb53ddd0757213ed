"""Compares two finished studies, fold by fold where they have the same folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from consilience.errors import ConfigurationError, MissingFileError
from consilience.functional.statistics import Estimate, holm
from consilience.results.interval import Interval
from consilience.results.run_comparison import RunComparison, RunRow
from consilience.studies.comparing import Scores
from consilience.studies.finished import Study
from consilience.studies.metrics import Metric, metric_named
from consilience.studies.running import LEAST_SPLITS
from consilience.studies.settings import Settings, read_settings
from consilience.studies.workspace import RECORD

Fold = tuple[int, int]


@final
@dataclass(frozen=True, slots=True)
class _Run:
    """What is needed of a finished study.

    Attributes:
        study: The study.
        settings: As recorded.
        tests: Test rows by repeat and fold, of all folds of the plan.
        values: Metric by metric, method, repeat and fold.
    """

    study: Study
    settings: Settings
    tests: Mapping[Fold, frozenset[int]]
    values: Mapping[str, Mapping[str, Mapping[Fold, float]]]

    @property
    def methods(self) -> list[str]:
        return [row.method for row in self.study.table]

    @property
    def rows(self) -> int:
        return int(self.settings.record["rows"])

    def scores(self, metric: Metric, folds: Sequence[Fold]) -> Scores:
        """The metric of every method on some folds."""
        known = self.values[metric.name]
        values = {m: np.array([known[m][fold] for fold in folds]) for m in self.methods}
        return _scores(metric, values, [self.tests[fold] for fold in folds], self.rows)

    def ran(self, metric: Metric) -> list[Fold]:
        """The folds that were run."""
        return sorted(next(iter(self.values[metric.name].values())))


def compare_runs(first: Path, second: Path, *, metric: str | None = None) -> RunComparison:
    """Compares two finished studies.

    Studies of the same data with the same test rows in their folds are compared fold by
    fold, with the corrected interval that a study uses itself. Others stand side by side.

    Args:
        first: Folder of a study.
        second: Folder of a study.
        metric: What to compare by; None takes what the first was judged by.

    Returns:
        The comparison.

    Raises:
        ConfigurationError: If one predicts classes and the other quantities, or there
            is no such metric.
        MissingFileError: If a folder holds no study.
    """
    one, other = _read(first), _read(second)
    tasks = one.settings.task, other.settings.task
    if tasks[0] != tasks[1]:
        raise ConfigurationError(
            [f"{first} is a {tasks[0]} and {second} a {tasks[1]}; there is nothing to compare"]
        )
    name = metric or one.study.table.metric
    judge = metric_named(name, tasks[0] or "classification", 0)
    folds, unpaired = _common(one, other, judge)
    shared = [m for m in one.methods if m in other.methods]
    best = (one.study.verdict.best_method, other.study.verdict.best_method)
    rows = _rows(one, other, judge, folds, [best, *((m, m) for m in shared)])
    return RunComparison(
        first=str(first),
        second=str(second),
        metric=judge.name,
        higher_is_better=judge.higher_is_better,
        unpaired=unpaired,
        folds=len(folds),
        recommended=rows[0],
        shared=_adjusted(rows[1:]),
        notes=tuple(_notes(one, other, judge)),
    )


def _read(folder: Path) -> _Run:
    study = Study(folder)
    for name in (RECORD, "metrics.parquet", "splits.parquet"):
        if not (folder / name).is_file():
            raise MissingFileError(f"{folder} lacks {name}; the study is not whole")
    tests: dict[Fold, set[int]] = {}
    for row in pq.read_table(folder / "splits.parquet").to_pylist():
        tests.setdefault((row["repeat"], row["fold"]), set()).add(row["row"])
    values: dict[str, dict[str, dict[Fold, float]]] = {}
    for row in pq.read_table(folder / "metrics.parquet").to_pylist():
        by = values.setdefault(row["metric"], {}).setdefault(row["method"], {})
        by[row["repeat"], row["fold"]] = row["value"]
    return _Run(
        study,
        read_settings(folder / RECORD),
        {fold: frozenset(rows) for fold, rows in tests.items()},
        values,
    )


def _common(one: _Run, other: _Run, metric: Metric) -> tuple[list[Fold], str | None]:
    """The folds that both ran with the same test rows, or why there are none."""
    if one.settings.record["fingerprint"] != other.settings.record["fingerprint"]:
        return [], "their data differ"
    both = sorted(set(one.ran(metric)) & set(other.ran(metric)))
    same = [fold for fold in both if one.tests[fold] == other.tests[fold]]
    if len(same) < len(both) or not both:
        return [], "their data are the same but split otherwise"
    if len(same) < LEAST_SPLITS:
        return [], "they have one fold in common, and no interval comes from one"
    return same, None


def _rows(
    one: _Run,
    other: _Run,
    metric: Metric,
    folds: Sequence[Fold],
    pairs: Sequence[tuple[str, str]],
) -> list[RunRow]:
    own = one.scores(metric, one.ran(metric)), other.scores(metric, other.ran(metric))
    made: list[RunRow] = []
    for pair in pairs:
        tested = _difference(one, other, metric, folds, pair) if folds else None
        made.append(
            RunRow(
                methods=pair,
                first=_interval(own[0].estimate(pair[0])),
                second=_interval(own[1].estimate(pair[1])),
                delta=None if tested is None else _interval(tested),
                p_value=None if tested is None else tested.p_value,
            )
        )
    return made


def _difference(
    one: _Run, other: _Run, metric: Metric, folds: Sequence[Fold], pair: tuple[str, str]
) -> Estimate:
    known = [
        np.array([run.values[metric.name][method][fold] for fold in folds])
        for run, method in zip((one, other), pair, strict=True)
    ]
    values = {"first": known[0], "second": known[1]}
    tests = [one.tests[fold] for fold in folds]
    return _scores(metric, values, tests, one.rows).difference("second", "first")


def _scores(
    metric: Metric,
    values: dict[str, NDArray[np.float64]],
    tests: Sequence[frozenset[int]],
    rows: int,
) -> Scores:
    share = float(np.mean([len(test) for test in tests])) / rows
    return Scores(metric, values, share, len(frozenset[int]().union(*tests)))


def _interval(found: Estimate) -> Interval:
    return Interval(found.mean, found.low, found.high)


def _adjusted(rows: Sequence[RunRow]) -> tuple[RunRow, ...]:
    p = [row.p_value for row in rows if row.p_value is not None]
    if len(p) < len(rows) or not p:
        return tuple(rows)
    return tuple(
        RunRow(row.methods, row.first, row.second, row.delta, float(q))
        for row, q in zip(rows, holm(p), strict=True)
    )


def _notes(one: _Run, other: _Run, metric: Metric) -> list[str]:
    notes: list[str] = []
    judged = one.study.table.metric, other.study.table.metric
    if judged != (metric.name, metric.name):
        notes.append(
            f"The studies were judged by {' and '.join(dict.fromkeys(judged))}, which is what "
            "their recommendations go by."
        )
    versions = [run.settings.record.get("consilience") for run in (one, other)]
    if versions[0] != versions[1]:
        notes.append(f"They were made by consilience {versions[0]} and {versions[1]}.")
    return notes
