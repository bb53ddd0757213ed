"""A finished study's plan and models, made again from its record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.fingerprint import fingerprint
from consilience.errors import DataError
from consilience.studies.explaining import examined_method, out_of_fold
from consilience.studies.finished import Study
from consilience.studies.foldwise import Foldwise
from consilience.studies.plan import Plan, codes_of, make_plan
from consilience.studies.settings import read_settings
from consilience.studies.spreading import spread
from consilience.studies.workspace import RECORD


@final
@dataclass(frozen=True, slots=True)
class Replay:
    """What a finished study examined.

    Attributes:
        data: Its samples, the target as codes.
        plan: Its plan.
        method: Name of the fusion method it examined.
        model: That method's models, which predict only what they were not trained on.
    """

    data: MultimodalData
    plan: Plan
    method: str
    model: Foldwise


def replay(run: Path, data: MultimodalData, *, workers: int) -> Replay:
    """Fits the examined method of a finished study again, bit for bit.

    Args:
        run: Folder of the study.
        data: The samples it was made of.
        workers: Processes to use.

    Returns:
        Samples, plan and model.

    Raises:
        DataError: If these are not the study's samples.
        MissingFileError: If the folder holds no study.
    """
    done = Study(run)
    settings = read_settings(run / RECORD)
    if settings.record["fingerprint"] != fingerprint(data):
        raise DataError(
            f"the data have changed since the study in {run} was made; "
            "run the study again, or pass new samples to examine its saved model on"
        )
    plan = make_plan(
        data,
        methods=settings.methods or "default",
        metric=settings.metric,
        task=settings.task,
        folds=settings.folds or 5,
        seeds=settings.seeds,
        budget=settings.budget,
        random_state=settings.random_state or 0,
    )
    codes: NDArray[Any]
    codes, _ = codes_of(data, plan.task)
    method = examined_method(plan, done.table, done.verdict)
    with spread(workers) as pool:
        model = out_of_fold(data, codes, plan, method, pool=pool)
    return Replay(data.with_target(codes), plan, method.name, model)
