"""What a study is going to do, fixed before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.data.splits import Split, make_splits
from consilience.data.target import Task, require_target
from consilience.errors import ConfigurationError, DataError, suggestion
from consilience.estimators.labels import plain_classes
from consilience.fusion.catalogue import available, unfit
from consilience.results.comparison import Kind
from consilience.studies.labelled import label_codes, require_learnable, task_of
from consilience.studies.metrics import Metric, metric_named

DEFAULT = ("additive", "concat", "gated", "low_rank")
"""The fusion methods a study compares unless told otherwise: one of each kind."""

FEW, MANY = 200, 1000
"""Below FEW samples the cross-validation is repeated four times, below MANY twice."""


@final
@dataclass(frozen=True, slots=True)
class Method:
    """One competitor.

    Attributes:
        name: Its name in tables; for a single modality the modality's name.
        kind: `"unimodal"` or `"fusion"`.
        fusion: The fusion method of its estimator.
        modalities: The modalities it sees.
    """

    name: str
    kind: Kind
    fusion: str
    modalities: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides a study's numbers.

    Attributes:
        task: `"classification"`, `"multilabel"` or `"regression"`.
        metric: What methods are judged by.
        methods: The competitors, single modalities first.
        splits: Training and test rows of every fold of every repeat.
        folds: Folds of a repeat.
        repeats: Repeats, each with its own splits and initial weights.
        random_state: The seed everything is derived from.
        budget: Minutes of the study, of which folds may begin in a share; None for no limit.
        max_epochs: Most epochs of each training, the same for every method; None for the
            estimators' own limit.
    """

    task: Task
    metric: Metric
    methods: tuple[Method, ...]
    splits: tuple[Split, ...]
    folds: int
    repeats: int
    random_state: int
    budget: float | None
    max_epochs: int | None = None

    def __str__(self) -> str:
        alone = ", ".join(m.name for m in self.methods if m.kind == "unimodal")
        fused = ", ".join(m.name for m in self.methods if m.kind == "fusion")
        repeats = "" if self.repeats == 1 else f", {self.repeats} times"
        limit = "" if self.budget is None else f" within {self.budget:g} min"
        return (
            f"alone: {alone}; fused: {fused}; {self.folds} folds{repeats}: "
            f"{len(self.splits) * len(self.methods)} fits{limit}, judged by {self.metric.name}"
        )


def make_plan(
    data: MultimodalData,
    *,
    methods: str | Sequence[str] = "default",
    metric: str | None = None,
    task: Task | None = None,
    folds: int = 5,
    seeds: int | None = None,
    budget: float | None = None,
    max_epochs: int | None = None,
    workers: int | None = None,
    random_state: RandomState = 0,
) -> Plan:
    """Fixes a study's methods, metric and splits, or tells every fault at once.

    Args:
        data: Samples of at least two modalities, with a target.
        methods: Names of fusion methods; `"default"` stands for one of each kind,
            `"all"` for every one.
        metric: Name of the metric; None takes the usual one.
        task: What the target is; None recognises it.
        folds: Folds of each cross-validation.
        seeds: Repeats of the cross-validation, each with its own splits and
            initial weights; None decides from the number of samples.
        budget: Minutes of the study.
        max_epochs: Most epochs of each training; None for the estimators' own limit.
        workers: Processes that will be used; the plan does not depend on them.
        random_state: RandomState.

    Returns:
        The plan.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.
        DataError: If the target cannot be used or the samples cannot be split.
    """
    target = require_target(data.target, "a study")
    task = task_of(target, task)
    classes = len(np.unique(target.astype(str))) if task == "classification" else 0
    names = _method_names(methods, data, task)
    judge, faults = _metric(metric, task, classes)
    faults += _faults_of_data(data, target, names, task)
    faults += _faults_of_methods(names, data, task)
    faults += _faults_of_numbers(
        {"folds": (folds, 2), "seeds": (seeds, 1), "max_epochs": (max_epochs, 1)}, budget, workers
    )
    if faults or judge is None:
        raise ConfigurationError(faults)
    seed = seed_of(random_state)
    repeats = seeds or (4 if len(data) < FEW else 2 if len(data) < MANY else 1)
    splits = make_splits(
        data if task != "multilabel" else data.with_target(label_codes(data, target)),
        folds=folds,
        repeats=repeats,
        task=task,
        random_state=seed,
    )
    _require_defined(judge, data, splits)
    single = [Method(m, "unimodal", "concat", (m,)) for m in data.schema.names]
    fused = [Method(name, "fusion", name, data.schema.names) for name in names]
    return Plan(task, judge, (*single, *fused), splits, folds, repeats, seed, budget, max_epochs)


