import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import consilience as cs
from consilience.errors import ConfigurationError, DataError

FAST: dict[str, Any] = {"methods": ["additive", "low_rank"], "folds": 3, "seeds": 1, "workers": 1}


@pytest.fixture(scope="module")
def xor() -> cs.MultimodalData:
    return cs.datasets.load("synthetic/xor", n=300)


@pytest.fixture(scope="module")
def done(xor: cs.MultimodalData, tmp_path_factory: pytest.TempPathFactory) -> cs.Study:
    out = tmp_path_factory.mktemp("study") / "xor"
    return cs.study(xor, out=out, **FAST)


def test_xor_needs_fusion_with_interactions(done: cs.Study) -> None:
    assert done.verdict.answer == "helps"
    assert done.verdict.best_method == "low_rank"
    assert done.verdict.interaction == "found"
    assert done.table[0].method == "low_rank"
    assert str(done).startswith("Fusing helps: low_rank")


def test_the_folder_holds_everything_in_open_formats(done: cs.Study) -> None:
    found = sorted(str(p.relative_to(done.folder)) for p in done.folder.rglob("*") if p.is_file())
    assert found == [
        "interactions.json",
        "learning.json",
        "metrics.parquet",
        "models/best/README.md",
        "models/best/calibration.json",
        "models/best/config.json",
        "models/best/model.safetensors",
        "models/best/schema.json",
        "predictions.parquet",
        "report.html",
        "robustness.json",
        "robustness.parquet",
        "schema.json",
        "splits.parquet",
        "study.json",
        "study.toml",
    ]
    assert [p.name for p in done.folder.parent.iterdir()] == ["xor"]


def test_the_numbers_can_be_recomputed_from_the_files(
    done: cs.Study, xor: cs.MultimodalData
) -> None:
    predictions = pq.read_table(done.folder / "predictions.parquet").to_pylist()
    summary = json.loads((done.folder / "study.json").read_text())
    classes = summary["data"]["target"]["classes"]
    assert len(predictions) == 4 * len(xor)
    right = [r["prediction"] == r["target"] for r in predictions if r["method"] == "low_rank"]
    accuracy = summary["other_metrics"]["accuracy"]["low_rank"]["estimate"]
    assert np.mean(right) == pytest.approx(accuracy)
    first = predictions[0]
    assert sum(first[f"p:{c}"] for c in classes) == pytest.approx(1)
    metrics = pq.read_table(done.folder / "metrics.parquet").to_pylist()
    auroc = [m["value"] for m in metrics if (m["method"], m["metric"]) == ("low_rank", "auroc")]
    assert np.mean(auroc) == pytest.approx(done.table.row("low_rank").estimate)


def test_a_study_is_read_back_as_it_was(done: cs.Study) -> None:
    again = cs.Study(done.folder)
    assert again.table == done.table
    assert again.verdict == done.verdict
    assert again.audit == done.audit


def test_the_best_model_is_fitted_on_everything(done: cs.Study, xor: cs.MultimodalData) -> None:
    assert isinstance(done.best, cs.FusionClassifier)
    assert done.best.fusion == "low_rank"
    assert done.best.score(xor, xor.target) > 0.85


def test_the_same_seed_gives_the_same_numbers(
    done: cs.Study, xor: cs.MultimodalData, tmp_path: Path
) -> None:
    again = cs.study(xor, out=tmp_path / "again", **FAST)
    numbers = [(r.method, r.estimate, r.delta_low, r.p_adjusted) for r in again.table]
    assert numbers == [(r.method, r.estimate, r.delta_low, r.p_adjusted) for r in done.table]


def test_regression(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 150, 2))
    data = cs.MultimodalData({"a": a, "b": b}, target=a[:, 0] + b[:, 0])
    done = cs.study(data, out=tmp_path / "sum", **FAST)
    assert done.table.metric == "r2"
    assert done.verdict.answer == "helps"
    assert isinstance(done.best, cs.FusionRegressor)


def test_an_earlier_study_is_kept_unless_told(done: cs.Study, xor: cs.MultimodalData) -> None:
    before = (done.folder / "study.json").read_bytes()
    with pytest.raises(ConfigurationError, match=r"holds a study already; .*overwrite=True"):
        cs.study(xor, out=done.folder, **FAST)
    assert (done.folder / "study.json").read_bytes() == before


def test_a_foreign_folder_is_never_replaced(xor: cs.MultimodalData, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="exists and holds no study"):
        cs.study(xor, out=tmp_path, overwrite=True, **FAST)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_errors_leave_nothing_behind(xor: cs.MultimodalData, tmp_path: Path) -> None:
    target = xor.target
    assert target is not None
    with pytest.raises(DataError, match="one class"):
        cs.study(xor.with_target(np.zeros(300)), out=tmp_path / "x", **FAST)
    repeated = cs.MultimodalData(dict(xor.modalities), target, ids=np.zeros(300, dtype=int))
    with pytest.raises(DataError, match="the audit found"):
        cs.study(repeated, out=tmp_path / "x", **FAST)
    with pytest.raises(ConfigurationError):
        cs.study(xor, out=tmp_path / "x", methods=["nope"])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_after_the_fits_keeps_them_and_resuming_ends_the_study(
    xor: cs.MultimodalData, done: cs.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "x"
    with monkeypatch.context() as broken:
        broken.setattr("consilience.studies.conduct.write_predictions", fail)
        with pytest.raises(KeyboardInterrupt):
            cs.study(xor, out=out, **FAST)
    assert [p.name for p in tmp_path.iterdir()] == [".x.unfinished"]
    with pytest.raises(ConfigurationError) as told:
        cs.study(xor, out=out, **FAST)
    assert str(told.value) == (
        f"an unfinished study of {out} has 12 fits done; go on by resume=True (--resume {out}), "
        "or start anew by overwrite=True (--overwrite)"
    )
    monkeypatch.setattr("consilience.studies.running.fit_block", fail)

    def known(*_: object) -> object:
        return done.best

    monkeypatch.setattr("consilience.studies.conduct._fit_best", known)
    resumed = cs.study(xor, out=out, resume=True, **FAST)
    assert resumed.verdict == done.verdict
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_failure_before_the_first_fit_leaves_nothing(
    xor: cs.MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("consilience.studies.running.fit_block", fail)
    with pytest.raises(KeyboardInterrupt):
        cs.study(xor, out=tmp_path / "x", **FAST)
    assert list(tmp_path.iterdir()) == []


def test_an_out_that_cannot_be_written_is_told(xor: cs.MultimodalData, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        cs.study(xor, out=tmp_path / "file" / "x", **FAST)


def test_a_full_disk_is_told_as_bad_input(
    xor: cs.MultimodalData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("consilience.studies.workspace.Workspace.kept", full)
    with pytest.raises(ConfigurationError, match="cannot be written: No space left on device"):
        cs.study(xor, out=tmp_path / "run", methods=["concat"], folds=2, seeds=1, workers=1)
    assert list(tmp_path.iterdir()) == []
