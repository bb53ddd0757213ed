"""A run is known by what is in it; new samples are read as it was told."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from consilience.cli.coordinated import (
    embedding_rows,
    ids_of,
    read_some,
    stored_embeddings,
)
from consilience.cli.inputs import source
from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, MissingFileError
from consilience.estimators.loading import load_coordinator

NOTHING = source("", None, target=None, id=None, group=None, kind=None)


def test_columns_are_those_the_run_was_told(
    coordinated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(coordinated)
    run = coordinated / "c1"
    data = read_some("new.parquet", run, load_coordinator(run), NOTHING)
    assert data.schema.names == ("img", "txt")
    assert data.schema["img"].kind == "table"
    only = read_some("new.parquet", run, load_coordinator(run), NOTHING, ["txt"])
    assert only.schema.names == ("txt",)


def test_what_lacks_is_left_out_unless_wanted(coordinated: Path, tmp_path: Path) -> None:
    run, path = coordinated / "c1", tmp_path / "half.csv"
    path.write_text("emb_other,emb_txt_0\n1,2\n3,4\n")
    asked = source(
        str(path), ["img=pic", "txt=emb_txt_0"], target=None, id=None, group=None, kind=None
    )
    assert read_some(str(path), run, load_coordinator(run), asked).schema.names == ("txt",)
    with pytest.raises(ConfigurationError, match="modality 'img': "):
        read_some(str(path), run, load_coordinator(run), asked, ["img"])
    with pytest.raises(ConfigurationError):
        read_some(str(path), run, load_coordinator(run), NOTHING)


def test_rows_carry_lists_or_flat_columns_and_gaps_are_empty() -> None:
    z = {"a": np.array([[0.5, 1], [np.nan, np.nan]], dtype=np.float32)}
    assert embedding_rows(["x", "y"], z) == [{"id": "x", "a": [0.5, 1]}, {"id": "y", "a": None}]
    assert embedding_rows(["x", "y"], z, flat=True) == [
        {"id": "x", "a_0": 0.5, "a_1": 1},
        {"id": "y", "a_0": None, "a_1": None},
    ]


def test_samples_without_ids_are_named_by_their_row() -> None:
    assert ids_of(MultimodalData({"a": [[1.0], [2.0]]})) == [0, 1]


def test_a_run_without_embeddings_says_what_to_do(coordinated: Path, tmp_path: Path) -> None:
    run = shutil.copytree(coordinated / "c1", tmp_path / "c1")
    ids, z = stored_embeddings(run, "img")
    assert len(ids) == len(z) == 300
    (run / "embeddings.parquet").unlink()
    with pytest.raises(MissingFileError, match="say what to search with --items DATA"):
        stored_embeddings(run, "img")