def _require_defined(metric: Metric, data: MultimodalData, splits: Sequence[Split]) -> None:
    """Refuses a metric that hardly any test part allows, before anything is fitted.

    Raises:
        DataError: If fewer than two test parts allow it, or a training part lacks a label.
    """
    if metric.task == "regression":
        return
    codes, names = codes_of(data, metric.task)
    known = names or []
    if metric.task == "multilabel":
        require_learnable(codes, known, splits)
    chance = np.full((len(codes), len(known)), 1 / len(known))
    scores = [metric.score(codes[s.test], codes[s.test], chance[s.test]) for s in splits]
    lacking = int(np.isnan(scores).sum())
    if len(scores) - lacking < 2:
        raise DataError(
            f"metric {metric.name!r} cannot be computed in {lacking} of {len(splits)} test folds, "
            "which hold one class only; use fewer folds or metric='accuracy'"
        )


def _method_names(methods: str | Sequence[str], data: MultimodalData, task: Task) -> list[str]:
    every = [name for name in available() if _misfit(name, data, task) is None]
    named = [methods] if isinstance(methods, str) else methods
    groups = {"default": DEFAULT, "all": every}
    return list(dict.fromkeys(n for name in named for n in groups.get(name, (name,))))


def _misfit(name: str, data: MultimodalData, task: Task) -> str | None:
    return unfit(name, modalities=data.shape[1], distribution=task == "classification")


def _metric(name: str | None, task: Task, classes: int) -> tuple[Metric | None, list[str]]:
    try:
        return metric_named(name, task, classes), []
    except ConfigurationError as error:
        return None, list(error.faults)


def _faults_of_data(
    data: MultimodalData, target: NDArray[Any], methods: Sequence[str], task: Task
) -> list[str]:
    names = data.schema.names
    faults: list[str] = []
    if data.shape[1] < 2:
        faults.append(f"a study compares at least two modalities; there is one ({names[0]!r})")
    if target.ndim != 1 and task != "multilabel":
        faults.append(f"a study needs one target a sample, found shape {target.shape}")
    faults += [
        f"modality {name!r} has the name of a fusion method; rename it"
        for name in names
        if name in methods
    ]
    return faults


def _faults_of_methods(names: Sequence[str], data: MultimodalData, task: Task) -> list[str]:
    if not names:
        return [f"methods names none; there are: {', '.join(available())}"]
    faults = [
        f"fusion method {name!r} is not known; {suggestion(name, available())}"
        if name not in available()
        else _misfit(name, data, task)
        for name in names
    ]
    return [fault for fault in faults if fault]


def _faults_of_numbers(
    counts: Mapping[str, tuple[int | None, int]], budget: float | None, workers: int | None
) -> list[str]:
    """Faults of counts, each given with the least that it may be, and of the others."""
    faults = [
        f"{name} must be at least {least}, found {count}"
        for name, (count, least) in counts.items()
        if count is not None and count < least
    ]
    if budget is not None and not budget > 0:
        faults.append(f"budget must be positive minutes, found {budget}")
    if workers is not None and workers < 1:
        faults.append(f"workers must be at least 1, found {workers}")
    return faults


def codes_of(data: MultimodalData, task: Task) -> tuple[NDArray[Any], list[str] | None]:
    """The target as a study handles it.

    Args:
        data: Samples with a complete target.
        task: What the target is.

    Returns:
        Class codes with the names of the classes, labels as 0 and 1 with their names, or
        quantities and None.
    """
    target = require_target(data.target, "a study")
    if task == "regression":
        return target.astype(np.float64), None
    if task == "multilabel":
        return label_codes(data, target), list(data.target_names)
    names, codes = np.unique(plain_classes(target), return_inverse=True)
    return codes, [str(n) for n in names]


def width_of(codes: NDArray[Any], task: Task) -> int:
    """Number of classes or labels of a target as a study handles it; 0 for quantities."""
    if task == "multilabel":
        return codes.shape[1]
    return int(codes.max()) + 1 if task == "classification" else 0
