from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from consilience.studies.artefacts import write_metrics, write_predictions, write_splits
from consilience.studies.comparing import score
from consilience.studies.plan import Plan
from consilience.studies.running import Outcome

CODES = np.repeat([0, 1], 50)
Outcomes = tuple[Outcome, ...]


@pytest.fixture
def outcomes(simulate: Callable[[dict[str, float], int], Outcomes]) -> Outcomes:
    return simulate({"a": 0.7, "b": 0.6, "additive": 0.8, "low_rank": 0.9}, 0)


def test_splits_name_every_test_row_of_every_fold(plan: Plan, tmp_path: Path) -> None:
    write_splits(tmp_path, plan)
    rows = pq.read_table(tmp_path / "splits.parquet").to_pylist()
    assert len(rows) == 2 * 100
    for split in plan.splits:
        found = [r["row"] for r in rows if (r["repeat"], r["fold"]) == (split.repeat, split.fold)]
        assert found == split.test.tolist()


def test_predictions_keep_class_names_rows_and_probabilities(
    plan: Plan, outcomes: Outcomes, tmp_path: Path
) -> None:
    write_predictions(tmp_path, plan, outcomes, CODES, ["no", "yes"])
    rows = pq.read_table(tmp_path / "predictions.parquet").to_pylist()
    assert len(rows) == 2 * 4 * 100
    assert all(r["target"] == ("yes" if r["row"] >= 50 else "no") for r in rows)
    assert all((r["p:yes"] == 1) == (r["prediction"] == "yes") for r in rows)


def test_quantities_are_kept_as_numbers(plan: Plan, tmp_path: Path) -> None:
    target = np.linspace(0, 1, 100)
    made = Outcome("a", 0, np.full(len(plan.splits[0].test), 0.25), None, 0.1)
    write_predictions(tmp_path, plan, [made], target, None)
    table = pq.read_table(tmp_path / "predictions.parquet")
    assert table.column_names == ["row", "repeat", "fold", "method", "target", "prediction"]
    assert table["target"].to_pylist() == target[plan.splits[0].test].tolist()


def test_metrics_hold_every_fold_even_of_a_study_cut_short(
    plan: Plan, outcomes: Outcomes, tmp_path: Path
) -> None:
    complete = tuple(o for o in outcomes if o.split in (0, 3))
    scores = score(complete, CODES, plan)
    write_metrics(tmp_path, plan, scores, complete)
    rows = pq.read_table(tmp_path / "metrics.parquet").to_pylist()
    assert len(rows) == len(scores) * 4 * 2
    third = plan.splits[3]
    value = next(
        r["value"]
        for r in rows
        if (r["metric"], r["method"], r["repeat"], r["fold"])
        == ("accuracy", "low_rank", third.repeat, third.fold)
    )
    assert value == scores["accuracy"].values["low_rank"][1]
