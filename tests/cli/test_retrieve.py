"""`consilience retrieve`: the nearest items by name."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from pyarrow import parquet

import consilience as cs

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def desk(coordinated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("c1", "new.parquet", "pairs.parquet"):
        (tmp_path / name).symlink_to(coordinated / name)
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_items_of_the_run_are_found_by_name(command: Command) -> None:
    words = "retrieve c1 pairs.parquet --from txt --to img --k 3 --id item"
    said = command(*words.split())
    assert said.returncode == 0, said.stderr
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert len(rows) == 900
    assert [r["rank"] for r in rows[:3]] == ["1", "2", "3"]
    own = {r["query"] for r in rows if r["query"] == r["item"]}
    assert len(own) > 200


@pytest.mark.usefixtures("desk")
def test_items_may_be_other_samples_and_the_search_is_exact(command: Command) -> None:
    said = command(
        "retrieve", "c1", "new.parquet", "--from", "img", "--to", "txt", "--k", "2",
        "--items", "new.parquet", "--id", "item", "--json", "--out", "hits.parquet",
    )  # fmt: skip
    rows = json.loads(said.stdout)
    assert parquet.read_table("hits.parquet").to_pylist() == rows
    table = parquet.read_table("new.parquet")
    raw = {n: np.array(table[f"emb_{n}"].to_pylist()) for n in ("img", "txt")}
    z = cs.load("c1").transform(cs.MultimodalData(raw))
    cosines = z["img"] @ z["txt"].T
    best = np.argsort(-cosines, axis=1)[:, :2]
    assert [r["item"] for r in rows] == [f"s1-{i}" for i in best.ravel()]
    np.testing.assert_allclose(
        [r["cosine"] for r in rows], np.sort(cosines)[:, :-3:-1].ravel(), atol=1e-5
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--from", "imgs", "--to", "text", "--k", "0"],
            "--from names 'imgs', no modality of the run; did you mean 'img'?\n"
            "--to names 'text', no modality of the run; did you mean 'txt'?\n"
            "--k must be at least 1, found 0",
        ),
        (
            ["--from", "img", "--to", "txt", "--k", "301"],
            "k is 301 but 300 items are there; lower",
        ),
        (["--from", "img", "--to", "txt", "--out", "hits.txt"], "--out must end in .csv or"),
    ],
)
def test_what_cannot_be_found_leaves_no_trace(
    refused: Callable[..., str], words: list[str], message: str
) -> None:
    assert refused("retrieve", "c1", "new.parquet", *words).startswith(message)
