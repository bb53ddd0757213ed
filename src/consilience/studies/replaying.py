"""A finished study's plan and models, made again from its record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.fingerprint import fingerprint
from consilience.errors import ConfigurationError, DataError, suggestion
from consilience.studies.explaining import examined_method, out_of_fold
from consilience.studies.finished import Study
from consilience.studies.foldwise import Foldwise
from consilience.studies.plan import Method, Plan, codes_of, make_plan
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
        baseline: The models of the method to compare with, likewise; None without one.
    """

    data: MultimodalData
    plan: Plan
    method: str
    model: Foldwise
    baseline: Foldwise | None = None


def replay(
    run: Path, data: MultimodalData, *, workers: int, baseline: str | None = None
) -> Replay:
    """Fits the examined method of a finished study again, bit for bit.

    Args:
        run: Folder of the study.
        data: The samples it was made of.
        workers: Processes to use.
        baseline: Name of another of its methods, such as a late fusion or a single modality,
            to fit again beside it.

    Returns:
        Samples, plan and models.

    Raises:
        ConfigurationError: If the study has no method of the baseline's name.
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
        max_epochs=settings.max_epochs or settings.record.get("max_epochs") or None,
        random_state=settings.random_state or 0,
    )
    codes: NDArray[Any]
    codes, _ = codes_of(data, plan.task)
    method = examined_method(plan, done.table, done.verdict)
    other = None if baseline is None else _named(plan, baseline, method.name)
    with spread(workers) as pool:
        model = out_of_fold(data, codes, plan, method, pool=pool)
        beside = other and out_of_fold(data, codes, plan, other, pool=pool)
    return Replay(data.with_target(codes), plan, method.name, model, beside)


def _named(plan: Plan, name: str, examined: str) -> Method:
    methods = {m.name: m for m in plan.methods if m.name != examined}
    if name == examined:
        raise ConfigurationError(
            [f"baseline {name!r} is the method that is examined itself; {suggestion('', methods)}"]
        )
    if name not in methods:
        raise ConfigurationError(
            [f"baseline {name!r} is no method of the study; {suggestion(name, methods)}"]
        )
    return methods[name]
