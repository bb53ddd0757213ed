"""`consilience audit`."""

import json
import sys

import typer

from consilience.cli.inputs import Data, Group, Id, Json, Kind, Modality, Target, source

BAD_INPUT = 2


def audit(
    data: Data,
    *,
    target: Target = None,
    modality: Modality = None,
    group: Group = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    as_json: Json = False,
) -> None:
    """Looks the data over before anything is fitted. Exit code 2 when an error is found.

    \b
    Example:
      consilience audit cohort.csv --target died -m labs='lab_*' -m ecg='ecg_*'
    """  # noqa: D301  typer's mark against reflowing
    from consilience.data.audit import audit as look_over  # noqa: PLC0415  heavy

    samples = source(data, modality, target=target, id=id, group=group, kind=kind).read()
    found = look_over(samples)
    if as_json:
        report = {"ok": found.ok, "rows": found.rows, "findings": found.to_dicts()}
        typer.echo(json.dumps(report, indent=2))
    else:
        typer.echo(repr(samples))
        typer.echo(str(found))
    sys.exit(0 if found.ok else BAD_INPUT)
