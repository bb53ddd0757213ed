"""`consilience export`: the recommended model as one graph."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
import torch

from consilience import FusionClassifier, MultimodalData, Study
from consilience.results.conformal import Calibration, Errors
from consilience.studies.calibrating import FILE

pytestmark = pytest.mark.usefixtures("unchecked")

Command = Callable[..., CompletedProcess[str]]
Refused = Callable[..., str]

INPUTS = (torch.tensor([[0.1, 2.0]]).double(), torch.tensor([[1.5]]).double())


@pytest.fixture
def run(finished: Path, desk: Path) -> Path:
    """A copy of the finished study beside its data, calibrated with a temperature of 2."""
    shutil.copytree(finished / "run", desk / "run")
    shutil.copy(finished / "cohort.csv", desk / "cohort.csv")
    errors = Errors(1, 1, (0.5,), (0.5,))
    known = Calibration("x", "classification", ("a",), 2.0, None, None, False, errors, {})
    (desk / "run" / "models" / "best" / FILE).write_text(
        json.dumps(known.to_dict()), encoding="utf-8"
    )
    return desk / "run"


def _predicted(path: Path) -> np.ndarray:
    program = torch.export.load(path).module()
    return program(*INPUTS, torch.ones(1, 2, dtype=torch.bool)).numpy()


def test_the_graph_gives_calibrated_probabilities(command: Command, run: Path) -> None:
    said = command("export", "run", "--format", "torch")
    path = Path("run/models/best/model.pt2")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith(
        f"{path}, described in model.pt2.json: differs from the model by"
    )
    assert said.stdout.endswith(" on 256 of the study's samples\n")
    model = Study(run).best
    assert isinstance(model, FusionClassifier)
    names = {"labs": ["lab_k", "lab_na"], "ecg": ["ecg_rate"]}
    assert [c.name for c in model.schema_["labs"].columns] == ["lab_na", "lab_k"]
    new = MultimodalData({n: x.numpy() for n, x in zip(names, INPUTS, strict=True)})
    root = model.predict_proba(new) ** 0.5
    np.testing.assert_allclose(_predicted(path), root / root.sum(), rtol=0, atol=1e-6)
    raw = command("export", "run", "--format", "torch", "--raw", "--out", "raw.pt2")
    assert raw.returncode == 0
    np.testing.assert_allclose(
        _predicted(Path("raw.pt2")), model.predict_proba(new), rtol=0, atol=1e-6
    )


def test_onnx_as_json(command: Command, run: Path) -> None:
    said = command("export", "run", "--out", "deep/died.onnx", "--no-presence", "--json")
    told = json.loads(said.stdout)
    assert told["file"] == "deep/died.onnx"
    assert told["checked"]["samples"] == "given"
    beside = json.loads(Path(told["described_in"]).read_text(encoding="utf-8"))
    assert [i["name"] for i in beside["inputs"]] == ["labs", "ecg"]
    assert run.is_dir()


def test_without_its_data_a_study_is_compared_on_made_up_samples(
    command: Command, run: Path
) -> None:
    (run.parent / "cohort.csv").unlink()
    said = command("export", "run", "--format", "torch")
    assert said.returncode == 0
    assert said.stdout.endswith(" of made-up samples\n")
    assert said.stderr.startswith(
        "warning: compared on made-up samples, for the study's own cannot be read: "
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--format", "onx"], "format 'onx' is not known; did you mean 'onnx'?"),
        (
            ["--out", "model.pt"],
            "a model exported as onnx is a file that ends in .onnx, found 'model.pt'",
        ),
    ],
)
def test_wrong_options(refused: Refused, run: Path, words: list[str], expected: str) -> None:
    assert refused("export", str(run), *words) == expected


def test_a_folder_without_a_model(refused: Refused) -> None:
    assert refused("export", "parts").startswith("parts holds no saved model")
