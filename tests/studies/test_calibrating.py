"""Calibration from out-of-fold predictions: coverage by pattern and group, honest notes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from consilience import MultimodalData
from consilience.errors import ConfigurationError, DataError
from consilience.functional.calibration import log_loss, log_probabilities, tempered
from consilience.results.conformal import Calibration
from consilience.studies.calibrating import (
    FILE,
    calibrate,
    patterns_of,
    read_calibration,
    thresholds,
    write_calibration,
)

Told = Mapping[str, NDArray[Any]]
BOTH, BARE = ("labs", "ecg"), ("labs",)


def _cohort(
    n: int, rng: np.random.Generator, *, bare: int, groups: NDArray[np.int64] | None = None
) -> MultimodalData:
    """`n` samples of which the last `bare` have no ECG."""
    ecg = rng.normal(size=(n, 1))
    ecg[n - bare :] = np.nan
    data = {"labs": rng.normal(size=(n, 1)), "ecg": ecg}
    return MultimodalData(data, groups=groups)


def _measured(n: int, rng: np.random.Generator, *, bare: int) -> Told:
    """Quantities predicted three times as badly where there is no ECG."""
    spread = np.where(np.arange(n) < n - bare, 1.0, 3.0)
    target = rng.normal(size=n)
    prediction = target + spread * rng.standard_t(3, size=n)
    return {"row": np.arange(n), "target": target, "prediction": prediction}


def test_every_pattern_is_covered_in_finite_samples() -> None:
    """False alarms: 0.5 %, by three standard errors of each of two binomial shares."""
    rng = np.random.default_rng(0)
    trials, n, bare = 1500, 60, 19
    new = _cohort(2, rng, bare=1)
    hits = np.zeros((trials, 2), dtype=bool)
    pooled = np.zeros(trials, dtype=bool)
    for i in range(trials):
        told = _measured(n, rng, bare=bare)
        known = calibrate(told, _cohort(n, rng, bare=bare), method="x", modalities=BOTH)
        allowed = thresholds(known, new, 0.9)
        assert not allowed.notes
        errors = np.array([1.0, 3.0]) * np.abs(rng.standard_t(3, size=2))
        hits[i] = errors <= allowed.sizes
        pooled[i] = errors[1] <= thresholds(known, _cohort(1, rng, bare=0), 0.9).sizes[0]
    exact = np.array([38 / 42, 18 / 20])
    assert (np.abs(hits.mean(axis=0) - exact) <= 3 * np.sqrt(0.09 / trials)).all()
    assert pooled.mean() < 0.7


def test_classes_are_calibrated_and_their_errors_are_of_the_raw_probabilities() -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet([0.3, 0.3, 0.3], size=400)
    y = np.array([rng.choice(3, p=0.5 * row + 0.5 / 3) for row in p])
    names = np.array(["b", "a", "c"])
    told = {"row": np.arange(400), "target": names[y], "prediction": names[p.argmax(axis=1)]}
    told |= {f"p:{name}": p[:, k] for k, name in enumerate(names)}
    found = calibrate(told, _cohort(400, rng, bare=0), method="x", modalities=BOTH)
    assert found.task == "classification"
    assert found.temperature > 1.5
    log_p = log_probabilities(p)
    assert found.log_loss == pytest.approx(log_loss(log_p, y), abs=1e-12)
    cooled = log_loss(tempered(log_p, found.temperature), y)
    assert found.calibrated_log_loss == pytest.approx(cooled, abs=1e-12)
    assert cooled < log_loss(log_p, y)
    own = 1 - p[np.arange(400), y]
    assert found.pooled.sizes == tuple(np.sort(own).tolist())


def test_repeats_are_not_taken_for_more_samples() -> None:
    rng = np.random.default_rng(0)
    once = _measured(20, rng, bare=0)
    twice = {name: np.concatenate([column, column]) for name, column in once.items()}
    data = _cohort(20, rng, bare=0)
    found = calibrate(twice, data, method="x", modalities=BOTH)
    assert (found.pooled.samples, found.pooled.units) == (20, 20)
    assert found.pooled.most == 20 / 21
    one = calibrate(once, data, method="x", modalities=BOTH)
    assert one.pooled.sizes == found.pooled.sizes
    np.testing.assert_allclose(one.pooled.levels, found.pooled.levels, rtol=0, atol=1e-12)


def test_groups_are_the_units_where_there_are_groups() -> None:
    rng = np.random.default_rng(0)
    data = _cohort(30, rng, bare=6, groups=np.arange(30) // 3)
    found = calibrate(_measured(30, rng, bare=6), data, method="x", modalities=BOTH)
    assert found.grouped
    assert (found.pooled.samples, found.pooled.units) == (30, 10)
    assert (found.patterns[BARE].samples, found.patterns[BARE].units) == (6, 2)
    notes = thresholds(found, data[:2], 0.8).notes
    assert notes == (
        "samples come in groups: 0.8 is the share covered among the samples of groups that the "
        "study did not have, on average over groups (it had 10)",
    )


@pytest.fixture
def known() -> Calibration:
    rng = np.random.default_rng(0)
    data = _cohort(50, rng, bare=4)
    return calibrate(_measured(50, rng, bare=4), data, method="x", modalities=BOTH)


def test_a_pattern_with_too_few_samples_falls_back_and_says_so(known: Calibration) -> None:
    new = _cohort(5, np.random.default_rng(1), bare=2)
    allowed = thresholds(known, new, 0.9)
    assert allowed.notes == (
        "2 new samples with only labs: the study had 4 samples like that, 0.9 needs 9; they are "
        "allowed the error of all samples together and may be covered less",
    )
    pooled, own = known.pooled, known.patterns[BOTH]
    expected = [e.sizes[int(np.searchsorted(e.levels, 0.9 - 1e-9))] for e in (own, pooled)]
    assert allowed.sizes == (*[expected[0]] * 3, *[expected[1]] * 2)
    assert not thresholds(known, new, 0.8).notes


def test_a_pattern_never_seen_falls_back_and_says_so(known: Calibration) -> None:
    new = MultimodalData({"ecg": [[1.0], [2.0]]})
    assert thresholds(known, new, 0.9).notes == (
        "2 new samples with only ecg: the study had none like that, so nothing is known of their "
        "coverage; they are allowed the error of all samples together",
    )


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (0.99, "sets that cover 0.99 need 99 samples, the study had 50; ask for at most 0.98"),
        (1.0, "the coverage of sets must be in (0, 1), found 1"),
        (0.0, "the coverage of sets must be in (0, 1), found 0"),
    ],
)
def test_what_cannot_be_promised_is_refused(
    known: Calibration, level: float, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        thresholds(known, _cohort(1, np.random.default_rng(0), bare=0), level)
    assert str(caught.value) == expected
    assert thresholds(known, _cohort(1, np.random.default_rng(0), bare=0), 0.98).sizes[0] > 0


def test_patterns_are_of_the_modalities_the_model_sees() -> None:
    data = _cohort(4, np.random.default_rng(0), bare=1)
    patterns, number = patterns_of(data, ("ecg",))
    assert [patterns[k] for k in number] == [("ecg",)] * 3 + [()]
    patterns, number = patterns_of(data, ("x", "ecg", "labs"))
    assert [patterns[k] for k in number] == [("ecg", "labs")] * 3 + [("labs",)]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A study's folder as far as calibrating reads it."""
    rng = np.random.default_rng(0)
    best = tmp_path / "models" / "best"
    best.mkdir(parents=True)
    schema = _cohort(20, rng, bare=0).select(["labs"]).schema
    (best / "schema.json").write_text(schema.model_dump_json(), encoding="utf-8")
    tables = [
        pa.table({**_measured(20, rng, bare=0), "method": [name] * 20}) for name in ("labs", "x")
    ]
    pq.write_table(pa.concat_tables(tables), tmp_path / "predictions.parquet")
    return tmp_path


