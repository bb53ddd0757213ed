from collections.abc import Callable

import numpy as np
import pytest

from consilience.functional.statistics import corrected_t, holm
from consilience.studies.comparing import Scores, compare, contrast_interactions, score
from consilience.studies.metrics import metric_named
from consilience.studies.plan import Plan
from consilience.studies.running import Outcome

CODES = np.repeat([0, 1], 50)
Simulate = Callable[[dict[str, float], int], tuple[Outcome, ...]]


def test_scores_are_those_of_each_fold(plan: Plan, simulate: Simulate) -> None:
    outcomes = simulate({"a": 0.7, "b": 0.6, "additive": 0.8, "low_rank": 0.9}, 0)
    accuracy = score(outcomes, CODES, plan)["accuracy"]
    assert accuracy.samples == 100
    assert accuracy.test_share == pytest.approx(0.2)
    by_hand = [
        (o.prediction == CODES[plan.splits[o.split].test]).mean()
        for o in outcomes
        if o.method == "low_rank"
    ]
    np.testing.assert_array_equal(accuracy.values["low_rank"], by_hand)


def test_the_table_holds_paired_differences_to_the_best_single_modality(
    plan: Plan, simulate: Simulate
) -> None:
    outcomes = simulate({"a": 0.7, "b": 0.5, "additive": 0.85, "low_rank": 0.95}, 1)
    accuracy = score(outcomes, CODES, plan)["accuracy"]
    table = compare(accuracy, plan, outcomes)
    assert [row.method for row in table] == ["low_rank", "additive", "a", "b"]
    paired = accuracy.values["low_rank"] - accuracy.values["a"]
    expected = corrected_t(paired, test_share=0.2, least=0.03)
    row = table.row("low_rank")
    assert (row.delta, row.delta_low, row.delta_high) == pytest.approx(
        (expected.mean, expected.low, expected.high)
    )
    p = [accuracy.difference(m, "a").p_value for m in ("additive", "low_rank")]
    found = [table.row("additive").p_adjusted, table.row("low_rank").p_adjusted]
    assert found == pytest.approx(holm(p).tolist())
    yardstick = table.row("a")
    assert (yardstick.delta, yardstick.delta_low, yardstick.delta_high) == (0, 0, 0)
    assert yardstick.p_adjusted is None
    assert yardstick.seconds == 0.5


def test_losses_are_turned_so_that_positive_is_better(plan: Plan, simulate: Simulate) -> None:
    outcomes = simulate({"a": 0.6, "b": 0.6, "additive": 0.6, "low_rank": 0.99}, 2)
    brier = score(outcomes, CODES, plan)["brier"]
    assert brier.best(["additive", "low_rank"]) == "low_rank"
    assert brier.difference("low_rank", "additive").mean > 0
    assert compare(brier, plan, outcomes)[0].method == "low_rank"


def test_equal_folds_leave_an_honest_interval(plan: Plan, simulate: Simulate) -> None:
    outcomes = simulate(dict.fromkeys(["a", "b", "additive", "low_rank"], 1.0), 0)
    accuracy = score(outcomes, CODES, plan)["accuracy"]
    estimate = accuracy.estimate("a")
    assert (estimate.low, estimate.high) == pytest.approx((0.97, 1.0))
    difference = accuracy.difference("low_rank", "a")
    assert (difference.low, difference.high, difference.p_value) == pytest.approx((-0.03, 0.03, 1))


def test_interactions_are_contrasted_with_the_additive_method(
    plan: Plan, simulate: Simulate
) -> None:
    outcomes = simulate({"a": 0.5, "b": 0.5, "additive": 0.5, "low_rank": 0.9}, 3)
    accuracy = score(outcomes, CODES, plan)["accuracy"]
    (contrast,) = contrast_interactions(accuracy, plan)
    assert (contrast.better, contrast.reference) == ("low_rank", "additive")
    assert contrast.delta == pytest.approx(0.4, abs=0.1)
    assert contrast.p_adjusted < 0.001


def test_folds_that_do_not_allow_a_metric_are_left_out_of_it(
    plan: Plan, simulate: Simulate
) -> None:
    outcomes = simulate({"a": 0.7, "b": 0.5, "additive": 0.85, "low_rank": 0.95}, 1)
    auroc = score(outcomes, CODES, plan)["auroc"]
    kept = {name: values.copy() for name, values in auroc.values.items()}
    for values in auroc.values.values():
        values[3] = np.nan
    assert auroc.defined == 9
    expected = corrected_t(np.delete(kept["a"], 3), test_share=0.2, least=0.03)
    assert auroc.estimate("a").mean == expected.mean
    assert auroc.best(["a", "low_rank"]) == "low_rank"


def test_differences_are_cut_to_what_the_metric_can_differ_by() -> None:
    """Two folds leave one degree of freedom: the interval would reach far beyond 1."""
    auroc = metric_named("auroc", "classification", 2)
    values = {"one": np.array([0.9, 0.2]), "other": np.array([0.1, 0.8])}
    found = Scores(auroc, values, 0.5, 40).difference("one", "other")
    assert (found.low, found.high) == (-1.0, 1.0)
    loss = metric_named("log_loss", "classification", 2)
    found = Scores(loss, values, 0.5, 40).difference("one", "other")
    assert found.low < -1
    assert found.high > 1
