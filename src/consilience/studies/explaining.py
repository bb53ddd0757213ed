"""Why the answer is what it is: what the modalities tell, and what the model leans on."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar, final

import numpy as np
from joblib import delayed
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.splits import Split
from consilience.errors import ConsilienceError, DataError
from consilience.quantification.interactions import interactions
from consilience.quantification.robustness import robustness
from consilience.quantification.scoring import SCORES
from consilience.results.comparison import ComparisonTable, Verdict
from consilience.results.interactions import Interactions
from consilience.results.learning import Learning
from consilience.results.robustness import Robustness
from consilience.studies.foldwise import Foldwise
from consilience.studies.forecasting import seconds_of_a_pair
from consilience.studies.labelled import as_one
from consilience.studies.learning import Observation, learning, observe
from consilience.studies.plan import Method, Plan, width_of
from consilience.studies.running import Model, Outcome, blocks, fit_block
from consilience.studies.spreading import Pool, in_order

Measured = TypeVar("Measured")

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWS = 3
"""Draws of noise a level."""

MOST_EXAMINED = 20_000
"""Samples that a model is asked about under noise and absence."""


@final
@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands behind a verdict.

    Attributes:
        examined: The fusion method that was examined.
        interactions: Redundancy, uniqueness and synergy; None if they cannot be told.
        interactions_lacking: Why they cannot be told, if so.
        robustness: How its score stands up to noise and absence; None if not examined.
        robustness_lacking: Why not, if so.
        learning: How it learnt, and what its fusion makes of the modalities; None if not told.
        learning_lacking: Why not, if so.
    """

    examined: str
    interactions: Interactions | None
    interactions_lacking: str | None
    robustness: Robustness | None
    robustness_lacking: str | None
    learning: Learning | None
    learning_lacking: str | None


def explain(
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    table: ComparisonTable,
    verdict: Verdict,
    *,
    pool: Pool,
    outcomes: Sequence[Outcome],
    deadline: float = math.inf,
    workers: int = 1,
) -> Explanation:
    """Examines the recommended fusion method, or the best one if none is recommended.

    Its models of the first repeat are fitted again, bit for bit, and predict only what
    they were not trained on, of at most `MOST_EXAMINED` samples.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What was run.
        table: The compared methods.
        verdict: What was found.
        pool: Where to fit.
        outcomes: What was fitted; splits that a budget left out are not examined.
        deadline: Moment of `time.perf_counter()` after which nothing more is begun.
        workers: Processes that compare modalities.

    Returns:
        The explanation; what time did not allow is lacking with that reason.
    """
    method = examined_method(plan, table, verdict)
    coded = data.with_target(codes)
    done = sorted({o.split for o in outcomes if o.split < plan.folds})
    fit = max(o.seconds for o in outcomes if o.method == method.name)
    needed = fit * math.ceil((len(done) + 1) / workers)
    stands: Robustness | None = None
    learnt: Learning | None = None
    stands_lacking = learnt_lacking = _late("the models", plan)
    if perf_counter() + needed < deadline:
        rows, splits = examined_rows(plan, done, seed=plan.random_state)
        model, observed = _fitted_again(data, codes, plan, method, splits, pool=pool)
        stands, stands_lacking = _attempt(
            lambda: _robustness(model, coded[rows], plan, deadline=deadline)
        )
        learnt, learnt_lacking = _attempt(
            lambda: learning(model, data[rows], codes[rows], plan, method, observed=observed)
        )
    left = deadline - perf_counter()
    told, told_lacking = None, _late("the modalities", plan)
    if left > seconds_of_a_pair(data, codes, plan):
        told, told_lacking = _attempt(
            lambda: interactions(
                _one_target(coded),
                n_jobs=workers,
                time_limit=left,
                random_state=plan.random_state,
            )
        )
    return Explanation(
        examined=method.name,
        interactions=told,
        interactions_lacking=told_lacking,
        robustness=stands,
        robustness_lacking=stands_lacking,
        learning=learnt,
        learning_lacking=learnt_lacking,
    )


