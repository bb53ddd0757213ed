"""The command line as a user meets it: words in; exit code and text out; files on a desk."""

import csv
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from consilience.cli import main

Row = dict[str, Any]


Command = Callable[..., CompletedProcess[str]]


def run_main(
    words: Sequence[str], patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
) -> CompletedProcess[str]:
    """What `consilience` said to some words, and how it ended."""
    patch.setattr(sys, "argv", ["consilience", *words])
    capture.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capture.readouterr()
    assert isinstance(ended.value.code, int)
    return CompletedProcess(list(words), ended.value.code, out, err)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    """Runs `consilience` with some words.

    Yields:
        A function of the words.
    """
    yield lambda *words: run_main(words, monkeypatch, capsys)
    logging.getLogger("consilience").setLevel(logging.NOTSET)


@pytest.fixture
def refused(command: Command, desk: Path) -> Callable[..., str]:
    """Runs words that must be refused as bad input without a trace; the error's text."""

    def run(*words: str) -> str:
        before = sorted(desk.rglob("*"))
        said = command(*words)
        assert said.returncode == 2, said
        assert said.stdout == ""
        assert said.stderr.startswith("error: ")
        assert sorted(desk.rglob("*")) == before
        return said.stderr.removeprefix("error: ").rstrip("\n")

    return run


def cohort(n: int) -> list[Row]:
    """Patients whose two modalities both tell a part of the outcome."""
    rng = np.random.default_rng(0)
    a, b, noise = rng.normal(size=(3, n)).round(3)
    return [
        {
            "patient": f"p{i}",
            "died": int(a[i] + b[i] > 0),
            "lab_na": a[i],
            "lab_k": noise[i],
            "ecg_rate": b[i],
        }
        for i in range(n)
    ]


def write(path: Path, rows: Sequence[Row]) -> None:
    """Writes a CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a good table and many bad ones."""
    monkeypatch.chdir(tmp_path)
    rows = cohort(60)
    tables = {
        "cohort": rows,
        "gaps": [r | ({"died": ""} if i in {3, 5} else {}) for i, r in enumerate(rows)],
        "alive": [r | {"died": 0} for r in rows],
        "absent": [r | {"ecg_rate": ""} for r in rows],
    }
    for name, table in tables.items():
        write(tmp_path / f"{name}.csv", table)
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts" / "labs.csv", [{"na": r["lab_na"], "died": r["died"]} for r in rows])
    write(tmp_path / "parts" / "ecg.csv", [{"rate": r["ecg_rate"]} for r in rows[:50]])
    return tmp_path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `cohort.csv` and the study `run` of it, made once by the command line."""
    folder = tmp_path_factory.mktemp("finished")
    write(folder / "cohort.csv", cohort(820))
    words = (
        "study cohort.csv --target died --id patient -m labs=lab_* -m ecg=ecg_* "
        "--method additive --folds 4 --seeds 1 --workers 1 --out run"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["consilience", *words.split()])
        with pytest.raises(SystemExit, match=r"\A0\Z"):
            main()
    return folder


def write_pairs(path: Path, n: int, seed: int) -> None:
    """Writes a Parquet file of two columns of lists, turned views of the same four numbers."""
    world, rng = np.random.default_rng(99), np.random.default_rng(seed)
    latent = rng.normal(size=(n, 4))
    columns = {
        name: list(latent @ world.normal(size=(4, width)) + 0.1 * rng.normal(size=(n, width)))
        for name, width in (("emb_img", 7), ("emb_txt", 5))
    }
    ids = [f"s{seed}-{i}" for i in range(n)]
    parquet.write_table(
        pa.table({"item": ids, "kind": [i // 2 for i in range(n)], **columns}), path
    )


@pytest.fixture(scope="session")
def coordinated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `pairs.parquet`, `new.parquet` and the run `c1`, made by the command line."""
    folder = tmp_path_factory.mktemp("coordinated")
    write_pairs(folder / "pairs.parquet", 300, 0)
    write_pairs(folder / "new.parquet", 40, 1)
    words = (
        "coordinate pairs.parquet -m img=emb_img -m txt=emb_txt --id item "
        "--dim 16 --max-epochs 25 --batch-size 64 --out c1"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["consilience", *words.split()])
        with pytest.raises(SystemExit, match=r"\A0\Z"):
            main()
    return folder
