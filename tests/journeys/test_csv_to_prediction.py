"""From a CSV on disk to predictions of new patients, by the command line and in Python."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd

import consilience as cs

Command = Callable[..., CompletedProcess[str]]

COLUMNS = "-m labs=lab_* -m ecg=ecg_*"
PATTERNS = {"labs": "lab_*", "ecg": "ecg_*"}


def _agreement(said: Iterable[object], truth: Iterable[object]) -> float:
    return float(np.mean([a == b for a, b in zip(said, truth, strict=True)]))


def test_by_the_command_line(command: Command, desk: Path) -> None:
    audited = command(f"audit cohort.csv --target died --id patient {COLUMNS}")
    assert audited.returncode == 0
    assert "labs: table of 2 columns (1 categorical)" in audited.stdout

    studied = command(
        f"study cohort.csv --target died --id patient {COLUMNS} --out runs/died "
        "--method additive --folds 4 --seeds 1 --workers 1"
    )
    assert studied.returncode == 0
    assert studied.stdout.startswith("Fusing helps: additive reaches auroc ")
    summary = json.loads((desk / "runs/died/study.json").read_text("utf-8"))
    assert summary["verdict"]["answer"] == "helps"

    predicted = command("predict runs/died new.csv --id patient --out all.csv")
    assert (predicted.returncode, predicted.stdout) == (0, "60 predictions in all.csv\n")
    truth = pd.read_csv(desk / "truth.csv")
    fused = pd.read_csv(desk / "all.csv")
    assert fused["id"].tolist() == truth["patient"].tolist()
    assert _agreement(fused["prediction"], truth["died"]) > 0.9

    refused = command("predict runs/died labs_only.csv --id patient --out half.csv")
    assert refused.returncode == 2
    assert refused.stderr.endswith("to predict without it: --allow-missing ecg\n")
    assert not (desk / "half.csv").exists()
    command("predict runs/died labs_only.csv --id patient --out half.csv --allow-missing ecg")
    half = pd.read_csv(desk / "half.csv")
    assert 0.6 < _agreement(half["prediction"], truth["died"]) < 0.9

    page = (desk / "runs/died/report.html").read_bytes()
    (desk / "runs/died/report.html").unlink()
    assert command("report runs/died").stdout == "runs/died/report.html\n"
    assert (desk / "runs/died/report.html").read_bytes() == page


def test_in_python(desk: Path) -> None:
    data = cs.read("cohort.csv", target="died", id="patient", modalities=PATTERNS)
    assert cs.audit(data).ok
    study = cs.study(
        data, out="runs/died", methods="additive", folds=4, seeds=1, workers=1, show_progress=False
    )
    assert study.verdict.answer == "helps"
    assert study.table.row("additive").delta_low > 0

    new = cs.read("new.csv", id="patient", modalities=PATTERNS)
    truth = pd.read_csv("truth.csv")["died"].to_numpy()
    assert _agreement(study.best.predict(new), truth) > 0.9
    assert (
        study.best.predict(new).tolist() == cs.load("runs/died/models/best").predict(new).tolist()
    )
    bare = cs.read("labs_only.csv", id="patient", modalities={"labs": "lab_*"})
    without = study.best.predict(bare)
    assert without.tolist() == study.best.predict(new.absent("ecg")).tolist()
    assert study.report() == Path("runs/died/report.html")
    assert cs.Study("runs/died").verdict == study.verdict
    assert sorted(p.name for p in (desk / "runs").iterdir()) == ["died"]
