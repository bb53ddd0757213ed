"""`consilience export`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.cli.inputs import Json
from consilience.errors import ConsilienceError

if TYPE_CHECKING:
    from consilience.data.container import MultimodalData


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a study or of a saved model.")
    ],
    *,
    format: Annotated[  # noqa: A002  the option's name
        str, typer.Option("--format", metavar="onnx|torch", help="Format to write.")
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File to write; default: model.onnx or model.pt2 beside the model."
        ),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="The network's own probabilities, not the calibrated ones."),
    ] = False,
    presence: Annotated[
        bool,
        typer.Option(
            "--presence/--no-presence",
            help="Whether the last input says which modalities are present.",
        ),
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if there is one.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Exports a study's recommended model as one graph for other runtimes.

    The file is read back and must predict what the model predicts, to 1e-5, on the
    study's own samples where they are still there. FILE.json beside it says inputs,
    order, types and classes.

    \b
    Examples:
      consilience export runs/died
      consilience export runs/died --format torch --out died.pt2
    """  # noqa: D301  typer's mark against reflowing
    from consilience.estimators.exporting import SUFFIX, sidecar_of  # noqa: PLC0415  heavy
    from consilience.estimators.loading import load_predictor  # noqa: PLC0415  heavy
    from consilience.studies.calibrating import read_calibration  # noqa: PLC0415  heavy

    folder = run / "models" / "best" if (run / "study.json").is_file() else run
    model = load_predictor(folder)
    known = None if raw else read_calibration(folder)
    path = model.export(
        out or folder / f"model{SUFFIX.get(format, '')}",
        format,
        data=_own_samples(run),
        presence=presence,
        temperature=1.0 if known is None else known.temperature,
        overwrite=overwrite,
    )
    told = json.loads(sidecar_of(path).read_text(encoding="utf-8"))["checked"]
    if as_json:
        shown = {"file": str(path), "described_in": str(sidecar_of(path)), "checked": told}
        typer.echo(json.dumps(shown, indent=2))
        return
    whose = "made-up samples" if told["samples"] == "made up" else "the study's samples"
    typer.echo(
        f"{path}, described in {sidecar_of(path).name}: differs from the model by at most "
        f"{told['largest_difference']:.0e} on {told['rows']} of {whose}"
    )


def _own_samples(run: Path) -> "MultimodalData | None":
    """The study's samples; None if they are not to be had."""
    from consilience.cli.settings import recorded  # noqa: PLC0415  heavy

    if not (run / "study.json").is_file():
        return None
    try:
        return recorded(run).read()
    except ConsilienceError as error:
        typer.echo(
            f"warning: compared on made-up samples, for the study's own cannot be read: {error}",
            err=True,
        )
        return None
