import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import consilience as cs
from consilience.errors import DataError, MissingFileError
from consilience.studies.explaining import examined_method, explain
from consilience.studies.plan import codes_of, make_plan
from consilience.studies.replaying import replay
from consilience.studies.spreading import spread

FAST: dict[str, Any] = {"methods": ["additive", "low_rank"], "folds": 3, "seeds": 1, "workers": 1}


@pytest.fixture(scope="module")
def samples() -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300, 2))
    return cs.MultimodalData({"a": a, "b": b}, target=a[:, 0] * b[:, 0] > 0)


@pytest.fixture(scope="module")
def done(samples: cs.MultimodalData, tmp_path_factory: pytest.TempPathFactory) -> cs.Study:
    return cs.study(samples, out=tmp_path_factory.mktemp("study") / "s", **FAST)


def test_the_folder_tells_what_the_modalities_and_the_model_do(done: cs.Study) -> None:
    told = json.loads((done.folder / "interactions.json").read_text())
    (pair,) = told["pairs"]
    atoms = ("redundancy", "unique_1", "unique_2", "synergy")
    total = sum(pair[name]["estimate"] for name in atoms)
    assert total == pytest.approx(pair["information_12"]["estimate"])
    stands = json.loads((done.folder / "robustness.json").read_text())
    assert stands["metric"] == "auroc"
    assert stands["clean"]["estimate"] > 0.9
    for pattern in stands["patterns"]:
        assert abs(pattern["score"]["estimate"] - 0.5) < 0.15
        assert pattern["loss"]["low"] > 0.2
    rows = pq.read_table(done.folder / "robustness.parquet").to_pylist()
    assert {row["level"] for row in rows} == {0.0, 0.25, 0.5, 0.75, 1.0}
    summary = json.loads((done.folder / "study.json").read_text())
    assert summary["explanation"] == {
        "examined": "low_rank",
        "interactions_lacking": None,
        "robustness_lacking": None,
        "learning_lacking": None,
    }
    learnt = json.loads((done.folder / "learning.json").read_text())
    assert learnt["method"] == "low_rank"
    assert learnt["gap"]["difference"]["low"] > 0.2


def test_a_replay_predicts_what_the_study_predicted(
    done: cs.Study, samples: cs.MultimodalData
) -> None:
    again = replay(done.folder, samples, workers=1)
    assert again.method == "low_rank"
    rows = pq.read_table(done.folder / "predictions.parquet").to_pylist()
    first = [r for r in rows if r["method"] == "low_rank" and r["repeat"] == 0]
    proba = again.model.predict_proba(again.data)
    name = [key for key in first[0] if key.startswith("p:")][1]
    for row in first:
        assert proba[row["row"], 1] == row[name]


def test_a_replay_needs_the_same_data_and_a_study(
    done: cs.Study, samples: cs.MultimodalData, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="the data have changed since the study"):
        replay(done.folder, samples[:200], workers=1)
    with pytest.raises(MissingFileError, match="holds no study"):
        replay(tmp_path, samples, workers=1)


def test_where_one_modality_is_recommended_the_best_fusion_is_examined(
    done: cs.Study, samples: cs.MultimodalData
) -> None:
    plan = make_plan(samples, methods=["additive", "low_rank"], folds=3, seeds=1)
    verdict = replace(done.verdict, best_method="a")
    assert examined_method(plan, done.table, verdict).name == "low_rank"


def test_what_cannot_be_measured_is_told(done: cs.Study) -> None:
    rng = np.random.default_rng(0)
    few = cs.MultimodalData(
        {"a": rng.normal(size=(24, 2)), "b": rng.normal(size=(24, 2))},
        target=np.arange(24) % 4,
    )
    plan = make_plan(few, methods=["additive", "low_rank"], folds=2, seeds=1)
    codes, _ = codes_of(few, plan.task)
    with spread(1) as pool:
        found = explain(few, codes, plan, done.table, done.verdict, pool=pool)
    assert found.interactions is None
    assert found.interactions_lacking is not None
    assert "24 rows have both and a target" in found.interactions_lacking
    assert found.robustness is not None
