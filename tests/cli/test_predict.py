"""`consilience predict`: new samples, also such that lack a modality."""

import csv
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import consilience as cs
from consilience import FusionClassifier, FusionRegressor, MultimodalData, Study, read
from consilience.cli.predict import looked_at
from consilience.functional.calibration import tempered
from consilience.studies.calibrating import read_calibration, write_calibration

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]

NEW = """patient,lab_k,lab_na,ecg_rate
q1,0.1,2.0,1.5
q2,-0.3,-1.0,-1.5
"""


@pytest.fixture(autouse=True)
def new_samples(desk: Path) -> None:
    """Files of new samples, some lacking a modality."""
    (desk / "new.csv").write_text(NEW, encoding="utf-8")
    bare = "\n".join(line.rpartition(",")[0] for line in NEW.splitlines())
    (desk / "bare.csv").write_text(bare, encoding="utf-8")


@pytest.fixture(scope="module")
def calibrated(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished study, its model calibrated by its own predictions."""
    run = tmp_path_factory.mktemp("calibrated") / "run"
    shutil.copytree(finished / "run", run)
    data = read(
        finished / "cohort.csv",
        target="died",
        id="patient",
        modalities={"labs": "lab_*", "ecg": "ecg_*"},
    )
    write_calibration(run, data, method=Study(run).verdict.best_method)
    return run


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_predictions_are_those_of_the_saved_model(command: Command, finished: Path) -> None:
    said = command("predict", str(finished / "run"), "new.csv", "--id", "patient", "--raw")
    assert said.returncode == 0
    assert said.stderr == ""
    labs, ecg = np.array([[2.0, 0.1], [-1.0, -0.3]]), np.array([[1.5], [-1.5]])
    frame = pd.DataFrame({"lab_na": labs[:, 0], "lab_k": labs[:, 1], "ecg_rate": ecg[:, 0]})
    data = MultimodalData.from_frame(frame, labs="lab_*", ecg="ecg_*")
    model = Study(finished / "run").best
    assert isinstance(model, FusionClassifier)
    expected = model.predict_proba(data)
    rows = _rows(said.stdout)
    assert [row["id"] for row in rows] == ["q1", "q2"]
    assert [row["prediction"] for row in rows] == ["1", "0"]
    found = np.array([[float(row["p:0"]), float(row["p:1"])] for row in rows])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_in_a_file(command: Command, finished: Path, desk: Path, suffix: str) -> None:
    out = desk / "deep" / f"predictions{suffix}"
    said = command("predict", str(finished / "run"), "new.csv", "--out", str(out))
    assert (said.returncode, said.stdout) == (0, f"2 predictions in {out}\n")
    assert [p.name for p in out.parent.iterdir()] == [out.name]
    table = (
        _rows(out.read_text(encoding="utf-8"))
        if suffix == ".csv"
        else pq.read_table(out).to_pylist()
    )
    assert [int(row["id"]) for row in table] == [0, 1]


def test_as_json(command: Command, finished: Path) -> None:
    said = command("predict", str(finished / "run"), "new.csv", "--json")
    rows = json.loads(said.stdout)
    assert [row["prediction"] for row in rows] == [1, 0]


def test_a_lacking_modality_is_named_with_the_way_out(refused: Refused, finished: Path) -> None:
    assert refused("predict", str(finished / "run"), "bare.csv", "--out", "p.csv") == (
        "modality 'ecg': pattern 'ecg_*' matches no column; "
        "there are: 'patient', 'lab_k', 'lab_na'; to predict without it: --allow-missing ecg"
    )


def test_a_lacking_modality_can_be_allowed(command: Command, finished: Path) -> None:
    words = ("predict", str(finished / "run"), "bare.csv", "--allow-missing", "ecg", "--json")
    said = command(*words)
    assert said.returncode == 0
    assert [row["prediction"] for row in json.loads(said.stdout)] == [1, 0]
    assert said.stderr.startswith("warning: 'ecg' counts as absent in all 2 samples; ")


def test_what_is_known_without_a_modality_is_told(
    command: Command, calibrated: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(calibrated, run)
    words = ("predict", str(run), "bare.csv", "--allow-missing", "ecg")
    measured = command(*words).stderr
    pattern = next(
        p
        for p in json.loads((run / "robustness.json").read_text("utf-8"))["patterns"]
        if p["absent"] == ["ecg"]
    )
    assert f"without it the study measured auroc {pattern['score']['estimate']:.3f} [" in measured
    (run / "robustness.json").unlink()
    unmeasured = command(*words).stderr
    assert unmeasured == (
        "warning: 'ecg' counts as absent in all 2 samples; how good the model is without it was "
        f"not measured; consilience robustness {run} --drop ecg does\n"
    )


def test_a_modality_that_may_lack_is_used_if_it_is_there(
    command: Command, calibrated: Path
) -> None:
    without = command("predict", str(calibrated), "new.csv")
    allowed = command("predict", str(calibrated), "new.csv", "--allow-missing", "ecg")
    assert (allowed.stdout, allowed.stderr) == (without.stdout, "")


def test_probabilities_are_calibrated_unless_raw_are_asked_for(
    command: Command, calibrated: Path
) -> None:
    known = read_calibration(calibrated / "models" / "best")
    assert known is not None
    assert known.temperature != 1
    told, raw = (
        [
            [row["p:0"], row["p:1"]]
            for row in json.loads(
                command("predict", str(calibrated), "new.csv", "--json", *more).stdout
            )
        ]
        for more in ([], ["--raw"])
    )
    expected = np.exp(tempered(np.log(raw), known.temperature))
    np.testing.assert_allclose(told, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("level", ["0.5", "0.99"])
def test_sets_are_a_list_in_json_and_words_in_tables(
    command: Command, calibrated: Path, desk: Path, level: str
) -> None:
    (desk / "new.csv").write_text(f"{NEW}q3,0,0,0\n", encoding="utf-8")
    words = ("predict", str(calibrated), "new.csv", "--sets", level)
    listed = [row["set"] for row in json.loads(command(*words, "--json").stdout)]
    assert listed[:2] == [[1], [0]]
    assert len(listed[2]) == (1 if level == "0.5" else 2)
    shown = [row["set"] for row in _rows(command(*words).stdout)]
    assert shown == ["|".join(map(str, each)) for each in listed]
    command(*words, "--out", "p.csv")
    assert [row["set"] for row in _rows((desk / "p.csv").read_text("utf-8"))] == shown
    command(*words, "--out", "p.parquet")
    assert [row["set"] for row in pq.read_table("p.parquet").to_pylist()] == listed


def test_sets_of_a_pattern_never_seen_come_with_a_warning(
    command: Command, calibrated: Path
) -> None:
    words = ("predict", str(calibrated), "bare.csv", "--allow-missing", "ecg", "--sets", "0.9")
    said = command(*words)
    assert said.returncode == 0
    assert "\nwarning: 2 new samples with only labs: the study had none like" in said.stderr


def test_sets_need_a_calibration(refused: Refused, desk: Path) -> None:
    data = _fitted(np.random.default_rng(0))
    model = FusionRegressor(max_epochs=1, patience=None, random_state=0).fit(data)
    model.save(desk / "model")
    assert refused("predict", "model", "new.csv", "--sets", "0.9") == (
        "--sets needs a study's own predictions, and model holds no calibration.json; "
        "run the study again, or leave --sets out"
    )


def test_a_coverage_that_cannot_be_promised(refused: Refused, calibrated: Path) -> None:
    assert refused("predict", str(calibrated), "new.csv", "--sets", "0.9999") == (
        "sets that cover 0.9999 need 9,999 samples, the study had 820; ask for at most 0.998"
    )


def test_a_built_in_set_that_lacks_the_modalities(refused: Refused, finished: Path) -> None:
    assert refused("predict", str(finished / "run"), "synthetic/xor") == (
        "'synthetic/xor' lacks 'labs', 'ecg', which the model was fitted with; "
        "there are: 'a', 'b'; to predict without: --allow-missing labs --allow-missing ecg"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["--allow-missing", "ecq"],
            "--allow-missing 'ecq' is no modality of the model; did you mean 'ecg'?",
        ),
        (
            ["--allow-missing", "ecg", "--allow-missing", "labs"],
            "--allow-missing names every modality: ecg, labs",
        ),
        (["--id", "pateint"], "id column 'pateint' is not there; did you mean 'patient'?"),
        (
            ["--out", "p.txt"],
            "--out must end in .csv or .parquet, found 'p.txt'; there are: '.csv', '.parquet'",
        ),
    ],
)
def test_wrong_options(refused: Refused, finished: Path, words: list[str], expected: str) -> None:
    assert refused("predict", str(finished / "run"), "new.csv", *words) == expected


def test_a_folder_without_a_model(refused: Refused) -> None:
    assert refused("predict", "parts", "new.csv") == (
        "parts holds no saved model: there is no config.json; "
        "pass the folder that save(...) wrote, or models/best of a study"
    )


def _fitted(rng: np.random.Generator) -> MultimodalData:
    return MultimodalData(
        {"a": rng.normal(size=(20, 2)), "b": rng.normal(size=(20, 5, 1))},
        target=rng.normal(size=20),
    )


def test_a_saved_model_reads_arrays_by_name(command: Command, desk: Path) -> None:
    data = _fitted(np.random.default_rng(0))
    model = FusionRegressor(max_epochs=1, patience=None, random_state=0).fit(data)
    model.save(desk / "model")
    np.savez(desk / "new.npz", a=np.ones((3, 2)), b=np.ones((3, 5, 1)), unrelated=np.ones(3))
    said = command("predict", "model", "new.npz", "--json")
    new = MultimodalData({"a": np.ones((3, 2)), "b": np.ones((3, 5, 1))})
    found = [row["prediction"] for row in json.loads(said.stdout)]
    assert found == model.predict(new).tolist()


def test_columns_told_apart_by_prefix_are_found_again(command: Command, desk: Path) -> None:
    words = ["all is well", "no change seen", "much worse", "better than before"]
    table = pa.table(
        {
            "note.text": [f"{w} {i}" for i, w in enumerate(words * 5)],
            "note_2.text": [f"{w} {i}" for i, w in enumerate(words[::-1] * 5)],
            "lab.x": np.arange(20.0),
        }
    )
    data = MultimodalData.from_frame(table).with_target([0, 1] * 10)
    model = FusionClassifier(max_epochs=1, patience=None, random_state=0).fit(data)
    model.save(desk / "model")
    pq.write_table(table.append_column("more", pa.array([0] * 20)), desk / "new.parquet")
    said = command("predict", "model", "new.parquet", "--json")
    assert said.returncode == 0, said.stderr
    found = [[row["p:0"], row["p:1"]] for row in json.loads(said.stdout)]
    np.testing.assert_allclose(found, model.predict_proba(data), rtol=0, atol=1e-12)


def test_a_modality_that_the_recommended_model_never_looks_at_may_be_missing(
    tmp_path: Path,
) -> None:
    (tmp_path / "schema.json").write_text('{"modalities": [{"name": "labs"}, {"name": "ecg"}]}')
    alone = cs.MultimodalData({"labs": np.zeros((2, 1))}).schema
    assert looked_at(["ecg"], tmp_path, alone) == []
    assert looked_at(["labs", "ecq"], tmp_path, alone) == ["labs", "ecq"]