def test_what_is_written_is_read_again(run: Path) -> None:
    data = _cohort(20, np.random.default_rng(0), bare=5)
    written = write_calibration(run, data, method="labs")
    assert read_calibration(run / "models" / "best") == written
    assert list(written.patterns) == [("labs",)]
    table = pq.read_table(run / "predictions.parquet").to_pylist()
    own = sorted(abs(r["target"] - r["prediction"]) for r in table if r["method"] == "labs")
    assert written.pooled.sizes == tuple(own)
    names = {path.name for path in (run / "models" / "best").iterdir()}
    assert names == {"schema.json", FILE}


def test_a_model_without_calibration_has_none(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) is None


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 7}', '{"format": 1}'])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"{FILE} is damaged: "):
        read_calibration(tmp_path)


def test_sets_of_several_labels_cover_all_labels_of_a_sample_at_once() -> None:
    """False alarms: 0.2 %, by three standard errors of the share of 4,000 new samples."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 0.5, size=(8000, 3))
    y = (rng.random(p.shape) < p).astype(np.int64)
    told = {"row": np.arange(4000)}
    for k, name in enumerate(("rash", "fever", "cough")):
        told |= {f"target:{name}": y[:4000, k], f"p:{name}": p[:4000, k]}
    known = calibrate(told, _cohort(4000, rng, bare=0), method="m", modalities=BOTH)
    assert (known.task, known.temperature) == ("multilabel", pytest.approx(1.0, abs=0.1))
    allowed = thresholds(known, _cohort(4000, rng, bare=0), 0.8).sizes[0]
    right = np.where(y == 1, p, 1 - p)[4000:]
    assert (1 - right <= allowed).all(axis=1).mean() == pytest.approx(0.8, abs=0.025)
    assert (known.log_loss or 0) == pytest.approx(
        -np.log(np.clip(right, 1e-15, 1)).mean(), abs=0.03
    )


def test_bold_labels_are_tempered() -> None:
    rng = np.random.default_rng(1)
    logit = rng.normal(size=(2000, 2))
    y = (rng.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    bold = 1 / (1 + np.exp(-3 * logit))
    told = {"row": np.arange(2000)}
    for k in range(2):
        told |= {f"target:{k}": y[:, k], f"p:{k}": bold[:, k]}
    known = calibrate(told, _cohort(2000, rng, bare=0), method="m", modalities=BOTH)
    assert known.temperature == pytest.approx(3, rel=0.15)
    assert (known.calibrated_log_loss or 9) < (known.log_loss or 0)
