"""How many epochs trainings get where time is short, the same before and after a resumption."""

import logging
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.studies.forecasting import affordable_epochs
from consilience.studies.plan import Plan
from consilience.studies.workspace import Workspace

log = logging.getLogger("consilience")


def paced(
    plan: Plan,
    workspace: Workspace,
    data: MultimodalData,
    codes: NDArray[Any],
    *,
    workers: int,
) -> Plan:
    """The plan with as many epochs as its budget bears, where nobody said how many.

    The number rests on a timing, so the record keeps it: a study that is resumed or examined
    again goes by the same.

    Args:
        plan: What is to be run.
        workspace: The study's folder, with its record.
        data: The samples.
        codes: Their target: class codes, or quantities.
        workers: Processes to use.

    Returns:
        The plan, as it is where there is no budget or a number was given.
    """
    if plan.budget is None or plan.max_epochs is not None:
        return plan
    known = workspace.noted("max_epochs")
    if known is None:
        found = affordable_epochs(data, codes, plan, workers=workers)
        if found == 0:
            log.warning(
                "the budget of %g min is too short for two folds of one epoch each; "
                "these are done, and it is exceeded: raise it, or compare fewer methods",
                plan.budget,
            )
        known = 0 if found is None else max(1, found)
        workspace.note("max_epochs", known)
    if not known:
        return plan
    log.info(
        "trainings get at most %d epoch%s, so that the budget of %g min bears two folds",
        known,
        "" if known == 1 else "s",
        plan.budget,
    )
    return replace(plan, max_epochs=known)