def examined_rows(
    plan: Plan, done: Sequence[int], *, seed: int
) -> tuple[NDArray[np.int64], tuple[Split, ...]]:
    """The samples to examine, and the splits that tell which model asks which of them.

    Args:
        plan: What was run.
        done: Positions of the complete splits of the first repeat.
        seed: Of the draw where there are more than `MOST_EXAMINED`.

    Returns:
        Positions of the samples in rising order, and splits whose test rows count among them.
    """
    splits = [plan.splits[i] for i in done]
    rows = np.sort(np.concatenate([split.test for split in splits]))
    if len(rows) > MOST_EXAMINED:
        drawn = np.random.default_rng(seed).choice(len(rows), MOST_EXAMINED, replace=False)
        rows = rows[np.sort(drawn)]
    out: list[Split] = []
    for split in splits:
        test = np.flatnonzero(np.isin(rows, split.test))
        out.append(Split(split.repeat, split.fold, split.train, test))
    return rows, tuple(out)


def _late(what: str, plan: Plan) -> str:
    return f"the budget of {plan.budget or 0:g} min left no time to examine {what}"


def _robustness(
    model: Foldwise, data: MultimodalData, plan: Plan, *, deadline: float
) -> Robustness:
    """How a score stands up to noise and absence; with fewer draws and levels if time is short.

    Raises:
        DataError: If time does not allow even one draw of few levels.
    """
    known = {score.name for score in SCORES if score.task == plan.task}
    began = perf_counter()
    if deadline < math.inf:
        model.predict(data)
    once, left = perf_counter() - began, deadline - perf_counter()
    for levels, draws in ((LEVELS, DRAWS), (LEVELS, 1), (LEVELS[::2], 1)):
        passes = data.shape[1] * len(levels) * draws + 2 ** min(data.shape[1], 3)
        if once * passes <= left:
            return robustness(
                model,
                data,
                levels=levels,
                metric=plan.metric.name if plan.metric.name in known else None,
                n_repeats=draws,
                random_state=plan.random_state,
            )
    raise DataError(_late("the model", plan))


def _fitted_again(
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    method: Method,
    splits: Sequence[Split],
    *,
    pool: Pool,
) -> tuple[Foldwise, Observation]:
    """The models of the first repeat, and beside them one training that is watched."""
    watch = delayed(observe)(data, codes, plan, method)
    fits = _fits(data, codes, plan, method, len(splits))
    *fitted, observed = in_order(pool, [*fits, watch])
    return _foldwise(codes, plan, fitted, splits), observed


def examined_method(plan: Plan, table: ComparisonTable, verdict: Verdict) -> Method:
    """The recommended fusion method, or the best one if a single modality is recommended.

    Args:
        plan: What was run.
        table: The compared methods.
        verdict: What was found.

    Returns:
        The method.
    """
    fused = {m.name: m for m in plan.methods if m.kind == "fusion"}
    if verdict.best_method in fused:
        return fused[verdict.best_method]
    return next(fused[row.method] for row in table if row.method in fused)


def out_of_fold(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method, *, pool: Pool
) -> Foldwise:
    """A method's models of the first repeat, fitted again bit for bit.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What was run.
        method: The method.
        pool: Where to fit.

    Returns:
        A model of them all that predicts only what each was not trained on.
    """
    fitted = in_order(pool, _fits(data, codes, plan, method, plan.folds))
    return _foldwise(codes, plan, fitted, plan.splits[: plan.folds])


def _fits(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method, splits: int
) -> list[Any]:
    first = [b for b in blocks(plan) if b.start < splits]
    return [delayed(fit_block)(data, codes, plan, method, block) for block in first]


def _foldwise(
    codes: NDArray[Any], plan: Plan, fitted: Sequence[Sequence[Model]], splits: Sequence[Split]
) -> Foldwise:
    models = [model for block in fitted for model in block]
    multilabel = plan.task == "multilabel"
    return Foldwise(models, splits, width_of(codes, plan.task), multilabel=multilabel)


def _one_target(data: MultimodalData) -> MultimodalData:
    target = data.target
    if target is None or target.ndim == 1:
        return data
    return data.with_target(as_one(target, data.target_names))


def _attempt(measure: Callable[[], Measured]) -> tuple[Measured | None, str | None]:
    """A measurement, or why it cannot be made of these data."""
    try:
        return measure(), None
    except ConsilienceError as error:
        return None, str(error)
