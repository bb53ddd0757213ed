"""`consilience predict`: new samples, also such that lack a modality."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience import FusionClassifier, FusionRegressor, MultimodalData, Study

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


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_predictions_are_those_of_the_saved_model(command: Command, finished: Path) -> None:
    said = command("predict", str(finished / "run"), "new.csv", "--id", "patient")
    assert said.returncode == 0
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


def test_a_built_in_set_that_lacks_the_modalities(refused: Refused, finished: Path) -> None:
    assert refused("predict", str(finished / "run"), "synthetic/xor") == (
        "'synthetic/xor' lacks 'labs', 'ecg', which the model was fitted with; "
        "to predict without: --allow-missing labs --allow-missing ecg"
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
