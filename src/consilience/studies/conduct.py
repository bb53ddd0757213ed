"""Conducts a study: is fusing these modalities worth it?"""

import errno
import logging
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from consilience.data.audit import audit
from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.seeds import RandomState
from consilience.data.target import Task, require_target
from consilience.errors import ConfigurationError, DataError
from consilience.estimators import FusionClassifier, FusionRegressor
from consilience.report import render
from consilience.results.audit import AuditReport
from consilience.results.comparison import Verdict
from consilience.studies.artefacts import (
    write_explanation,
    write_metrics,
    write_predictions,
    write_splits,
    write_summary,
)
from consilience.studies.calibrating import write_calibration
from consilience.studies.comparing import compare, contrast_interactions, score
from consilience.studies.explaining import explain
from consilience.studies.finished import Study
from consilience.studies.forecasting import forecast, told
from consilience.studies.pacing import paced
from consilience.studies.plan import Plan, codes_of, make_plan
from consilience.studies.progress import progress
from consilience.studies.reasons import with_reasons
from consilience.studies.resampling import with_resampling
from consilience.studies.running import Outcome, fit_method, run
from consilience.studies.settings import record
from consilience.studies.spreading import Backend, spread
from consilience.studies.verdict import judge
from consilience.studies.workspace import Workspace

