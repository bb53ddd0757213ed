"""From pairs in a file to search by the other modality; from pictures to their words."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import consilience as cs
from consilience.estimators.coordination import Coordinator
from consilience.quantification.retrieval import retrieval

Command = Callable[..., CompletedProcess[str]]
EXAMPLES = Path(__file__).parents[2] / "examples"
COLOURS = ("red", "green", "blue", "yellow")


def products(n: int, seed: int) -> Any:
    """Products whose picture's embedding and description tell their colour and size."""
    rng = np.random.default_rng(seed)
    colour, size = rng.integers(4, size=n), rng.integers(3, size=n)
    shown = np.hstack([np.eye(4)[colour], np.eye(3)[size]]) * 2 + 0.3 * rng.normal(size=(n, 7))
    told = [
        f"a {('small', 'plain', 'large')[s]} {COLOURS[c]} shirt number {i}"
        for i, (c, s) in enumerate(zip(colour, size, strict=True))
    ]
    names = [f"p{seed}-{i}" for i in range(n)]
    return pa.table({"name": names, "picture": list(shown), "caption": told})


def test_from_pairs_on_disk_to_a_picture_by_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.chdir(tmp_path)
    parquet.write_table(products(400, 0), "pairs.parquet")
    parquet.write_table(products(60, 1).drop(["caption"]), "stock.parquet")
    Path("asked.csv").write_text("name,caption\nq1,a large red shirt\nq2,the small blue shirt\n")
    said = command(
        "coordinate pairs.parquet -m img=picture -m txt=caption --kind txt=text --id name "
        "--dim 16 --batch-size 64 --max-epochs 20 --out runs/c1"
    )
    assert said.returncode == 0, said.stderr
    assert re.search(r"img -> txt \((\d+) among \1\)  R@1", said.stdout)
    said = command("embed runs/c1 stock.parquet --id name --out stock_embedded.parquet")
    assert (said.returncode, said.stdout) == (0, "img of 60 samples in stock_embedded.parquet\n")
    said = command(
        "retrieve runs/c1 asked.csv --from txt --to img --k 3 --items stock.parquet --id name "
        "--json"
    )
    assert said.returncode == 0, said.stderr
    stock = products(60, 1).to_pydict()
    shown = dict(zip(stock["name"], stock["picture"], strict=True))
    for hit in json.loads(said.stdout):
        colour = COLOURS.index("red" if hit["query"] == "q1" else "blue")
        assert int(np.argmax(shown[hit["item"]][:4])) == colour
    said = command("predict runs/c1 stock.parquet")
    assert said.returncode == 2
    assert "holds a Coordinator, which embeds and does not predict" in said.stderr


def test_in_python_classes_are_told_by_words_alone(tmp_path: Path) -> None:
    table, new = products(400, 0).to_pydict(), products(100, 1).to_pydict()
    data = cs.MultimodalData(
        {"img": np.array(table["picture"]), "txt": table["caption"]}, kinds={"txt": "text"}
    )
    model = Coordinator(dim=16, batch_size=64, max_epochs=20, random_state=0).fit(data)
    again = cs.load(model.save(tmp_path / "m"))
    pictures = np.array(new["picture"])
    found = again.zero_shot(
        cs.MultimodalData({"img": pictures}), {c: f"a plain {c} shirt" for c in COLOURS}
    )
    truth = np.array(COLOURS)[pictures[:, :4].argmax(axis=1)]
    assert np.mean(found == truth) > 0.9
    measured = retrieval(model, data[:80])
    best = measured["img", "txt"].recall[10]
    assert best.low > 2 * measured["img", "txt"].chance_recall[10]


def test_emoji_are_found_by_their_names_far_above_chance() -> None:
    """Without pretrained weights; 8.7 times chance when written, so 6.5 leaves room."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / "emoji_retrieval.py"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found = re.findall(r"R@10 +(0\.\d+) .* (0\.\d+)\n", done.stdout)
    assert len(found) == 2
    for recall, chance in found:
        assert float(chance) == pytest.approx(10 / 304, abs=0.002)
        assert float(recall) > 6.5 * float(chance)
