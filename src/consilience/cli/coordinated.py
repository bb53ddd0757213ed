"""What the commands of a common space share: new samples for a run, embeddings as files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consilience.cli.inputs import Source
from consilience.errors import ConfigurationError, MissingFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from consilience.data.container import MultimodalData
    from consilience.estimators.coordination import Coordinator

METRICS = "metrics.json"
EMBEDDINGS = "embeddings.parquet"


def read_some(
    data: str, run: Path, model: "Coordinator", source: Source, wanted: Sequence[str] = ()
) -> "MultimodalData":
    """New samples of a run's modalities; some of these may lack.

    Args:
        data: Path or name.
        run: The run, which knows which columns a modality had.
        model: Its coordinator.
        source: What the command line says of them.
        wanted: Modalities that must be there; others are then not read. Empty for all that
            are there.

    Returns:
        The samples.

    Raises:
        ConfigurationError: If no modality can be read.
    """
    from consilience.data.vectors import vectors_as_tables  # noqa: PLC0415  heavy

    patterns = dict(source.modalities) or _patterns(Path(data).expanduser(), run, model)
    if wanted:
        patterns = {name: patterns[name] for name in wanted if name in patterns}
    kept = [m.name for m in model.schema_.modalities if m.kind == "sequence"]
    while True:
        try:
            found = Source(data, patterns, None, source.id, None, source.kinds).read()
            return vectors_as_tables(found, kept)
        except ConfigurationError as error:
            blamed = {
                name
                for name in patterns
                if any(fault.startswith(f"modality {name!r}:") for fault in error.faults)
            }
            left = {name: p for name, p in patterns.items() if name not in blamed}
            if not blamed or not left or wanted:
                raise
            patterns = left


def _patterns(path: Path, run: Path, model: "Coordinator") -> dict[str, Sequence[str]]:
    """Which columns each modality has, as the run was told, else by their names."""
    if not path.exists():
        return {}
    arrays = path.is_dir() or path.suffix == ".npz"
    said: Mapping[str, Sequence[str]] = {}
    if (run / METRICS).is_file():
        record = json.loads((run / METRICS).read_text(encoding="utf-8"))
        said = record.get("source", {}).get("modalities") or {}
    return {
        m.name: said.get(m.name)
        or ([m.name] if arrays else [c.name for c in m.columns] or [f"{m.name}*"])
        for m in model.schema_.modalities
    }


def ids_of(data: "MultimodalData") -> list[Any]:
    """One name a sample: its id, else its row."""
    return list(range(len(data))) if data.ids is None else data.ids.tolist()


def embedding_rows(
    ids: Sequence[Any], embedded: "Mapping[str, NDArray[np.float32]]", *, flat: bool = False
) -> list[dict[str, Any]]:
    """Embeddings as rows of a table.

    Args:
        ids: One a sample.
        embedded: By modality, `(samples, dim)`, NaN where absent.
        flat: A column a dimension, as `image_0`, instead of a list a modality.

    Returns:
        A row a sample; None where absent.
    """
    rows: list[dict[str, Any]] = [{"id": name} for name in ids]
    for modality, z in embedded.items():
        for row, vector in zip(rows, z.tolist(), strict=True):
            there = vector if vector[0] == vector[0] else None
            if flat:
                row |= {f"{modality}_{i}": v for i, v in enumerate(there or [None] * len(vector))}
            else:
                row[modality] = there
    return rows


def stored_embeddings(run: Path, modality: str) -> "tuple[list[Any], NDArray[np.float32]]":
    """The items of a run by id, and their embeddings.

    Args:
        run: The run.
        modality: Of the items.

    Returns:
        Ids, and `(items, dim)` with NaN where absent.

    Raises:
        MissingFileError: If the run has none.
    """
    import numpy as np  # noqa: PLC0415  heavy
    from pyarrow import parquet  # noqa: PLC0415  heavy

    path = run / EMBEDDINGS
    if not path.is_file():
        raise MissingFileError(
            f"{run} holds no {EMBEDDINGS}; say what to search with --items DATA"
        )
    table = parquet.read_table(path, columns=["id", modality])
    vectors = table[modality].to_pylist()
    width = next((len(v) for v in vectors if v is not None), 1)
    gap = [float("nan")] * width
    items = np.array([gap if v is None else v for v in vectors], dtype=np.float32)
    return table["id"].to_pylist(), items