log = logging.getLogger("consilience")


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What a write says where there is no room for it, or no leave."""


def study(
    data: object,
    *,
    out: str | Path,
    methods: str | Sequence[str] = "default",
    metric: str | None = None,
    task: Task | None = None,
    folds: int = 5,
    seeds: int | None = None,
    budget: float | None = None,
    max_epochs: int | None = None,
    random_state: RandomState = 0,
    workers: int | None = None,
    backend: Backend = "local",
    strict: bool = True,
    overwrite: bool = False,
    resume: bool = False,
    source: Mapping[str, Any] | None = None,
    show_progress: bool = True,
) -> Study:
    """Answers whether fusing the modalities is worth it, with its evidence.

    Audits the data, trains every single modality and every fusion method on the
    same folds under the same rules, tests each difference to the best single
    modality, and writes verdict, table, predictions, the recommended model and a
    report that opens offline.

    Args:
        data: `MultimodalData` with a target and at least two modalities, or a data
            frame with prefixed or two-level columns is refused for want of a target.
        out: Folder to write; it appears when the study is done. Until then a hidden
            folder beside it keeps what is done, for `resume`.
        methods: Names of fusion methods; `"default"` stands for one of each kind,
            `"all"` for every one that `cs.fusion.available()` lists.
        metric: What methods are judged by; None takes AUROC for two classes and, as the
            mean over them, for several labels, accuracy for more classes, R² for
            quantities.
        task: `"classification"`, `"multilabel"` (a target of several columns of 0 and 1)
            or `"regression"`; None recognises it.
        folds: Folds of each cross-validation; groups stay together.
        seeds: Repeats of the cross-validation, each with its own splits and
            initial weights; None decides from the number of samples.
        budget: Minutes for the whole. Trainings get so few epochs, the same for every
            method, that two folds fit in; further folds begin while they fit into 70 % of it;
            the examination that follows leaves out what time does not allow, and says so.
        max_epochs: Most epochs of each training; None takes 100, or what a budget bears.
        random_state: Seed; the same seed gives the same numbers on one machine.
        workers: Processes to use; None takes as many as there are processors.
        backend: `"ray"` fits on a Ray cluster (extra `ray`): that which `RAY_ADDRESS` names,
            or one of `workers` processes on this machine. The numbers are the same.
        strict: Whether an error found by the audit stops the study.
        overwrite: Whether an earlier study in `out` is replaced.
        resume: Goes on with a study of the same data and settings that was
            interrupted; its numbers are those of one that was not.
        source: Where the data come from, for the record: `data` (name or path),
            `command`, and how columns were mapped.
        show_progress: Whether to show progress on a terminal.

    Returns:
        The study.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.
        DataError: If the data do not allow a study, or the audit found an error.
        MissingFileError: If there is nothing to resume.
    """
    began = perf_counter()
    folder = Path(out)
    samples = as_multimodal(data)
    workspace = Workspace(folder)
    _check_out(workspace, overwrite=overwrite, resume=resume)
    plan = make_plan(
        samples,
        methods=methods,
        metric=metric,
        task=task,
        folds=folds,
        seeds=seeds,
        budget=budget,
        max_epochs=max_epochs,
        workers=workers,
        random_state=random_state,
    )
    audited = audit(samples)
    _heed(audited, strict=strict)
    codes, classes = codes_of(samples, plan.task)
    said = dict(source or {})
    settings = {
        **{name: value for name, value in said.items() if name != "command"},
        "methods": [m.name for m in plan.methods if m.kind == "fusion"],
        "metric": plan.metric.name,
        "task": plan.task,
        "folds": plan.folds,
        "seeds": plan.repeats,
        "budget": budget,
        "max_epochs": max_epochs,
        "random_state": plan.random_state,
        "strict": strict,
    }
    known = record(settings, samples, str(said.get("command", "")))
    processes = workers or os.cpu_count() or 1
    workspace.go_on(known) if resume else workspace.begin(known)
    try:
        plan = paced(plan, workspace, samples, codes, workers=processes)
        log.info("%s", plan)
        log.info(
            "this takes %s, going by one epoch",
            told(forecast(samples, codes, plan, workers=processes)),
        )
        with spread(processes, backend) as pool:
            with progress(show_progress) as tell:

                def keep(outcome: Outcome, done: int, total: int) -> None:
                    workspace.keep(outcome, plan)
                    tell(outcome, done, total)

                outcomes = run(
                    samples,
                    codes,
                    plan,
                    pool=pool,
                    earlier=workspace.kept(plan),
                    on_outcome=keep,
                )
            write_splits(workspace.path, plan)
            scores = score(outcomes, codes, plan)
            judged = scores[plan.metric.name]
            table = compare(judged, plan, outcomes)
            table = with_resampling(table, samples, codes, plan, outcomes)
            verdict = judge(table, contrast_interactions(judged, plan), judged, rows=len(samples))
            write_metrics(workspace.path, plan, scores, outcomes)
            write_predictions(workspace.path, plan, outcomes, codes, classes)
            _fit_best(samples, plan, verdict).save(workspace.path / "models" / "best")
            log.info(
                "fitted; now examining what the modalities tell and what the model makes of them"
            )
            explanation = explain(
                samples,
                codes,
                plan,
                table,
                verdict,
                pool=pool,
                outcomes=outcomes,
                deadline=math.inf if budget is None else began + 60 * budget,
                workers=processes,
            )
            verdict = with_reasons(verdict, explanation)
            write_explanation(workspace.path, explanation)
            write_calibration(workspace.path, samples, method=verdict.best_method)
            write_summary(
                workspace.path,
                source=said,
                data=samples,
                codes=codes,
                classes=classes,
                audit=audited,
                plan=plan,
                table=table,
                verdict=verdict,
                scores=scores,
                explanation=explanation,
                seconds=perf_counter() - began,
            )
            render(workspace.path)
            workspace.finish()
    except BaseException as error:
        workspace.abandon_if_empty()
        if workspace.exists:
            log.warning(
                "stopped; %d of %d fits are kept: go on with --resume %s",
                workspace.fits,
                len(plan.splits) * len(plan.methods),
                folder,
            )
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise ConfigurationError(
                [f"output folder {folder} cannot be written: {error.strerror}"]
            ) from error
        raise
    return Study(folder)


def _check_out(workspace: Workspace, *, overwrite: bool, resume: bool) -> None:
    folder = workspace.folder
    if resume or (overwrite and _holds_study(folder)):
        return
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        if not _holds_study(folder):
            fault = f"output folder {folder} exists and holds no study; choose another"
        else:
            fault = (
                f"output folder {folder} holds a study already; choose another, "
                "or pass overwrite=True (--overwrite)"
            )
        raise ConfigurationError([fault])
    if workspace.exists and not overwrite:
        raise ConfigurationError(
            [
                f"an unfinished study of {folder} has {workspace.fits} fits done; go on by "
                f"resume=True (--resume {folder}), or start anew by overwrite=True (--overwrite)"
            ]
        )


def _holds_study(folder: Path) -> bool:
    return (folder / "study.json").is_file()


def _heed(audited: AuditReport, *, strict: bool) -> None:
    """Stops at errors of the audit; tells the rest.

    Raises:
        DataError: If there is an error and `strict`.
    """
    errors = [f for f in audited.findings if f.severity == "error"]
    if errors and strict:
        told = "\n".join(f"{f.where}: {f.message}; {f.fix}" for f in errors)
        raise DataError(f"the audit found what would make the study wrong:\n{told}")
    for finding in audited.findings:
        if finding.severity != "note":
            log.warning("%s: %s; %s", finding.where, finding.message, finding.fix)


def _fit_best(
    data: MultimodalData, plan: Plan, verdict: Verdict
) -> FusionClassifier | FusionRegressor:
    method = next(m for m in plan.methods if m.name == verdict.best_method)
    target = require_target(data.target, "a study")
    return fit_method(data, target, plan, method, seed=plan.random_state)
