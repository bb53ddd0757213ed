"""Differences resampled over samples or groups: would they hold on other subjects?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.units import units_of
from consilience.quantification.bootstrapping import Cell, Sampled, bootstrap
from consilience.quantification.scoring import SCORES, Outputs, Score
from consilience.results.comparison import ComparisonTable, MethodRow
from consilience.studies.plan import Plan
from consilience.studies.running import Outcome

DRAWS = 2000


def with_resampling(
    table: ComparisonTable,
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    outcomes: Sequence[Outcome],
) -> ComparisonTable:
    """The table with each difference's interval over samples, or groups of them.

    A hierarchical bootstrap: groups (or samples without groups) are drawn with
    replacement, and so are the repeats of the cross-validation; the metric of each
    method is taken on its pooled test predictions, paired over methods. Models are held
    fixed, where the corrected t interval lets training sets vary; the two answer for
    different sources of chance.

    Args:
        table: The compared methods.
        data: The samples, for their groups.
        codes: Their target: class codes, or quantities.
        plan: What was run.
        outcomes: Of complete splits.

    Returns:
        The table; as it was for a metric that has no quick resampled form, or where a
        budget ended before one repeat was complete.
    """
    score = next((s for s in SCORES if (s.name, s.task) == (plan.metric.name, plan.task)), None)
    repeats = _complete_repeats(plan, outcomes)
    if score is None or not repeats:
        return table
    yardstick = max((r for r in table if r.kind == "unimodal"), key=lambda r: r.delta)
    names = [m.name for m in plan.methods]
    by = {(o.method, o.split): o for o in outcomes}
    cells: list[Cell] = [
        [score.prepare(_pooled(name, r, by, codes, plan)) for r in repeats] for name in names
    ]
    drawn = bootstrap(cells, units_of(data), DRAWS, plan.random_state)
    found = {name: drawn[i] for i, name in enumerate(names)}
    rows = [
        row
        if row.method == yardstick.method
        else _with_interval(row, _gain(found[row.method], found[yardstick.method], score))
        for row in table
    ]
    return replace(table, rows=tuple(rows))


def _with_interval(row: MethodRow, gain: Sampled) -> MethodRow:
    measured = gain.measured((-np.inf, np.inf), 0.0)
    return replace(row, resampled_low=measured.low, resampled_high=measured.high)


def _gain(one: Sampled, other: Sampled, score: Score) -> Sampled:
    return one - other if score.higher_is_better else other - one


def _complete_repeats(plan: Plan, outcomes: Sequence[Outcome]) -> list[int]:
    ran = {o.split for o in outcomes}
    return [
        r for r in range(plan.repeats) if all(r * plan.folds + k in ran for k in range(plan.folds))
    ]


def _pooled(
    name: str,
    repeat: int,
    by: Mapping[tuple[str, int], Outcome],
    codes: NDArray[Any],
    plan: Plan,
) -> Outputs:
    """A method's test predictions of all samples in one repeat."""
    guess = np.zeros(codes.shape, dtype=np.float64 if plan.task == "regression" else np.int64)
    chances: NDArray[np.float64] | None = None
    for i in range(repeat * plan.folds, (repeat + 1) * plan.folds):
        outcome, test = by[name, i], plan.splits[i].test
        guess[test] = outcome.prediction
        if outcome.probabilities is not None:
            if chances is None:
                chances = np.zeros((len(codes), outcome.probabilities.shape[1]))
            chances[test] = outcome.probabilities
    known = None if chances is None or codes.ndim == 2 else codes.astype(np.int64)
    return Outputs(codes, guess, known, chances)
