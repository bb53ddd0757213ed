"""How long a study will take, guessed before anything is fitted."""

from typing import Any

import torch
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.estimators.stopping import stages
from consilience.studies.plan import Plan
from consilience.studies.running import estimator, fold_seed

EPOCHS = 40
"""Epochs that a training usually takes until it stops."""

TOGETHER = 0.35
"""Time of folds that are fitted in one pass, as a share of one after another."""

EXAMINING = 1.4
"""Time of a whole study, as a multiple of its fits."""

ROWS = 2000
"""Most rows of the fit that is timed."""


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
    train = plan.splits[0].train
    method = plan.methods[-1]
    seen = data.select(method.modalities)[train]
    plans = stages(
        seen.with_target(codes[train]), task=plan.task, max_epochs=EPOCHS, patience=1, seed=0
    )
    first = next(plans)
    trainings = len(first) + (len(first) > 1)
    some = train[:ROWS]
    model = estimator(plan.task, method, fold_seed(plan.random_state, 0))
    model.set_params(max_epochs=1, patience=None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(2):
            model.fit(data.select(method.modalities)[some], codes[some])
    finally:
        torch.set_num_threads(threads)
    fit = model.history_.seconds * len(train) / len(some) * EPOCHS * trainings
    share = TOGETHER if plan.budget is None else 1.0
    alongside = min(workers, len(plan.methods))
    seconds = EXAMINING * fit * len(plan.splits) * len(plan.methods) * share / alongside
    return seconds if plan.budget is None else min(seconds, 60 * plan.budget)


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
