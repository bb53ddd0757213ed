"""Several labels a sample: from a Parquet file to a report and predictions of new samples."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import consilience as cs
from consilience.errors import ConfigurationError

Command = Callable[..., CompletedProcess[str]]
LABELS = ["rash", "fever"]
PATTERNS = {"lab": "lab_*", "ecg": "ecg_*"}
QUICK: dict[str, Any] = {"methods": "additive", "folds": 2, "seeds": 1, "workers": 1}


def notes(n: int, seed: int) -> pd.DataFrame:
    """Rash is told by both modalities together, fever by the laboratory alone."""
    rng = np.random.default_rng(seed)
    lab, ecg = rng.normal(size=(2, n, 2))
    return pd.DataFrame(
        {
            "lab_a": lab[:, 0],
            "lab_b": lab[:, 1],
            "ecg_a": ecg[:, 0],
            "ecg_b": ecg[:, 1],
            "label_rash": (lab[:, 0] + ecg[:, 0] > 0).astype(int),
            "label_fever": (lab[:, 1] > 0.7).astype(int),
        }
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> cs.Study:
    """A study of 120 samples."""
    folder = tmp_path_factory.mktemp("several")
    notes(120, 0).to_parquet(folder / "notes.parquet")
    data = cs.read(folder / "notes.parquet", target="label_*", modalities=PATTERNS)
    return cs.study(data, out=folder / "run", show_progress=False, **QUICK)


@pytest.fixture(scope="module")
def summary(done: cs.Study) -> dict[str, Any]:
    return json.loads((done.folder / "study.json").read_text("utf-8"))


def test_the_verdict_is_about_the_mean_over_labels(
    done: cs.Study, summary: dict[str, Any]
) -> None:
    predictions = pd.read_parquet(done.folder / "predictions.parquet").query(
        "method == 'additive'"
    )
    assert done.table.metric == "auroc"
    folds = [
        np.mean([sk.roc_auc_score(f[f"target:label_{c}"], f[f"p:label_{c}"]) for c in LABELS])
        for _, f in predictions.groupby("fold")
    ]
    assert done.table.row("additive").estimate == pytest.approx(np.mean(folds))
    wrong = [
        (predictions[f"target:label_{c}"] != predictions[f"prediction:label_{c}"]).mean()
        for c in LABELS
    ]
    told = summary["other_metrics"]["hamming_loss"]["additive"]["estimate"]
    assert told == pytest.approx(np.mean(wrong))
    assert done.table.row("additive").resampled_low is not None


def test_the_files_tell_which_labels_there_are(summary: dict[str, Any]) -> None:
    truth = notes(120, 0)
    assert summary["data"]["target"] == {
        "task": "multilabel",
        "classes": ["label_rash", "label_fever"],
        "counts": [sum(truth[f"label_{c}"].to_list()) for c in LABELS],
    }
    assert set(summary["explanation"]) >= {"robustness_lacking", "learning_lacking"}
    assert [summary["explanation"][f"{n}_lacking"] for n in ("robustness", "learning")] == [
        None
    ] * 2


def test_what_the_model_leans_on_is_measured(done: cs.Study) -> None:
    robust = json.loads((done.folder / "robustness.json").read_text("utf-8"))
    assert robust["metric"] == "auroc"
    assert robust["clean"]["estimate"] > 0.9
    loss = {tuple(p["absent"]): p["loss"]["estimate"] for p in robust["patterns"]}
    assert loss[("lab",)] > 0.1
    learnt = json.loads((done.folder / "learning.json").read_text("utf-8"))
    assert learnt["utilization"]["rates"]["lab"]["estimate"] > 0.1
    assert abs(learnt["gap"]["difference"]["estimate"]) < 1e-6


def test_the_report_has_a_row_a_label(done: cs.Study) -> None:
    page = (done.folder / "report.html").read_text("utf-8")
    assert "Samples that have it" in page
    assert '<th scope="row">label_rash</th>' in page
    assert "predicts all labels of" in page
    assert "The target is 2 labels, any number of them a sample." in page
    assert "Folds keep the shares of the labels as equal as they can." in page
    assert "probability of a label" in page
    first = page
    assert done.report().read_text("utf-8") == first


def test_new_samples_are_predicted_label_by_label(
    done: cs.Study, command: Command, desk: Path
) -> None:
    new = notes(60, 1)
    new.drop(columns=["label_rash", "label_fever"]).to_csv(desk / "fresh.csv", index=False)
    told = command(f"predict {done.folder} fresh.csv --sets 0.8 --out said.csv")
    assert (told.returncode, told.stdout) == (0, "60 predictions in said.csv\n")
    said = pd.read_csv(desk / "said.csv", dtype={f"set:label_{c}": str for c in LABELS})
    for c in LABELS:
        likely, p, truth = (
            t.to_numpy()
            for t in (said[f"prediction:label_{c}"], said[f"p:label_{c}"], new[f"label_{c}"])
        )
        assert float(np.mean(likely == truth)) > 0.7
        assert np.array_equal(p > 0.5, likely == 1)
    covered = [
        all(str(new[f"label_{c}"][i]) in said[f"set:label_{c}"][i] for c in LABELS)
        for i in range(60)
    ]
    assert np.mean(covered) > 0.65
    assert done.best.classes_.tolist() == ["label_rash", "label_fever"]  # pyright: ignore[reportAttributeAccessIssue]  a classifier


def test_what_cannot_be_studied_is_refused(command: Command, desk: Path) -> None:
    frame = notes(60, 0)
    frame["label_never"] = 0
    frame.to_csv(desk / "notes.csv", index=False)
    columns = "-m lab=lab_* -m ecg=ecg_*"
    constant = command(f"study notes.csv --target label_* {columns} --out runs/x")
    assert (constant.returncode, constant.stderr) == (
        2,
        "error: label 'label_never' is 0 in all 60 samples; "
        "leave such columns out of the target\n",
    )
    unknown = command(f"study notes.csv --target label_rash --target label_cough {columns}")
    assert unknown.returncode == 2
    assert "error: target column 'label_cough' is not there; did you mean" in unknown.stderr
    metric = command(f"study notes.csv --target label_rash --target label_fever {columns} "
                     "--metric r2")  # fmt: skip
    assert metric.stderr.startswith("error: metric 'r2' is not one for several labels a sample; ")
    found = command(f"audit notes.csv --target label_* {columns}")
    assert "target 'label_never'" in found.stdout
    assert not (desk / "runs").exists()


def test_labels_are_named_by_a_frame_too() -> None:
    frame = notes(20, 0)
    labels = frame[["label_rash", "label_fever"]]
    data = cs.MultimodalData({"lab": frame[["lab_a", "lab_b"]]}, target=labels)
    assert data.target_names == data[:5].target_names == ("label_rash", "label_fever")
    assert data.with_target(labels.to_numpy()).target_names == ("label_rash", "label_fever")
    assert data.with_target(labels["label_rash"]).target_names == ()
    assert cs.MultimodalData({"a": [1.0, 2.0]}, target=[[0, 1], [1, 0]]).target_names == ("0", "1")
    with pytest.raises(ConfigurationError):
        cs.MultimodalData.from_frame(frame, target=["label_rash", "nothing"], lab="lab_*")
