"""`consilience study`: what it says, what it writes, what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from consilience.studies import Study

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]

COLUMNS = ("--target", "died", "-m", "labs=lab_*", "-m", "ecg=ecg_*")


def test_the_command_is_on_record(finished: Path) -> None:
    summary = json.loads((finished / "run" / "study.json").read_text(encoding="utf-8"))
    assert summary["command"].startswith("consilience study cohort.csv --target died")
    assert summary["source"]["modalities"] == {"labs": ["lab_*"], "ecg": ["ecg_*"]}
    assert summary["plan"]["methods"] == ["labs", "ecg", "additive"]
    assert (summary["plan"]["folds"], summary["plan"]["repeats"]) == (4, 1)


def test_the_run_is_a_study(finished: Path) -> None:
    study = Study(finished / "run")
    assert study.verdict.answer == "helps"
    assert study.verdict.best_method == "additive"
    assert sorted(p.name for p in finished.iterdir()) == ["cohort.csv", "run"]


@pytest.mark.usefixtures("desk")
def test_it_says_the_verdict_and_where_things_are(command: Command) -> None:
    words = (*COLUMNS, "--method", "additive", "--folds", "2", "--seeds", "1", "--workers", "1")
    said = command("study", "cohort.csv", *words)
    assert said.returncode == 0
    study = Study("runs/cohort")
    assert said.stdout == (
        f"{study.verdict}\n\n{study.table}\n\n"
        "report  runs/cohort/report.html\n"
        "model   runs/cohort/models/best\n"
    )
    again = command("study", "cohort.csv", *words)
    assert (again.returncode, again.stderr) == (
        2,
        "error: output folder runs/cohort holds a study already; choose another, "
        "or pass overwrite=True (--overwrite)\n",
    )
    replaced = command("study", "cohort.csv", *words, "--overwrite", "--json")
    summary = json.loads(replaced.stdout)
    assert summary["verdict"]["answer"] == study.verdict.answer
    assert [row["method"] for row in summary["table"]] == study.table["method"]
    assert summary["report"] == "runs/cohort/report.html"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["cohrt.csv", *COLUMNS],
            "there is no 'cohrt.csv' in '.'; did you mean 'cohort.csv'?",
        ),
        (
            ["cohort.csv", "--target", "dead", "-m", "labs=lba_*", "-m", "ecg=ecg_*"],
            "target column 'dead' is not there; did you mean 'died'?\n"
            "modality 'labs': pattern 'lba_*' matches no column; "
            "did you mean 'lab_k' or 'lab_na'?",
        ),
        (
            ["parts", "--target", "died"],
            "'labs' has 60 rows but 'ecg' has 50; name the column that matches them: id=...",
        ),
        (
            ["gaps.csv", *COLUMNS],
            "the target is missing in 2 of 60 rows (first: row 3); "
            "drop these rows or fill them in",
        ),
        (
            ["alive.csv", *COLUMNS],
            "the target has one class only (0); two are needed to compare",
        ),
        (
            ["absent.csv", *COLUMNS],
            "the audit found what would make the study wrong:\n"
            "ecg: absent everywhere; leave it out: data.select([...]) without 'ecg'",
        ),
        (
            ["cohort.csv", *COLUMNS, "--method", "lowrank", "--metric", "aurok", "--folds", "1"],
            "metric 'aurok' is not one for classification; did you mean 'auroc'?\n"
            "fusion method 'lowrank' is not known; did you mean 'low_rank'?\n"
            "folds must be at least 2, found 1",
        ),
        (
            ["cohort.csv", *COLUMNS, "--out", "parts"],
            "output folder parts exists and holds no study; choose another",
        ),
        (
            ["cohort.csv", *COLUMNS, "-m", "age"],
            "--modality takes NAME=PATTERN, such as labs='lab_*'; found 'age'",
        ),
        (
            ["cohort.csv", "--target", "died", "-m", "labs=lab_*"],
            "a study compares at least two modalities; there is one ('labs')",
        ),
        (["wach"], "'wach' is neither a file nor a built-in data set; did you mean 'watch'?"),
    ],
)
def test_bad_input_is_refused_with_one_error_and_leaves_nothing(
    refused: Refused, words: list[str], expected: str
) -> None:
    assert refused("study", *words) == expected
