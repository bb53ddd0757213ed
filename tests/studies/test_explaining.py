import json
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import consilience as cs
from consilience.errors import DataError, MissingFileError
from consilience.studies import explaining
from consilience.studies.explaining import examined_method, examined_rows, explain
from consilience.studies.plan import codes_of, make_plan
from consilience.studies.replaying import replay
from consilience.studies.running import Outcome, run
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
        outcomes = run(few, codes, plan, pool=pool)
        found = explain(few, codes, plan, done.table, done.verdict, pool=pool, outcomes=outcomes)
    assert found.interactions is None
    assert found.interactions_lacking is not None
    assert "24 rows have both and a target" in found.interactions_lacking
    assert found.robustness is not None


def test_when_the_budget_is_spent_nothing_is_examined_and_that_is_told(
    done: cs.Study, samples: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(samples, methods=["additive", "low_rank"], folds=3, seeds=1, budget=0.5)
    codes, _ = codes_of(samples, plan.task)
    outcomes = [
        Outcome(method.name, split, codes, None, 1.0)
        for split in range(2)
        for method in plan.methods
    ]

    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(explaining, "interactions", never)
    monkeypatch.setattr(explaining, "fit_block", never)
    with spread(1) as pool:
        found = explain(
            samples,
            codes,
            plan,
            done.table,
            done.verdict,
            pool=pool,
            outcomes=outcomes,
            deadline=perf_counter(),
        )
    assert (found.interactions, found.robustness, found.learning) == (None, None, None)
    told = "the budget of 0.5 min left no time to examine the modalities"
    assert found.interactions_lacking == told
    assert found.robustness_lacking == told.replace("modalities", "models")
    assert found.learning_lacking == told.replace("modalities", "models")


def test_a_study_of_a_tiny_budget_ends_whole_and_says_what_time_left_out(
    samples: cs.MultimodalData, tmp_path: Path
) -> None:
    options: dict[str, Any] = {**FAST, "methods": ["additive"]}
    done = cs.study(samples, out=tmp_path / "s", budget=0.001, **options)
    text = (tmp_path / "s" / "report.html").read_text("utf-8")
    assert "the budget of 0.001 min left no time to examine the models" in text
    assert "at most 1 epoch." in text
    assert "Time ended after 2 of 3 test folds" in text
    assert (tmp_path / "s" / "models" / "best").is_dir()
    again = replay(tmp_path / "s", samples, workers=1)
    assert again.plan.max_epochs == 1
    rows = pq.read_table(tmp_path / "s" / "predictions.parquet").to_pylist()
    proba = again.model.predict_proba(again.data)
    first = [r for r in rows if r["method"] == again.method]
    name = [key for key in first[0] if key.startswith("p:")][1]
    assert len(first) == 200
    assert all(proba[row["row"], 1] == row[name] for row in first)
    assert done.verdict.best_method in {"a", "b", "additive"}


def test_only_what_complete_splits_tested_is_examined_and_of_many_rows_some(
    samples: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(samples, methods=["additive"], folds=3, seeds=1)
    rows, splits = examined_rows(plan, [0, 2], seed=0)
    tested = np.concatenate([plan.splits[0].test, plan.splits[2].test])
    assert rows.tolist() == sorted(tested)
    for split, whole in zip(splits, (plan.splits[0], plan.splits[2]), strict=True):
        assert sorted(rows[split.test]) == sorted(whole.test)
    monkeypatch.setattr(explaining, "MOST_EXAMINED", 90)
    some, splits = examined_rows(plan, [0, 1, 2], seed=0)
    assert len(some) == len(set(some.tolist())) == 90
    assert sorted(np.concatenate([s.test for s in splits])) == list(range(90))
    for split, whole in zip(splits, plan.splits, strict=True):
        assert set(some[split.test]) <= set(whole.test.tolist())
