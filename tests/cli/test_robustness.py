"""`consilience robustness`."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]
SAMPLES = ("cohort.csv", "--target", "died", "-m", "labs=lab_*", "-m", "ecg=ecg_*")


@pytest.fixture
def at_home(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the study was made, for its record names its data by a relative path."""
    monkeypatch.chdir(finished)
    return finished


def test_the_studys_own_samples_are_examined_out_of_fold(command: Command, at_home: Path) -> None:
    said = command("robustness", "run", "--workers", "1", "--noise", "ecg=0:1:0.5", "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)["robustness"][0]
    (curve,) = found["curves"]
    assert (curve["modality"], curve["levels"]) == ("ecg", [0.0, 0.5, 1.0])
    recorded = json.loads((at_home / "run" / "robustness.json").read_text())
    assert found["clean"]["estimate"] == pytest.approx(recorded["clean"]["estimate"], abs=1e-12)


def test_new_samples_are_examined_with_the_saved_model(command: Command, at_home: Path) -> None:
    assert at_home
    said = command("robustness", "run", *SAMPLES, "--drop", "ecg", "--noise-model", "drop")
    assert said.returncode == 0, said.stderr
    assert "\nwithout ecg: auroc 0." in said.stdout
    assert said.stdout.rstrip().endswith("worse")
    assert "labs (drop)  0: 0.9" in said.stdout


def test_another_method_of_the_study_is_the_baseline(command: Command, at_home: Path) -> None:
    """A modality by itself does not mind noise in the other, so nothing stands up better."""
    assert at_home
    words = ("robustness", "run", "--workers", "1", "--noise", "ecg=0:1:0.5", "--baseline", "labs")
    said = command(*words, "--json")
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)["robustness"][0]
    (curve,) = found["curves"]
    clean = [found["clean_baseline"]["estimate"]] * 3
    assert [b["estimate"] for b in curve["baseline"]] == pytest.approx(clean, abs=1e-12)
    assert curve["effective"]["high"] < 0
    scores = [s["estimate"] for s in curve["scores"]]
    area = (scores[0] / 2 + scores[1] + scores[2] / 2) / 2 - scores[0]
    assert curve["effective"]["estimate"] == pytest.approx(area, abs=1e-12)
    said = command(*words)
    assert "against baseline" in said.stdout
    assert "\n  of the baseline  0: 0." in said.stdout


def test_on_new_samples_another_saved_study_is_the_baseline(
    command: Command, at_home: Path
) -> None:
    assert at_home
    said = command("robustness", "run", *SAMPLES, "--baseline", "run", "--json")
    assert said.returncode == 0, said.stderr
    for curve in json.loads(said.stdout)["robustness"][0]["curves"]:
        assert curve["baseline"] == curve["scores"]
        assert curve["effective"]["estimate"] == 0
    said = command("robustness", "run", *SAMPLES, "--baseline", "nothing")
    assert said.returncode == 2
    assert said.stderr.startswith("error: nothing holds no study")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("lab", "baseline 'lab' is no method of the study; did you mean 'labs'?"),
        (
            "additive",
            "baseline 'additive' is the method that is examined itself; there are: 'labs', 'ecg'",
        ),
    ],
)
def test_a_baseline_is_another_method_of_the_study(
    command: Command, at_home: Path, name: str, fault: str
) -> None:
    assert at_home
    said = command("robustness", "run", "--workers", "1", "--baseline", name)
    assert (said.returncode, said.stderr) == (2, f"error: {fault}\n")


def test_faults_of_the_options_are_told_at_once(command: Command, at_home: Path) -> None:
    assert at_home
    said = command("robustness", "run", *SAMPLES, "--noise", "ecg=0:2:1", "--noise", "lab=0:1:1")
    assert said.returncode == 2
    assert said.stderr.splitlines() == [
        "error: --noise takes MODALITY=FIRST:LAST:STEP within 0 and 1, such as labs=0:1:0.25; "
        "found 'ecg=0:2:1'",
        "--noise names 'lab', no modality; did you mean 'labs'?",
    ]
    said = command("robustness", "run", *SAMPLES, "--drop", "ecg", "--drop", "labs")
    assert said.stderr == (
        "error: --drop names every modality; nothing would be left to predict from\n"
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--noise-model", "typo"), "noise 'typo' is not one for a table"),
        (("--drop", "lab"), "--drop names 'lab', no modality; did you mean 'labs'?"),
        (("--noise", "lab=0:1:0.5"), "--noise names 'lab', no modality"),
    ],
)
def test_a_fault_is_told_before_anything_is_fitted(
    command: Command,
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, str],
    fault: str,
) -> None:
    assert at_home
    monkeypatch.setattr("consilience.studies.replaying.replay", None)
    said = command("robustness", "run", *words)
    assert said.returncode == 2
    assert fault in said.stderr
    assert said.stdout == ""


def test_a_folder_that_is_no_run(refused: Refused) -> None:
    assert refused("robustness", "nothing") == (
        "nothing holds no finished study: there is no study.toml; pass the folder given as --out"
    )
