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

MOST_ROWS = 50_000
"""Samples that are drawn anew; of more some units stand for all, their spread scaled."""


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
    different sources of chance. Of more than `MOST_ROWS` samples a random part of the
    units, m of n, is drawn anew, and the spread is taken times the root of m / n.

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
    pooled = [[_pooled(name, r, by, codes, plan) for r in repeats] for name in names]
    drawn = drawn_anew(pooled, score, units_of(data), plan.random_state)
    found = {name: drawn[i] for i, name in enumerate(names)}
    rows = [
        row
        if row.method == yardstick.method
        else _with_interval(row, _gain(found[row.method], found[yardstick.method], score))
        for row in table
    ]
    return replace(table, rows=tuple(rows))


def drawn_anew(
    pooled: Sequence[Sequence[Outputs]], score: Score, units: NDArray[np.int64], seed: int
) -> Sampled:
    """How the score of each method varies over the units.

    Args:
        pooled: For each method its outputs, a repeat each.
        score: The metric.
        units: Number of the unit, a sample or a group, that each sample belongs to, from 0.
        seed: Of the draws.

    Returns:
        Points `(methods,)` and draws `(DRAWS, methods)`.

    References:
        Bickel, Gotze and van Zwet, Resampling fewer than n observations: gains, losses, and
        remedies for losses, Statistica Sinica 1997.
    """

    def cells(rows: NDArray[np.int64] | slice) -> list[Cell]:
        return [[score.prepare(out.part(rows)) for out in repeats] for repeats in pooled]

    if len(units) <= MOST_ROWS:
        return bootstrap(cells(slice(None)), units, DRAWS, seed)
    many = int(units.max()) + 1
    some = np.random.default_rng(seed).permutation(many)[: max(2, many * MOST_ROWS // len(units))]
    rows = np.flatnonzero(np.isin(units, some))
    part = bootstrap(cells(rows), np.unique(units[rows], return_inverse=True)[1], DRAWS, seed)
    once = np.ones((1, len(units)))
    point = np.array([float(np.mean([s(once)[0] for s in cell])) for cell in cells(slice(None))])
    return Sampled(point, point + (part.draws - part.point) * np.sqrt(len(some) / many))


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
