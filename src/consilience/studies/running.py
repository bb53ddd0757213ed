"""Carries a plan out: every method on every fold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast, final

import numpy as np
import torch
from joblib import delayed
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.estimators import FusionClassifier, FusionRegressor
from consilience.estimators.together import carry_out_together
from consilience.studies.plan import Method, Plan, width_of
from consilience.studies.spreading import Pool

FITS_SHARE = 0.7
"""Share of a budget that the fits may take; the rest is for examining what was found."""

LEAST_SPLITS = 2
"""A budget never cuts a study below this many folds: no interval comes from one."""

TOGETHER_ROWS = 200_000
"""Training rows of a repeat, over all folds, up to which its folds are fitted together."""


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """One method's predictions on one fold's test rows.

    Attributes:
        method: Name of the method.
        split: Position of the split in the plan.
        prediction: Class codes or quantities, `(test rows,)`; 0 and 1 for several labels,
            `(test rows, labels)`.
        probabilities: `(test rows, classes)` or `(test rows, labels)`; None for quantities.
        seconds: Time of the fit.
    """

    method: str
    split: int
    prediction: NDArray[Any]
    probabilities: NDArray[np.float64] | None
    seconds: float


Model = FusionClassifier | FusionRegressor
OnOutcome = Callable[[Outcome, int, int], None]


def run(
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    *,
    pool: Pool,
    earlier: Sequence[Outcome] = (),
    on_outcome: OnOutcome | None = None,
) -> tuple[Outcome, ...]:
    """Fits every method on every split.

    The splits of a repeat are fitted together, a method at a time; with a budget, one
    split after the other with all methods, so that it ends with complete folds. Every fit
    runs on one thread with a seed of its own, whatever the number of workers: the numbers
    do not depend on it.

    Args:
        data: The samples.
        codes: Their target: class codes `0..classes-1`, labels as 0 and 1, or quantities.
        plan: What to run.
        pool: Where to run it.
        earlier: Outcomes of the same plan that are known already.
        on_outcome: Told each new outcome, how many are done and how many there are.

    Returns:
        The outcomes of all complete splits, in the order of the plan.
    """
    began = perf_counter()
    total = len(plan.splits) * len(plan.methods)
    known = {(o.split, o.method): o for o in earlier}
    done: list[Outcome] = []
    parts = blocks(plan)
    width = len(parts) if plan.budget is None else 1
    begun, longest = began, 0.0
    for first in range(0, len(parts), width):
        if plan.budget is not None and first >= LEAST_SPLITS:
            now = perf_counter()
            longest = max(longest, now - begun)
            if now + longest > began + 60 * FITS_SHARE * plan.budget:
                break
        begun = perf_counter()
        wanted = [(b, m) for b in parts[first : first + width] for m in plan.methods]
        lacking = [(b, m) for b, m in wanted if not all((i, m.name) in known for i in b)]
        done += [known[i, m.name] for b, m in wanted if (b, m) not in lacking for i in b]
        jobs = (delayed(fit_and_predict)(data, codes, plan, m, block=b) for b, m in lacking)
        for outcomes in cast("Iterator[list[Outcome]]", pool.as_done(jobs)):
            done.extend(outcomes)
            for outcome in outcomes:
                if on_outcome is not None:
                    on_outcome(outcome, len(done), total)
    order = {method.name: i for i, method in enumerate(plan.methods)}
    return tuple(sorted(done, key=lambda o: (o.split, order[o.method])))


def blocks(plan: Plan) -> list[range]:
    """The splits that a method is fitted on together: a repeat, or one split.

    It is one with a budget, and where the training rows of a repeat are more than
    `TOGETHER_ROWS`: stacking quickens small models, and every fold fitted at once is a copy
    of its rows.

    Which are fitted together decides what layers draw while training; so what was fitted
    once is fitted again bit for bit only in the same company.

    Args:
        plan: What is run.

    Returns:
        Positions of the splits.
    """
    rows = sum(len(split.train) for split in plan.splits[: plan.folds])
    width = plan.folds if plan.budget is None and rows <= TOGETHER_ROWS else 1
    return [range(i, i + width) for i in range(0, len(plan.splits), width)]


def fold_seed(random_state: int, split: int) -> int:
    """The seed of a split's initial weights, the same for every method."""
    return int(np.random.SeedSequence([random_state, split]).generate_state(1)[0] % 2**31)


def fit_and_predict(
    data: MultimodalData,
    codes: NDArray[Any],
    plan: Plan,
    method: Method,
    *,
    block: range,
) -> list[Outcome]:
    """Fits one method on the training rows of some splits and predicts their test rows.

    Args:
        data: All samples.
        codes: Their target: class codes, or quantities.
        plan: What is run.
        method: What to fit.
        block: Positions of the splits, one of `blocks`.

    Returns:
        Predictions and time, a split each.
    """
    began = perf_counter()
    models = fit_block(data, codes, plan, method, block)
    seconds = (perf_counter() - began) / len(block)
    seen = data.select(method.modalities)
    classes = width_of(codes, plan.task)
    return [
        Outcome(method.name, i, *_predicted(model, seen[plan.splits[i].test], classes), seconds)
        for i, model in zip(block, models, strict=True)
    ]


def _predicted(
    model: Model, test: MultimodalData, classes: int
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Predictions and, for classes, the probabilities of all of them."""
    if isinstance(model, FusionRegressor):
        return model.predict(test), None
    if model.multilabel_:
        chances = model.predict_proba(test)
        return (chances > 0.5).astype(np.int64), chances
    probabilities = np.zeros((len(test), classes))
    probabilities[:, model.classes_] = model.predict_proba(test)
    return probabilities.argmax(axis=1), probabilities


def fit_block(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method, block: range
) -> list[Model]:
    """Fits one method on the training rows of some splits, all in one pass, on one thread.

    Args:
        data: All samples.
        codes: Their target: class codes, or quantities.
        plan: What is run.
        method: What to fit; it sees its own modalities only.
        block: Positions of the splits, one of `blocks`.

    Returns:
        A fitted model a split.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        seen = data.select(method.modalities)
        models = [estimator(plan, method, fold_seed(plan.random_state, i)) for i in block]
        trains = [plan.splits[i].train for i in block]
        carry_out_together(
            [m.fitting(seen[t], codes[t]) for m, t in zip(models, trains, strict=True)]
        )
        return models
    finally:
        torch.set_num_threads(threads)


def fit_method(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method, *, seed: int
) -> Model:
    """Fits one method.

    Args:
        data: Training samples of all modalities.
        codes: Their target.
        plan: What is run.
        method: What to fit; it sees its own modalities only.
        seed: Seed of the fit.

    Returns:
        The fitted estimator.
    """
    return estimator(plan, method, seed).fit(data.select(method.modalities), codes)


def estimator(plan: Plan, method: Method, seed: int) -> Model:
    """A method's estimator, to be fitted.

    Args:
        plan: What is run.
        method: The method.
        seed: Seed of the fit.

    Returns:
        The estimator.
    """
    kind = FusionRegressor if plan.task == "regression" else FusionClassifier
    model = kind(method.fusion, random_state=seed)
    if plan.max_epochs is not None:
        model.set_params(max_epochs=plan.max_epochs)
    return model
