"""How long a study will take, guessed before anything is fitted; what a budget allows."""

import math
from typing import Any

import torch
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.estimators.stopping import stages
from consilience.quantification.choosing import LEAST_ROWS
from consilience.quantification.comparing import every_comparison
from consilience.quantification.neural import MOST_ROWS
from consilience.studies.plan import Method, Plan, width_of
from consilience.studies.running import FITS_SHARE, LEAST_SPLITS, estimator, fold_seed

EPOCHS = 40
"""Epochs that a training usually takes until it stops."""

TOGETHER = 0.35
"""Time of folds that are fitted in one pass, as a share of one after another."""

AGAIN = 1.6
"""Time of fitting a method's folds again and of asking them, as a multiple of the fits."""

ROWS = 2000
"""Most rows of the fit that is timed."""

SURE = 0.8
"""Share of the time for the fits that epochs are planned for: one timing is a guess."""

PER_ROW, PER_CLASS, COUNTED = 2.5e-3, 0.1, 0.5
"""Seconds of a comparison: for each sample, how that grows with a class, and by counting."""


def forecast(data: MultimodalData, codes: NDArray[Any], plan: Plan, *, workers: int) -> float:
    """Roughly how long a study will take; trainings may stop early or late.

    Times one epoch of one method on the first training part, after another that warms up.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What is to be run.
        workers: Processes to use.

    Returns:
        Seconds.
    """
    usual = min(EPOCHS, plan.max_epochs or EPOCHS)
    fit = usual * seconds_of_an_epoch(data, codes, plan, plan.methods[-1])
    share = TOGETHER if plan.budget is None else 1.0
    alongside = min(workers, len(plan.methods))
    fits = fit * len(plan.splits) * len(plan.methods) * share / alongside
    examined = AGAIN * fit * plan.folds * share + fit
    seconds = fits + examined + seconds_of_comparing(data, codes, plan, workers=workers)
    return seconds if plan.budget is None else min(seconds, 60 * plan.budget)


def seconds_of_an_epoch(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, method: Method
) -> float:
    """Roughly how long a method takes for one epoch of one fit, all its trainings together.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What is to be run.
        method: The method.

    Returns:
        Seconds on one thread.
    """
    train = plan.splits[0].train
    seen = data.select(method.modalities)[train]
    plans = stages(
        seen.with_target(codes[train]), task=plan.task, max_epochs=EPOCHS, patience=1, seed=0
    )
    first = next(plans)
    trainings = len(first) + (len(first) > 1)
    some = train[:ROWS]
    model = estimator(plan, method, fold_seed(plan.random_state, 0))
    model.set_params(max_epochs=1, patience=None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(2):
            model.fit(data.select(method.modalities)[some], codes[some])
    finally:
        torch.set_num_threads(threads)
    return model.history_.seconds * len(train) / len(some) * trainings


def seconds_of_comparing(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, *, workers: int
) -> float:
    """Roughly how long it takes to measure what all modalities tell, pair by pair.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What is to be run.
        workers: Processes to use.

    Returns:
        Seconds.
    """
    names = data.schema.names
    many = len(every_comparison(names))
    return seconds_of_a_pair(data, codes, plan) * math.ceil(many / workers)


def seconds_of_a_pair(data: MultimodalData, codes: NDArray[Any], plan: Plan) -> float:
    """Roughly how long it takes to measure what two modalities tell.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What is to be run.

    Returns:
        Seconds.
    """
    names = data.schema.names
    classes = max(width_of(codes, plan.task), 4)
    rows = min(len(data), MOST_ROWS)
    several = any(len(data.schema[name].columns) > 1 for name in names)
    trained = several and rows >= LEAST_ROWS
    return PER_ROW * rows * (1 + PER_CLASS * classes) if trained else COUNTED


def affordable_epochs(
    data: MultimodalData, codes: NDArray[Any], plan: Plan, *, workers: int
) -> int | None:
    """Most epochs a training for which a budget bears the least number of folds.

    The folds have to fit into the share of the fits, and with the recommended model's fit on
    all samples into the whole.

    Every method gets the same number, so that a short time favours none.

    Args:
        data: The samples.
        codes: Their target: class codes, or quantities.
        plan: What is to be run, with a budget.
        workers: Processes to use.

    Returns:
        The number, 0 if not even one is possible; None where the estimators' own limit is below.
    """
    if plan.budget is None:
        return None
    each = [seconds_of_an_epoch(data, codes, plan, method) for method in plan.methods]
    fits = LEAST_SPLITS * sum(each) / min(workers, len(each))
    model = max(each) * plan.folds / (plan.folds - 1)
    time = SURE * 60 * plan.budget
    epochs = math.floor(min(FITS_SHARE * time / fits, time / (fits + model)))
    return None if epochs >= estimator(plan, plan.methods[0], 0).max_epochs else epochs


def told(seconds: float) -> str:
    """A duration in words, to the precision of a guess.

    Args:
        seconds: The duration.

    Returns:
        Such as `"about 4 minutes"`.

    Example:
        >>> told(12.0), told(70.0), told(260.0), told(9000.0)
        ('less than a minute', 'about 1 minute', 'about 4 minutes', 'about 2.5 hours')
    """
    if seconds < 45:
        return "less than a minute"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {seconds / 3600:.1f} hours"
