"""Two finished studies: paired where data and folds are the same, side by side elsewhere."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from consilience.errors import ConfigurationError, MissingFileError
from consilience.functional.statistics import corrected_t, holm, rule_of_three
from consilience.results.run_comparison import RunComparison
from consilience.studies.artefacts import FORMAT
from consilience.studies.comparing_runs import compare_runs
from consilience.studies.settings import write_record

ROWS, FOLDS = 40, 4
Values = Mapping[str, NDArray[np.float64]]
Make = Callable[..., Path]


def _row(method: str) -> dict[str, Any]:
    numbers = ("estimate", "low", "high", "delta", "delta_low", "delta_high", "seconds")
    kind = "unimodal" if method in {"labs", "ecg"} else "fusion"
    return {"method": method, "kind": kind, "p_adjusted": None, **dict.fromkeys(numbers, 0.5)}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes what comparing reads of a study's folder."""

    def write(
        name: str,
        values: Values,
        *,
        metric: str = "accuracy",
        fingerprint: str = "same",
        shift: int = 0,
        task: str = "classification",
        version: str = "1",
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        summary = {
            "format": FORMAT,
            "verdict": {
                "answer": "helps",
                "paragraph": "",
                "best_method": next(iter(values)),
                "best_unimodal": "labs",
                "interaction": "not tested",
                "contrasts": [],
                "samples_needed": None,
            },
            "table": [_row(method) for method in values],
            "plan": {"metric": metric, "higher_is_better": metric == "accuracy"},
            "audit": [],
            "data": {"rows": ROWS},
        }
        (folder / "study.json").write_text(json.dumps(summary), encoding="utf-8")
        record = {"fingerprint": fingerprint, "rows": ROWS, "consilience": version}
        write_record(folder / "study.toml", {"task": task, "record": record})
        folds = len(next(iter(values.values())))
        tests = [
            {"repeat": i // FOLDS, "fold": i % FOLDS, "row": (10 * i + j + shift) % ROWS}
            for i in range(folds)
            for j in range(10)
        ]
        pq.write_table(pa.Table.from_pylist(tests), folder / "splits.parquet")
        scored = [
            {"method": m, "repeat": i // FOLDS, "fold": i % FOLDS, "metric": k, "value": v * sign}
            for m, each in values.items()
            for i, v in enumerate(each.tolist())
            for k, sign in (("accuracy", 1.0), ("log_loss", 2.0))
        ]
        pq.write_table(pa.Table.from_pylist(scored), folder / "metrics.parquet")
        return folder

    return write


@pytest.fixture
def values() -> tuple[Values, Values]:
    rng = np.random.default_rng(0)
    one = {m: rng.uniform(0.6, 0.8, size=8) for m in ("gated", "labs", "low_rank")}
    other = {m: rng.uniform(0.7, 0.9, size=8) for m in ("concat", "labs", "gated")}
    return one, other


def test_the_same_folds_are_compared_pair_by_pair(
    make: Make, values: tuple[Values, Values]
) -> None:
    one, other = values
    found = compare_runs(make("a", one), make("b", other))
    assert (found.unpaired, found.folds, found.metric) == (None, 8, "accuracy")
    assert found.recommended.methods == ("gated", "concat")
    assert [row.methods for row in found.shared] == [("gated", "gated"), ("labs", "labs")]
    least = rule_of_three(ROWS)
    pairs = [("gated", "concat"), ("gated", "gated"), ("labs", "labs")]
    wanted = [corrected_t(other[b] - one[a], test_share=0.25, least=least) for a, b in pairs]
    for row, expected in zip((found.recommended, *found.shared), wanted, strict=True):
        assert row.delta is not None
        seen = (row.delta.estimate, row.delta.low, row.delta.high)
        np.testing.assert_allclose(seen, (expected.mean, expected.low, expected.high), atol=1e-12)
    assert found.recommended.p_value == pytest.approx(wanted[0].p_value, abs=1e-12)
    adjusted = holm([w.p_value for w in wanted[1:]])
    assert [row.p_value for row in found.shared] == pytest.approx(adjusted.tolist(), abs=1e-12)
    assert found.notes == ()


def test_the_other_way_round_the_difference_turns(
    make: Make, values: tuple[Values, Values]
) -> None:
    a, b = (make(name, v) for name, v in zip("ab", values, strict=True))
    there, back = compare_runs(a, b).recommended.delta, compare_runs(b, a).recommended.delta
    assert there is not None
    assert back is not None
    assert (there.estimate, there.low) == pytest.approx((-back.estimate, -back.high))


def test_of_a_loss_the_smaller_is_better(make: Make, values: tuple[Values, Values]) -> None:
    one, other = values
    found = compare_runs(make("a", one), make("b", other), metric="log_loss")
    expected = corrected_t(2 * (one["gated"] - other["concat"]), test_share=0.25)
    assert found.recommended.delta is not None
    assert found.recommended.delta.estimate == pytest.approx(expected.mean)
    assert found.recommended.delta.high == pytest.approx(expected.high)
    assert not found.higher_is_better
    assert found.notes == (
        "The studies were judged by accuracy, which is what their recommendations go by.",
    )


def test_a_shorter_study_is_compared_on_the_folds_that_both_ran(
    make: Make, values: tuple[Values, Values]
) -> None:
    one, other = values
    found = compare_runs(make("a", one), make("b", {m: v[:4] for m, v in other.items()}))
    expected = corrected_t(other["labs"][:4] - one["labs"][:4], test_share=0.25, least=3 / ROWS)
    assert found.folds == 4
    assert found.shared[1].delta is not None
    assert found.shared[1].delta.low == pytest.approx(expected.low)
    whole = corrected_t(one["labs"], test_share=0.25, least=3 / ROWS)
    assert found.shared[1].first.low == pytest.approx(whole.low)


def _assert_side_by_side(found: RunComparison, one: Values, why: str) -> None:
    assert (found.unpaired, found.folds) == (why, 0)
    assert all(row.delta is row.p_value is None for row in (found.recommended, *found.shared))
    expected = corrected_t(one["gated"], test_share=0.25, least=3 / ROWS)
    assert found.recommended.first.estimate == pytest.approx(expected.mean)
    assert found.recommended.first.low == pytest.approx(expected.low)


@pytest.mark.parametrize(
    ("difference", "why"),
    [
        ({"fingerprint": "other"}, "their data differ"),
        ({"shift": 1}, "their data are the same but split otherwise"),
    ],
)
def test_other_data_or_splits_stand_side_by_side(
    make: Make, values: tuple[Values, Values], difference: dict[str, Any], why: str
) -> None:
    one, other = values
    found = compare_runs(make("a", one), make("b", other, **difference))
    _assert_side_by_side(found, one, why)


def test_methods_that_only_one_study_has_are_no_part_of_it(
    make: Make, values: tuple[Values, Values]
) -> None:
    one, other = values
    found = compare_runs(make("a", {"gated": one["gated"]}), make("b", {"labs": other["labs"]}))
    assert found.shared == ()
    assert "gated" in str(found)


def test_other_versions_and_metrics_are_noted(make: Make, values: tuple[Values, Values]) -> None:
    one, other = values
    found = compare_runs(make("a", one), make("b", other, metric="log_loss", version="2"))
    assert found.notes == (
        "The studies were judged by accuracy and log_loss, which is what their "
        "recommendations go by.",
        "They were made by consilience 1 and 2.",
    )


def test_classes_and_quantities_are_not_compared(
    make: Make, values: tuple[Values, Values]
) -> None:
    a, b = make("a", values[0]), make("b", values[1], task="regression")
    with pytest.raises(ConfigurationError) as caught:
        compare_runs(a, b)
    assert str(caught.value) == (
        f"{a} is a classification and {b} a regression; there is nothing to compare"
    )


def test_a_metric_that_is_not_one_is_named(make: Make, values: tuple[Values, Values]) -> None:
    a = make("a", values[0])
    with pytest.raises(ConfigurationError, match="did you mean 'log_loss'"):
        compare_runs(a, a, metric="logloss")


def test_a_folder_that_lacks_a_file_is_named(make: Make, values: tuple[Values, Values]) -> None:
    a = make("a", values[0])
    (a / "splits.parquet").unlink()
    with pytest.raises(MissingFileError, match=r"a lacks splits\.parquet; the study is not whole"):
        compare_runs(a, a)
