"""`consilience robustness`."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.cli.inputs import Group, Id, Json, Kind, Modality, Target, source
from consilience.errors import ConfigurationError, suggestion

if TYPE_CHECKING:
    from consilience.cli.inputs import Source
    from consilience.data.container import MultimodalData
    from consilience.results.robustness import Measured, Robustness

NOISE_FORM = "--noise takes MODALITY=FIRST:LAST:STEP within 0 and 1, such as labs=0:1:0.25"


def robustness(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a study.")],
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATA]",
            help="New samples with their target, to examine the saved model on; without it the "
            "study's own samples, each predicted by a model that was not trained on it.",
        ),
    ] = None,
    *,
    noise: Annotated[
        list[str] | None,
        typer.Option(
            "--noise",
            metavar="MODALITY=FIRST:LAST:STEP",
            help="Levels of noise on a modality, such as labs=0:1:0.25; repeat for several. "
            "Default: each modality at 0, 0.25 to 1.",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--noise-model", help="Kind of noise, such as drop or exchange; auto takes the usual."
        ),
    ] = "auto",
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", metavar="MODALITY", help="Show what losing these together costs."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline",
            metavar="METHOD",
            help="Compare with this: another method of the study, such as additive or a "
            "modality's name; with DATA the folder of another study, whose saved model is taken.",
        ),
    ] = None,
    target: Target = None,
    modality: Modality = None,
    group: Group = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    random_state: Annotated[int, typer.Option("--random-state", help="Seed.")] = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes; default: all processors.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How a study's model stands up to noise and to absent modalities.

    \b
    Examples:
      consilience robustness runs/watch
      consilience robustness runs/watch --baseline additive
      consilience robustness runs/died --drop ecg --noise labs=0:1:0.25
      consilience robustness runs/died new.csv --target died
    """  # noqa: D301  typer's mark against reflowing
    from consilience.data.corruption.corrupting import noise_by_modality  # noqa: PLC0415  heavy
    from consilience.quantification.robustness import robustness as measure  # noqa: PLC0415  heavy

    samples = _samples(
        run, source(data or "", modality, target=target, id=id, group=group, kind=kind)
    )
    grids = _grids(noise or [], samples.schema.names)
    _require_known(drop or [], samples.schema.names)
    for names in grids.values():
        noise_by_modality(samples.schema, names or samples.schema.names, model)
    if data:
        who, other = _saved(run, baseline)
    else:
        who, samples, other = _replayed(run, samples, workers or os.cpu_count() or 1, baseline)
    found = [
        measure(
            who,
            samples,
            levels=levels,
            modalities=names,
            noise=model,
            baseline=other,
            n_repeats=3,
            random_state=random_state,
        )
        for levels, names in grids.items()
    ]
    lost = [found[0].without(*drop)] if drop else []
    if as_json:
        shown = [one.to_dict() for one in found]
        typer.echo(json.dumps({"robustness": shown, "dropped": [p.to_dict() for p in lost]}))
        return
    typer.echo("\n\n".join(_text(one) for one in found))
    for pattern in lost:
        gone = " and ".join(pattern.absent)
        typer.echo(f"\nwithout {gone}: {found[0].metric} {pattern.score}, {pattern.loss} worse")


def _samples(run: Path, told: "Source") -> "MultimodalData":
    """New samples, or the study's own where none are told of."""
    from consilience.cli.settings import recorded  # noqa: PLC0415  heavy

    return (told if told.data else recorded(run)).read()


def _replayed(
    run: Path, samples: "MultimodalData", workers: int, baseline: str | None
) -> "tuple[Any, MultimodalData, Any]":
    """The models of the study's folds, its samples as they take them, and the baseline's."""
    from consilience.studies.replaying import replay  # noqa: PLC0415  heavy

    again = replay(run, samples, workers=workers, baseline=baseline)
    return again.model, again.data, again.baseline


def _saved(run: Path, baseline: str | None) -> tuple[Any, Any]:
    """The study's saved model, and another study's."""
    from consilience.studies import Study  # noqa: PLC0415  heavy

    best = Study(run).best
    return best, None if baseline is None else Study(baseline).best


def _grids(
    given: Sequence[str], names: Sequence[str]
) -> dict[tuple[float, ...], list[str] | None]:
    """Modalities by their levels of noise.

    Raises:
        ConfigurationError: If an entry cannot be used; all at once.
    """
    if not given:
        return {(0.0, 0.25, 0.5, 0.75, 1.0): None}
    grids: dict[tuple[float, ...], list[str] | None] = {}
    faults: list[str] = []
    for entry in given:
        name, _, span = entry.partition("=")
        levels = _levels(span)
        if levels is None:
            faults.append(f"{NOISE_FORM}; found {entry!r}")
        elif name not in names:
            faults.append(f"--noise names {name!r}, no modality; {suggestion(name, names)}")
        else:
            grids[levels] = [*(grids.get(levels) or []), name]
    if faults:
        raise ConfigurationError(faults)
    return grids


def _levels(span: str) -> tuple[float, ...] | None:
    try:
        first, last, step = (float(part) for part in span.split(":"))
    except ValueError:
        return None
    if not (0 <= first < last <= 1 and step > 0):
        return None
    steps = int((last - first) / step + 1e-6)
    return tuple(dict.fromkeys([0.0, *(round(first + i * step, 6) for i in range(steps + 1))]))


def _require_known(drop: Sequence[str], names: Sequence[str]) -> None:
    faults = [
        f"--drop names {name!r}, no modality; {suggestion(name, names)}"
        for name in drop
        if name not in names
    ]
    if drop and set(drop) >= set(names):
        faults.append("--drop names every modality; nothing would be left to predict from")
    if faults:
        raise ConfigurationError(faults)


def _text(found: "Robustness") -> str:
    lines = [str(found), ""]
    for curve in found.curves:
        lines.append(f"{curve.title} ({curve.noise})  {_by_level(curve.levels, curve.scores)}")
        if curve.baseline:
            lines.append(f"  of the baseline  {_by_level(curve.levels, curve.baseline)}")
    return "\n".join(lines)


def _by_level(levels: Sequence[float], scores: "Sequence[Measured]") -> str:
    return "  ".join(f"{v:g}: {s.estimate:.3f}" for v, s in zip(levels, scores, strict=True))
