"""`consilience embed`: new samples in the space of a run."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from pyarrow import csv, parquet

import consilience as cs

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def desk(coordinated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c1").symlink_to(coordinated / "c1")
    (tmp_path / "new.parquet").symlink_to(coordinated / "new.parquet")
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_a_table_holds_a_list_a_modality(command: Command) -> None:
    said = command("embed", "c1", "new.parquet", "--id", "item", "--out", "z.parquet")
    assert (said.returncode, said.stdout) == (0, "img and txt of 40 samples in z.parquet\n")
    found = parquet.read_table("z.parquet").to_pydict()
    raw = np.array(parquet.read_table("new.parquet")["emb_txt"].to_pylist())
    expected = cs.load("c1").transform(cs.MultimodalData({"txt": raw}))["txt"]
    np.testing.assert_allclose(found["txt"], expected, atol=1e-6)
    assert found["id"][3] == "s1-3"


@pytest.mark.usefixtures("desk")
def test_csv_holds_a_column_a_dimension_and_json_the_lists(command: Command) -> None:
    command("embed", "c1", "new.parquet", "--out", "z.csv")
    names = csv.read_csv("z.csv").column_names
    assert names[:2] == ["id", "img_0"]
    assert len(names) == 1 + 2 * 16
    rows = json.loads(command("embed", "c1", "new.parquet", "--json").stdout)
    assert len(rows) == 40
    assert len(rows[0]["img"]) == 16


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["c1", "new.parquet", "--out", "z.txt"], "--out must end in .csv or .parquet"),
        (["c2", "new.parquet"], "c2 holds no saved model"),
        (["c1", "nwe.parquet", "-m", "img=emb_img"], ""),
    ],
)
def test_what_cannot_be_embedded_leaves_no_trace(
    refused: Callable[..., str], words: list[str], message: str
) -> None:
    assert refused("embed", *words).startswith(message)
