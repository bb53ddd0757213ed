"""`consilience compare`: two finished studies."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from consilience import Study

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]


@pytest.fixture
def twice(finished: Path, desk: Path) -> Path:
    """The desk with the same study under two names."""
    for name in ("before", "after"):
        shutil.copytree(finished / "run", desk / name)
    return desk


def test_a_study_beside_itself(command: Command, twice: Path) -> None:
    said = command("compare", "before", "after")
    assert (said.returncode, said.stderr) == (0, "")
    best = Study(twice / "before").verdict.best_method
    assert said.stdout.startswith(f"before recommends {best} (auroc ")
    assert "On the same 4 folds the second differs by +0.000 [-0.004, +0.004]" in said.stdout
    table = said.stdout.splitlines()[1:]
    assert [line.split()[0] for line in table[1:]] == [
        row.method for row in Study(twice / "before").table
    ]


def test_as_json_by_another_metric(command: Command, twice: Path) -> None:
    said = command("compare", "before", "after", "--metric", "log_loss", "--json")
    found = json.loads(said.stdout)
    assert found["metric"] == "log_loss"
    assert found["folds"] == 4
    assert {row["methods"][0] for row in found["shared"]} == {"labs", "ecg", "additive"}
    assert all(row["delta"]["estimate"] == 0 for row in found["shared"])
    assert str(twice) not in said.stdout


def test_other_data_are_told(command: Command, twice: Path) -> None:
    path = twice / "after" / "study.toml"
    text = path.read_text(encoding="utf-8")
    print_of_data = next(line for line in text.splitlines() if line.startswith("fingerprint"))
    path.write_text(text.replace(print_of_data, 'fingerprint = "other"'), encoding="utf-8")
    said = command("compare", "before", "after")
    assert said.returncode == 0
    assert "cannot be tested, for their data differ" in said.stdout
    assert "difference" not in said.stdout.splitlines()[1]


def test_a_folder_without_a_study(refused: Refused, twice: Path) -> None:
    assert refused("compare", "before", "parts").startswith("parts holds no study")
    assert refused("compare", "before", "after", "--metric", "r2").startswith("metric 'r2' is not")
    assert twice.is_dir()
