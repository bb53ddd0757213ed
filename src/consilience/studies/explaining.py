"""Why the answer is what it is: what the modalities tell, and what the model leans on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, final

from joblib import delayed
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.errors import ConsilienceError
from consilience.quantification.interactions import interactions
from consilience.quantification.robustness import robustness
from consilience.quantification.scoring import SCORES
from consilience.results.comparison import ComparisonTable, Verdict
from consilience.results.interactions import Interactions
from consilience.results.learning import Learning
from consilience.results.robustness import Robustness
from consilience.studies.foldwise import Foldwise
from consilience.studies.labelled import as_one
from consilience.studies.learning import Observation, learning, observe
from consilience.studies.plan import Method, Plan, width_of
from consilience.studies.running import Model, blocks, fit_block
from consilience.studies.spreading import Pool, in_order

Measured = TypeVar("Measured")

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
DRAWS = 3
"""Draws of noise a level."""


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
) -> Explanation:
    """Examines the recommended fusion method, or the best one if none is recommended.

    Its models of the first repeat are fitted again, bit for bit, and predict only what
    they were not trained on.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What was run.
        table: The compared methods.
        verdict: What was found.
        pool: Where to fit.

    Returns:
        The explanation.
    """
    method = examined_method(plan, table, verdict)
    coded = data.with_target(codes)
    told, told_lacking = _attempt(
        lambda: interactions(_one_target(coded), random_state=plan.random_state)
    )
    known = {score.name for score in SCORES if score.task == plan.task}
    model, observed = _fitted_again(data, codes, plan, method, pool=pool)
    stands, stands_lacking = _attempt(
        lambda: robustness(
            model,
            coded,
            levels=LEVELS,
            metric=plan.metric.name if plan.metric.name in known else None,
            n_repeats=DRAWS,
            random_state=plan.random_state,
        )
    )
    learnt, learnt_lacking = _attempt(
        lambda: learning(model, data, codes, plan, method, observed=observed)
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


def _fitted_again(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method, *, pool: Pool
) -> tuple[Foldwise, Observation]:
    """The models of the first repeat, and beside them one training that is watched."""
    watch = delayed(observe)(data, codes, plan, method)
    *fitted, observed = in_order(pool, [*_fits(data, codes, plan, method), watch])
    return _foldwise(codes, plan, fitted), observed


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
    return _foldwise(codes, plan, in_order(pool, _fits(data, codes, plan, method)))


def _fits(data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method) -> list[Any]:
    first = [b for b in blocks(plan) if b.start < plan.folds]
    return [delayed(fit_block)(data, codes, plan, method, block) for block in first]


def _foldwise(codes: NDArray[Any], plan: Plan, fitted: Sequence[Sequence[Model]]) -> Foldwise:
    models = [model for block in fitted for model in block]
    multilabel = plan.task == "multilabel"
    return Foldwise(
        models, plan.splits[: plan.folds], width_of(codes, plan.task), multilabel=multilabel
    )


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
