"""`consilience interactions`."""

import json
from collections.abc import Callable
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


def test_bad_input_is_told(refused: Callable[..., str]) -> None:
    columns = ("-m", "labs=lab_*", "-m", "ecg=ecg_*", "--target", "died")
    assert "one class" in refused("interactions", "alive.csv", *columns)
    assert "exact" in refused("interactions", "cohort.csv", *columns, "--estimator", "exact")
    assert "'ecg'" in refused("interactions", "absent.csv", *columns)
