"""`consilience interactions`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from consilience.cli.inputs import Data, Group, Id, Json, Kind, Modality, Target, source
from consilience.cli.writing import FIGURES, require_writable, write_figure


def interactions(
    data: Data,
    *,
    target: Target = None,
    modality: Modality = None,
    group: Group = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    estimator: Annotated[
        str,
        typer.Option("--estimator", help="auto, discrete, clustered, gaussian or batch."),
    ] = "auto",
    n_boot: Annotated[int, typer.Option("--n-boot", help="Resamples for the intervals.")] = 200,
    n_null: Annotated[int, typer.Option("--n-null", help="Permutations for the null.")] = 200,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes; default: all processors.", min=1)
    ] = None,
    random_state: Annotated[int, typer.Option("--random-state", help="Seed.")] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw bars with intervals beside the null, into a .svg, .png or .pdf file.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What do the modalities tell of the target: the same, different, only together? In bits.

    \b
    Examples:
      consilience interactions synthetic/xor
      consilience interactions cohort.csv --target died -m labs='lab_*' -m ecg='ecg_*'
      consilience interactions cohort.csv --target died --plot bits.svg
    """  # noqa: D301  typer's mark against reflowing
    from consilience.quantification.interactions import (  # noqa: PLC0415  heavy
        interactions as measure,
    )

    if plot is not None:
        require_writable(plot, option="--plot", suffixes=FIGURES)
    samples = source(data, modality, target=target, id=id, group=group, kind=kind).read()
    found = measure(
        samples,
        estimator=estimator,
        n_boot=n_boot,
        n_null=n_null,
        n_jobs=workers or -1,
        random_state=random_state,
    )
    if plot is not None:
        write_figure(found.plot(), plot)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=2))
        return
    typer.echo(str(found))
