"""`consilience interactions`."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.usefixtures("desk")

Command = Callable[..., CompletedProcess[str]]

FAST = ("--n-boot", "50", "--n-null", "50")


def test_a_built_in_set_is_decomposed_and_a_family_recommended(command: Command) -> None:
    said = command("interactions", "synthetic/xor", *FAST)
    assert said.returncode == 0
    assert "synergy" in said.stdout
    assert "Recommended: interacting" in said.stdout


def test_as_json(command: Command) -> None:
    said = command("interactions", "synthetic/xor", *FAST, "--json")
    found = json.loads(said.stdout)
    (pair,) = found["pairs"]
    assert pair["synergy"]["estimate"] == pytest.approx(0.53, abs=0.08)
    assert pair["redundancy"]["estimate"] == pytest.approx(0, abs=0.03)
    assert found["recommendation"]["family"] == "interacting"


def test_it_is_drawn_in_the_text_and_into_a_file(command: Command, desk: Path) -> None:
    words = ("interactions", "synthetic/xor", *FAST, "--plot")
    said = command(*words, "drawn/bits.svg")
    assert said.returncode == 0
    (synergy,) = [line for line in said.stdout.splitlines() if line.startswith("synergy")]
    assert "####" in synergy
    picture = (desk / "drawn" / "bits.svg").read_bytes()
    assert picture.startswith(b"<?xml")
    assert [p.name for p in (desk / "drawn").iterdir()] == ["bits.svg"]
    command(*words, "again.svg")
    assert (desk / "again.svg").read_bytes() == picture
    command(*words, "bits.png", "--json")
    assert (desk / "bits.png").read_bytes().startswith(b"\x89PNG")


def test_left_out_rows_are_counted_in_the_text(command: Command, desk: Path) -> None:
    lines = (desk / "cohort.csv").read_text(encoding="utf-8").splitlines()
    columns = lines[0].split(",")
    cells = lines[1].split(",")
    cells[columns.index("ecg_rate")] = ""
    (desk / "holes.csv").write_text("\n".join([lines[0], ",".join(cells), *lines[2:], ""]))
    options = ("-m", "labs=lab_*", "-m", "ecg=ecg_*", "--target", "died")
    said = command("interactions", "holes.csv", *options, *FAST)
    assert f"{len(lines) - 2} rows, 1 left out" in said.stdout


def test_bad_input_is_told(refused: Callable[..., str]) -> None:
    columns = ("-m", "labs=lab_*", "-m", "ecg=ecg_*", "--target", "died")
    assert "one class" in refused("interactions", "alive.csv", *columns)
    assert "exact" in refused("interactions", "cohort.csv", *columns, "--estimator", "exact")
    assert "'ecg'" in refused("interactions", "absent.csv", *columns)
    assert refused("interactions", "cohort.csv", *columns, "--plot", "bits.jpg") == (
        "--plot must end in .svg, .png or .pdf, found 'bits.jpg'; did you mean '.png'?"
    )
