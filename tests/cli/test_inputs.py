"""What is said about the data, and every way it can be wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

from consilience.cli.inputs import source
from consilience.errors import ConfigurationError

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]

NOTHING: dict[str, None] = {"target": None, "id": None, "group": None}


def test_patterns_of_a_modality_add_up() -> None:
    found = source("x.csv", ["labs=lab_*,age", "ecg=ecg_*", "labs=sex"], kind=None, **NOTHING)
    assert found.modalities == {"labs": ["lab_*", "age", "sex"], "ecg": ["ecg_*"]}


def test_a_pattern_may_hold_an_equals_sign() -> None:
    assert source("x.csv", ["labs=a=b"], kind=None, **NOTHING).modalities == {"labs": ["a=b"]}


def test_all_malformed_entries_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as told:
        source("x.csv", ["labs", "=lab_*", "ecg=ecg_*"], kind=["labs="], **NOTHING)
    assert told.value.faults == (
        "--modality takes NAME=PATTERN, such as labs='lab_*'; found 'labs'",
        "--modality takes NAME=PATTERN, such as labs='lab_*'; found '=lab_*'",
        "--kind takes NAME=KIND, such as labs.sex=categorical; found 'labs='",
    )


def test_a_name_that_is_neither_file_nor_data_set(refused: Refused) -> None:
    assert (
        refused("audit", "wach")
        == "'wach' is neither a file nor a built-in data set; did you mean 'watch'?"
    )
    assert (
        refused("audit", "cohort")
        == "'cohort' is neither a file nor a built-in data set; did you mean 'cohort.csv'?"
    )
    assert "; there are: 'emoji', 'mfeat', 'mfeat-pairs', 'nutrimouse'" in refused("audit", "zzz")


def test_a_missing_file_names_the_nearest(refused: Refused) -> None:
    assert refused("audit", "cohrt.csv") == (
        "there is no 'cohrt.csv' in '.'; did you mean 'cohort.csv'?"
    )
    assert refused("audit", "data/cohort.csv") == (
        "there is no 'data/cohort.csv': its folder 'data' does not exist"
    )


def test_a_built_in_set_takes_its_target_and_modalities(command: Command) -> None:
    said = command("audit", "synthetic/xor", "-m", "b=", "--json")
    assert said.returncode == 2
    said = command("audit", "synthetic/xor", "-m", "b=*", "--json")
    assert json.loads(said.stdout)["rows"] == 2000


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["--id", "x", "--group", "y", "--kind", "a=text"],
            "--id cannot be used with the built-in data set 'synthetic/xor'\n"
            "--group cannot be used with the built-in data set 'synthetic/xor'\n"
            "--kind cannot be used with the built-in data set 'synthetic/xor'",
        ),
        (
            ["--target", "colour"],
            "data set 'synthetic/xor' has one target only; leave target='colour' out",
        ),
        (["-m", "c=*"], "no modality 'c'; there are: 'a', 'b'"),
    ],
)
def test_options_that_a_built_in_set_does_not_take(
    refused: Refused, words: list[str], expected: str
) -> None:
    assert refused("audit", "synthetic/xor", *words) == expected


def test_an_archive_takes_a_key_for_a_modality(command: Command, desk: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(desk / "x.npz", left=rng.normal(size=(9, 2)), right=rng.normal(size=(9, 3)))
    said = command("audit", "x.npz", "-m", "l=left", "-m", "r=right")
    assert said.returncode == 0
    assert "l: table of 2 columns, r: table of 3 columns" in said.stdout


@pytest.mark.parametrize(
    ("given", "kept"),
    [(None, None), ("died", "died"), (["died"], "died"), ([], None), (["a", "b"], ["a", "b"])],
)
def test_one_target_is_a_word_and_several_are_a_list(given: Any, kept: Any) -> None:
    assert source("x.csv", None, target=given, id=None, group=None, kind=None).target == kept


def test_a_built_in_set_has_one_target_at_a_time() -> None:
    where = source("watch", None, target=["a", "b"], id=None, group=None, kind=None)
    with pytest.raises(ConfigurationError) as told:
        where.read()
    assert told.value.faults == ("the built-in data set 'watch' has one --target at a time",)
