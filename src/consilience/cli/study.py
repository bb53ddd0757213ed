"""`consilience study`."""

import json
import shlex
import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from consilience.cli.inputs import Group, Id, Json, Kind, Modality, Target, source


class TaskName(Enum):
    """What `--task` takes."""

    CLASSIFICATION = "classification"
    MULTILABEL = "multilabel"
    REGRESSION = "regression"


class BackendName(Enum):
    """What `--backend` takes."""

    LOCAL = "local"
    RAY = "ray"


def study(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            help="A file, a folder, or the name of a built-in data set; "
            "not needed with --resume, or where --config says it.",
        ),
    ] = None,
    *,
    target: Target = None,
    modality: Modality = None,
    group: Group = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; default runs/ and the name of the data."),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            "--methods",
            metavar="METHOD",
            help="A fusion method, such as low_rank; repeat for several. Default: a few "
            "of different kinds; `all` for every one.",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option("--metric", help="What to judge by, such as auroc, log_loss or r2."),
    ] = None,
    task: Annotated[
        TaskName | None, typer.Option("--task", help="What is predicted; recognised if not said.")
    ] = None,
    folds: Annotated[
        int | None, typer.Option("--folds", help="Folds of the cross-validation; default 5.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", help="Repeats of the cross-validation.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="Minutes for the whole; at least two folds run."),
    ] = None,
    max_epochs: Annotated[
        int | None,
        typer.Option("--max-epochs", help="Most epochs of each training; default 100."),
    ] = None,
    random_state: Annotated[
        int | None, typer.Option("--random-state", help="Seed; default 0.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes; default: all processors.")
    ] = None,
    backend: Annotated[
        BackendName | None,
        typer.Option(
            "--backend", help="Where to fit: this machine, or a Ray cluster (RAY_ADDRESS)."
        ),
    ] = None,
    ignore_audit: Annotated[
        bool, typer.Option("--ignore-audit", help="Go on where the audit found an error.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Settings from a TOML file, such as study.toml of an earlier run; "
            "options given beside it win.",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Go on with a study that was interrupted."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier study in the folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Is fusing the modalities worth it? Trains, compares, answers.

    \b
    Examples:
      consilience study watch
      consilience study --resume runs/watch
      consilience study notes.csv --target 'label_*' -m text=note -m labs='lab_*'
      consilience study cohort.csv --target died --group patient_id \\
        -m labs='lab_*' -m ecg='ecg_*' --out runs/died
    """  # noqa: D301  typer's mark against reflowing
    from consilience.cli.settings import merged, unfinished  # noqa: PLC0415  heavy
    from consilience.studies import study as run_study  # noqa: PLC0415  heavy

    told = source(data or "", modality, target=target, id=id, group=group, kind=kind)
    given = {
        **asdict(told),
        "data": data,
        "out": None if out is None else str(out),
        "methods": method,
        "metric": metric,
        "task": None if task is None else task.value,
        "folds": folds,
        "seeds": seeds,
        "budget": budget,
        "max_epochs": max_epochs,
        "random_state": random_state,
        "workers": workers,
        "backend": None if backend is None else backend.value,
        "strict": False if ignore_audit else None,
    }
    if resume is None:
        settings = merged(config, given)
    else:
        settings = unfinished(resume, {**given, "config": config})
    where = settings.source
    folder = settings.folder
    done = run_study(
        where.read(),
        out=folder,
        **settings.options,
        overwrite=overwrite,
        resume=resume is not None,
        source={**asdict(where), "command": _command()},
    )
    if as_json:
        summary = {
            "verdict": asdict(done.verdict),
            "table": done.table.to_dicts(),
            "report": str(folder / "report.html"),
            "model": str(folder / "models" / "best"),
        }
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(f"{done}\n")
    typer.echo(f"report  {folder / 'report.html'}")
    typer.echo(f"model   {folder / 'models' / 'best'}")


def _command() -> str:
    return shlex.join(["consilience", *sys.argv[1:]])
