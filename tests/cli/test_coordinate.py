"""`consilience coordinate`: trains, shows chance beside, writes all or nothing."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import consilience as cs

Command = Callable[..., CompletedProcess[str]]
PAIRS = "pairs.parquet -m img=emb_img -m txt=emb_txt --id item".split()  # noqa: SIM905  a line
FAST = "--dim 8 --max-epochs 3 --batch-size 64".split()  # noqa: SIM905  a line


@pytest.fixture
def desk(coordinated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(coordinated / "pairs.parquet", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_holds_model_metrics_and_embeddings(coordinated: Path) -> None:
    assert sorted(p.name for p in (coordinated / "c1").iterdir()) == [
        "README.md",
        "config.json",
        "embeddings.parquet",
        "metrics.json",
        "model.safetensors",
        "schema.json",
    ]
    assert not [p for p in coordinated.iterdir() if p.name.startswith(".")]


def test_partners_of_samples_held_out_are_found(coordinated: Path) -> None:
    record = json.loads((coordinated / "c1" / "metrics.json").read_text("utf-8"))
    assert record["samples"] == {"train": 240, "test": 60}
    assert record["warnings"] == []
    for direction in record["retrieval"]["directions"]:
        found = direction["measures"]["R@10"]
        assert direction["items"] == 60
        assert found["chance"] == pytest.approx(10 / 60)
        assert found["low"] > 3 * found["chance"]


def test_lists_are_vectors_and_not_sequences(coordinated: Path) -> None:
    model = cs.load(coordinated / "c1")
    assert [m.kind for m in model.schema_.modalities] == ["table", "table"]
    assert [m.width for m in model.schema_.modalities] == [7, 5]


def test_the_embeddings_are_those_of_the_model(coordinated: Path) -> None:
    table = parquet.read_table(coordinated / "c1" / "embeddings.parquet").to_pydict()
    assert table["id"][:2] == ["s0-0", "s0-1"]
    assert table["part"].count("test") == 60
    z = np.array(table["img"])
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, rtol=1e-5)
    raw = parquet.read_table(coordinated / "pairs.parquet")["emb_img"].to_pylist()
    again = cs.load(coordinated / "c1").transform(cs.MultimodalData({"img": np.array(raw)}))
    np.testing.assert_allclose(again["img"], z, atol=1e-6)


@pytest.mark.usefixtures("desk")
def test_it_tells_recall_beside_chance(command: Command) -> None:
    said = command("coordinate", *PAIRS, *FAST, "--out", "runs/a")
    assert said.returncode == 0, said.stderr
    assert "img -> txt (60 among 60)  R@1" in said.stdout
    assert "95 % intervals over items" in said.stdout
    assert said.stdout.endswith("model, metrics.json and embeddings.parquet in runs/a\n")


@pytest.mark.usefixtures("desk")
def test_groups_stay_together_and_the_intervals_are_theirs(command: Command) -> None:
    said = command("coordinate", *PAIRS, *FAST, "--group", "kind", "--out", "a", "--json")
    record = json.loads(said.stdout)
    assert record["retrieval"]["units"] == "groups"
    parts = parquet.read_table("a/embeddings.parquet")["part"].to_pylist()
    assert parts[::2] == parts[1::2]


def test_pairs_that_are_none_are_warned_of(command: Command, desk: Path) -> None:
    table = parquet.read_table(desk / "pairs.parquet")
    mixed = np.random.default_rng(0).permutation(len(table))
    column = table["emb_txt"].take(mixed)
    parquet.write_table(table.set_column(3, "emb_txt", column), desk / "pairs.parquet")
    said = command("coordinate", *PAIRS, *FAST, "--out", "a")
    assert said.returncode == 0
    assert "\nBeware: held-out pairs are found no better than by chance" in said.stdout
    warnings = json.loads((desk / "a" / "metrics.json").read_text("utf-8"))["warnings"]
    assert any("no better than by chance" in warning for warning in warnings)


def test_near_duplicates_that_groups_do_not_hold_together_are_warned_of(
    command: Command, desk: Path
) -> None:
    table = parquet.read_table(desk / "pairs.parquet").slice(0, 100)
    twice = pa.concat_tables([table, table])
    names = pa.array([f"g{i}" for i in range(200)])
    parquet.write_table(twice.set_column(1, "kind", names), desk / "pairs.parquet")
    said = command("coordinate", *PAIRS, *FAST, "--group", "kind", "--out", "a")
    assert "samples held out nearly equal one that was trained on" in said.stdout
    alone = command("coordinate", *PAIRS, *FAST, "--out", "b")
    assert "nearly equal" not in alone.stdout


@pytest.mark.usefixtures("desk")
def test_an_earlier_run_is_replaced_only_when_asked_and_nothing_else_ever(
    command: Command, desk: Path
) -> None:
    (desk / "mine").mkdir()
    assert command("coordinate", *PAIRS, *FAST, "--out", "a").returncode == 0
    before = (desk / "a" / "metrics.json").read_bytes()
    said = command("coordinate", *PAIRS, *FAST, "--out", "a")
    assert (said.returncode, said.stderr) == (
        2,
        "error: --out a exists; pass --overwrite to replace it\n",
    )
    said = command("coordinate", *PAIRS, "--out", "mine", "--overwrite")
    assert (said.returncode, said.stderr) == (2, "error: --out mine exists; name another\n")
    assert (desk / "a" / "metrics.json").read_bytes() == before
    again = command("coordinate", *PAIRS, *FAST, "--dim", "4", "--out", "a", "--overwrite")
    assert again.returncode == 0
    assert json.loads((desk / "a" / "config.json").read_text("utf-8"))["settings"]["dim"] == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["pairs.parquet", "-m", "img=emb_img"],
            "coordination needs two modalities or more, found ['img']; "
            "name them with --modality NAME=PATTERN",
        ),
        ([*PAIRS, "--loss", "clip"], "loss 'clip' is not known; "),
        (["pairs.parquet", "-m", "img=emb_imgs", "-m", "txt=emb_txt"], "modality 'img': "),
    ],
)
def test_what_cannot_be_trained_leaves_no_trace(
    refused: Callable[..., str], words: list[str], message: str
) -> None:
    assert refused("coordinate", *words, "--out", "runs/a").startswith(message)


def test_two_processes_write_one_run(desk: Path) -> None:
    logging.getLogger("consilience").setLevel(logging.NOTSET)
    code = "import sys; sys.argv[0] = 'consilience'; from consilience.cli import main; main()"
    script = desk / "start.py"
    script.write_text(code)
    words = ["coordinate", *PAIRS, *FAST, "--out", "a", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone",
         "--nproc-per-node", "2", script, *words],
        capture_output=True, text=True, timeout=120, check=False, cwd=desk,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["samples"] == {"train": 240, "test": 60}
    assert (desk / "a" / "model.safetensors").is_file()
