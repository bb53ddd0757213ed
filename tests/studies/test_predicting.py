"""New samples: calibrated by default, raw on request, with sets or ranges; absence is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from consilience import FusionClassifier, FusionRegressor, MultimodalData
from consilience.functional.calibration import tempered
from consilience.results.conformal import Calibration, Errors
from consilience.studies.predicting import known_without, predict_rows

MEASURED = {"estimate": 0.75, "low": 0.7, "high": 0.8}
LOSS = {"estimate": 0.1, "low": 0.05, "high": 0.15}


def _known(task: Any, temperature: float, *sizes: float) -> Calibration:
    levels = tuple((k + 1) / (len(sizes) + 1) for k in range(len(sizes)))
    errors = Errors(len(sizes), len(sizes), sizes, levels)
    return Calibration(
        "additive", task, ("a", "b"), temperature, None, None, False, errors, {("a", "b"): errors}
    )


@pytest.fixture(scope="module")
def data() -> MultimodalData:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 60, 1))
    target = np.array(["low", "middle", "high"])[np.digitize((a + b)[:, 0], [-0.5, 0.5])]
    return MultimodalData({"a": a, "b": b}, target=target, ids=[f"p{i}" for i in range(60)])


@pytest.fixture(scope="module")
def model(data: MultimodalData) -> FusionClassifier:
    return FusionClassifier("additive", max_epochs=20, patience=None, random_state=0).fit(data)


def test_probabilities_are_tempered_and_the_prediction_stays(
    data: MultimodalData, model: FusionClassifier
) -> None:
    rows = predict_rows(model, data, _known("classification", 2.0, 0.5)).rows
    expected = np.exp(tempered(np.log(model.predict_proba(data)), 2.0))
    found = np.array([[row[f"p:{c}"] for c in model.classes_] for row in rows])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert [row["prediction"] for row in rows] == model.predict(data).tolist()
    assert [row["id"] for row in rows] == [f"p{i}" for i in range(60)]
    assert "set" not in rows[0]


@pytest.mark.parametrize("raw", [True, False])
def test_sets_come_from_raw_probabilities_whatever_is_shown(
    data: MultimodalData, model: FusionClassifier, *, raw: bool
) -> None:
    known = _known("classification", 0.3, 0.2, 0.4, 0.6, 0.8)
    rows = predict_rows(model, data, known, level=0.6, raw=raw).rows
    p = model.predict_proba(data)
    for i, row in enumerate(rows):
        likely = model.classes_[1 - p[i] <= 0.6].tolist()
        assert row["set"] == (likely or [row["prediction"]])
    shown = np.array([[row[f"p:{c}"] for c in model.classes_] for row in rows])
    assert np.allclose(shown, p, rtol=0, atol=1e-12) == raw
    assert {len(row["set"]) for row in rows} == {1, 2}


def test_a_model_without_calibration_predicts_as_it_is(
    data: MultimodalData, model: FusionClassifier
) -> None:
    rows = predict_rows(model, data[:3].select(["a"]), None).rows
    expected = model.predict_proba(data[:3].select(["a"]))
    found = [[row[f"p:{c}"] for c in model.classes_] for row in rows]
    assert found == expected.tolist()


def test_ranges_of_quantities_and_their_notes(data: MultimodalData) -> None:
    plain = MultimodalData(dict(data.modalities))
    y = np.arange(60.0)
    model = FusionRegressor("additive", max_epochs=1, patience=None, random_state=0).fit(plain, y)
    known = _known("regression", 1.0, 0.5, 1.5, 4.0)
    found = predict_rows(model, plain, known, level=0.5)
    values = model.predict(plain).tolist()
    assert found.notes == ()
    for i, (row, value) in enumerate(zip(found.rows, values, strict=True)):
        assert row == {"id": i, "prediction": value, "low": value - 1.5, "high": value + 1.5}
    bare = predict_rows(model, plain.select(["a"]), known, level=0.5)
    assert len(bare.notes) == 1
    assert "only a: the study had none like that" in bare.notes[0]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    patterns = [
        {"absent": ["ecg"], "score": MEASURED, "loss": LOSS},
        {"absent": ["ecg", "note"], "score": MEASURED, "loss": {**LOSS, "low": None}},
    ]
    found = {"metric": "auroc", "patterns": patterns}
    (tmp_path / "robustness.json").write_text(json.dumps(found), encoding="utf-8")
    _summarise(tmp_path, best="additive")
    return tmp_path


def _summarise(run: Path, *, best: str) -> None:
    summary = {"explanation": {"examined": "additive"}, "verdict": {"best_method": best}}
    (run / "study.json").write_text(json.dumps(summary), encoding="utf-8")


def test_what_the_study_measured_without_a_modality(run: Path) -> None:
    assert known_without(run, ["ecg"]) == (
        "without it the study measured auroc 0.750 [0.700, 0.800], "
        "0.100 [0.050, 0.150] worse than with all"
    )


@pytest.mark.parametrize("absent", [["note"], ["note", "ecg"]])
def test_what_it_did_not_measure(run: Path, absent: list[str]) -> None:
    them = "it" if len(absent) == 1 else "them"
    drops = " ".join(f"--drop {name}" for name in absent)
    assert known_without(run, absent) == (
        f"how good the model is without {them} was not measured; "
        f"consilience robustness {run} {drops} does"
    )


def test_another_method_than_the_recommended_was_measured(run: Path) -> None:
    _summarise(run, best="labs")
    assert "was not measured" in known_without(run, ["ecg"])


def test_of_a_saved_model_nothing_is_known(tmp_path: Path) -> None:
    expected = "how good the model is without it was not measured"
    assert known_without(tmp_path, ["ecg"]) == expected


def test_several_labels_have_a_prediction_a_probability_and_a_set_each(
    data: MultimodalData,
) -> None:
    a, b = (np.asarray(data.modalities[n])[:, 0] for n in ("a", "b"))
    labelled = data.with_target(np.column_stack([a > 0, a + b > 0]))
    model = FusionClassifier("additive", max_epochs=10, patience=None, random_state=0).fit(
        labelled
    )
    own = model.predict_proba(data)
    raw = predict_rows(model, data, None).rows[0]
    assert raw["id"] == "p0"
    assert [raw[f"p:{k}"] for k in (0, 1)] == own[0].tolist()
    assert [raw[f"prediction:{k}"] for k in (0, 1)] == model.predict(data)[0].tolist()
    known = _known("multilabel", 2.0, 0.2, 0.6, 0.9)
    rows = predict_rows(model, data, known, level=0.5).rows
    for i, row in enumerate(rows):
        for k in (0, 1):
            logit = np.log(own[i, k] / (1 - own[i, k])) / 2
            assert row[f"p:{k}"] == pytest.approx(1 / (1 + np.exp(-logit)))
            allowed = {v for v, p in enumerate((1 - own[i, k], own[i, k])) if 1 - p <= 0.6}
            assert set(row[f"set:{k}"]) == allowed | {row[f"prediction:{k}"]}
