"""`consilience coordinate`."""

import json
import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, final

import typer

from consilience.cli.coordinated import EMBEDDINGS, METRICS, embedding_rows, ids_of
from consilience.cli.inputs import Data, Group, Id, Json, Kind, Modality, source
from consilience.cli.writing import write_table
from consilience.errors import ConfigurationError

if TYPE_CHECKING:
    from consilience.data.container import MultimodalData
    from consilience.estimators.coordination import Coordinator
    from consilience.results.retrieval import Retrieval

TEST_SHARE = 0.2


def coordinate(
    data: Data,
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")],
    modality: Modality = None,
    group: Group = None,
    id: Id = None,  # noqa: A002  the option's name
    kind: Kind = None,
    dim: Annotated[int, typer.Option("--dim", help="Width of the common space.")] = 64,
    loss: Annotated[
        str, typer.Option("--loss", help="info_nce, siglip, vse or vse_hardest.")
    ] = "info_nce",
    batch_size: Annotated[
        int, typer.Option("--batch-size", help="Samples a batch, over all processes.")
    ] = 256,
    max_epochs: Annotated[int, typer.Option("--max-epochs", help="Most epochs.")] = 100,
    random_state: Annotated[int, typer.Option("--random-state", help="Seed.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the folder of an earlier run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Brings two or more modalities into one space, and shows how well partners are found.

    A fifth of the samples is held out: whole groups with --group, else without near
    duplicates of the rest. RUN then serves `embed` and `retrieve`.

    \b
    Examples:
      consilience coordinate pairs.parquet -m img=emb_img -m txt=emb_txt --out runs/c1
      torchrun --nproc-per-node 2 --no-python consilience coordinate emoji --out runs/emoji
    """  # noqa: D301  typer's mark against reflowing
    _require_free(out, overwrite=overwrite)
    told = source(data, modality, target=None, id=id, group=group, kind=kind)
    with _processes() as first:
        from consilience.data.vectors import vectors_as_tables  # noqa: PLC0415  heavy
        from consilience.estimators.coordination import Coordinator  # noqa: PLC0415  heavy

        kept = [name for name, k in told.kinds.items() if k == "sequence"]
        samples = vectors_as_tables(told.read(), kept)
        model = Coordinator(
            dim=dim,
            loss=loss,
            batch_size=batch_size,
            max_epochs=max_epochs,
            random_state=random_state,
        )
        found = _trained(model, samples, random_state)
        if not first:
            return
    record = found.record(told.modalities)
    _write(out, found, record, overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps(record, indent=2))
        return
    typer.echo(str(found.retrieval))
    typer.echo(f"\nmodel, {METRICS} and {EMBEDDINGS} in {out}")


@final
@dataclass(frozen=True, slots=True)
class _Found:
    """What a run found.

    Attributes:
        model: Fitted.
        retrieval: On the samples held out.
        rows: Embeddings of all samples.
        parts: How many samples were trained on and held out.
    """

    model: "Coordinator"
    retrieval: "Retrieval"
    rows: list[dict[str, Any]]
    parts: tuple[int, int]

    def record(self, modalities: Mapping[str, Any]) -> dict[str, Any]:
        """Everything measured, in plain values."""
        history = self.model.history_
        return {
            "format": 1,
            "source": {"modalities": {name: list(p) for name, p in modalities.items()}},
            "samples": {"train": self.parts[0], "test": self.parts[1]},
            "training": {
                "epochs": len(history.train_loss),
                "best_epoch": history.best_epoch,
                "train_loss": list(history.train_loss),
                "validation_loss": list(history.validation_loss),
                "seconds": round(history.seconds, 2),
            },
            "retrieval": self.retrieval.to_dict(),
            "warnings": list(self.retrieval.warnings),
        }


def _trained(model: "Coordinator", samples: "MultimodalData", seed: int) -> _Found:
    import numpy as np  # noqa: PLC0415  heavy

    from consilience.data.splits.duplicates import divide_apart  # noqa: PLC0415  heavy
    from consilience.quantification.retrieval import retrieval  # noqa: PLC0415  heavy

    if samples.shape[1] < 2:
        raise ConfigurationError(
            [
                f"coordination needs two modalities or more, found {list(samples.schema.names)}; "
                "name them with --modality NAME=PATTERN"
            ]
        )
    division = divide_apart(samples, share=TEST_SHARE, random_state=seed)
    model.fit(samples[division.train])
    measured = retrieval(model, samples[division.test], random_state=seed)
    leaks = f"{division.leaks:,} of {len(division.test):,} samples held out nearly equal one that "
    leaks += (
        "was trained on, in some modality, so the figures flatter; give near duplicates a group"
    )
    warnings = (*[leaks] * bool(division.leaks), *model.warnings_, *measured.warnings)
    measured = replace(measured, warnings=warnings)
    rows = embedding_rows(ids_of(samples), model.transform(samples))
    held = np.isin(np.arange(len(samples)), division.test)
    for row, test in zip(rows, held.tolist(), strict=True):
        row["part"] = "test" if test else "train"
    parts = len(division.train), len(division.test)
    return _Found(model, measured, rows, parts)


def _require_free(out: Path, *, overwrite: bool) -> None:
    if out.exists() and not (overwrite and (out / METRICS).is_file()):
        fix = "pass --overwrite to replace it" if (out / METRICS).is_file() else "name another"
        raise ConfigurationError([f"--out {out} exists; {fix}"])


def _write(out: Path, found: _Found, record: Mapping[str, Any], *, overwrite: bool) -> None:
    """Writes the run; its folder appears when it is whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        folder = found.model.save(staging / "run")
        write_table(found.rows, folder / EMBEDDINGS)
        (folder / METRICS).write_text(json.dumps(record, indent=2), encoding="utf-8")
        _require_free(out, overwrite=overwrite)
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _processes() -> Generator[bool]:
    """Joins the processes that `torchrun` started, if it did.

    Yields:
        Whether this is the first of them.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield True
        return
    from torch import distributed  # noqa: PLC0415  heavy

    distributed.init_process_group("gloo")
    try:
        yield distributed.get_rank() == 0
    finally:
        distributed.destroy_process_group()
