"""`consilience audit`."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

pytestmark = pytest.mark.usefixtures("desk")

Command = Callable[..., CompletedProcess[str]]

COLUMNS = ("--target", "died", "-m", "labs=lab_*", "-m", "ecg=ecg_*")


def test_sound_data(command: Command) -> None:
    said = command("audit", "cohort.csv", *COLUMNS)
    assert said.returncode == 0
    assert said.stdout == (
        "MultimodalData(60 samples; labs: table of 2 columns, ecg: table of 1 column)\n"
        "60 samples: nothing to report.\n"
    )


def test_an_error_in_the_data_is_bad_input(command: Command) -> None:
    said = command("audit", "gaps.csv", *COLUMNS)
    assert said.returncode == 2
    assert "error   target: missing in 2 of 60 samples (first: row 3)" in said.stdout


def test_as_json(command: Command) -> None:
    said = command("audit", "absent.csv", *COLUMNS, "--json")
    assert said.returncode == 2
    found = json.loads(said.stdout)
    assert (found["ok"], found["rows"]) == (False, 60)
    (finding,) = found["findings"]
    assert (finding["severity"], finding["code"], finding["where"]) == (
        "error",
        "absent_everywhere",
        "ecg",
    )


def test_an_ordinary_column_as_group(command: Command) -> None:
    said = command("audit", "cohort.csv", *COLUMNS, "--group", "patient", "--json")
    assert json.loads(said.stdout)["rows"] == 60
