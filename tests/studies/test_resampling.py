from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import consilience as cs
from consilience.quantification.scoring import SCORES, Outputs
from consilience.results.comparison import ComparisonTable
from consilience.studies import resampling
from consilience.studies.comparing import compare, contrast_interactions, score
from consilience.studies.plan import Plan
from consilience.studies.resampling import drawn_anew, with_resampling
from consilience.studies.running import Outcome
from consilience.studies.verdict import judge

CODES = np.repeat([0, 1], 50)
Simulate = Callable[[dict[str, float], int], tuple[Outcome, ...]]
CORRECT = {"a": 0.6, "b": 0.5, "additive": 0.6, "low_rank": 0.9}


def resampled(
    plan: Plan, coin: cs.MultimodalData, outcomes: tuple[Outcome, ...]
) -> ComparisonTable:
    table = compare(score(outcomes, CODES, plan)[plan.metric.name], plan, outcomes)
    return with_resampling(table, coin, CODES, plan, outcomes)


def test_the_interval_is_that_of_paired_differences_over_samples(
    plan: Plan, coin: cs.MultimodalData, simulate: Simulate
) -> None:
    once = replace(plan, splits=plan.splits[: plan.folds], repeats=1)
    outcomes = tuple(o for o in simulate(CORRECT, 0) if o.split < plan.folds)
    row = resampled(once, coin, outcomes).row("low_rank")
    assert row.resampled_low is not None
    assert row.resampled_high is not None
    right = {name: np.zeros(len(CODES)) for name in ("a", "low_rank")}
    for o in outcomes:
        if o.method in right:
            test = plan.splits[o.split].test
            right[o.method][test] = o.prediction == CODES[test]
    gain = right["low_rank"] - right["a"]
    half = 1.96 * gain.std() / np.sqrt(len(gain))
    assert row.resampled_low == pytest.approx(gain.mean() - half, abs=0.15 * half)
    assert row.resampled_high == pytest.approx(gain.mean() + half, abs=0.15 * half)


def test_groups_that_agree_make_the_interval_wider(
    plan: Plan, coin: cs.MultimodalData, simulate: Simulate
) -> None:
    outcomes = simulate(CORRECT, 0)
    grouped = cs.MultimodalData(dict(coin.modalities), CODES, groups=np.arange(100) // 25)
    alone, together = (resampled(plan, data, outcomes).row("low_rank") for data in (coin, grouped))
    assert alone.resampled_low is not None
    assert together.resampled_low is not None
    assert alone.resampled_low != together.resampled_low


def test_the_yardstick_and_other_metrics_have_none(
    plan: Plan, coin: cs.MultimodalData, simulate: Simulate
) -> None:
    table = resampled(plan, coin, simulate(CORRECT, 0))
    assert table.row("a").resampled_low is None
    assert table.row("b").resampled_low is not None
    outcomes = simulate(CORRECT, 0)[: 4 * (plan.folds - 1)]
    assert with_resampling(table, coin, CODES, plan, outcomes) == table


def test_a_gain_that_resampling_does_not_bear_out_is_no_help(
    plan: Plan, coin: cs.MultimodalData, simulate: Simulate
) -> None:
    outcomes = simulate(CORRECT, 0)
    scores = score(outcomes, CODES, plan)["accuracy"]
    table = resampled(plan, coin, outcomes)
    contrasts = contrast_interactions(scores, plan)
    assert judge(table, contrasts, scores, rows=100).answer == "helps"
    rows = tuple(replace(r, resampled_low=-0.1) for r in table)
    doubted = replace(table, rows=rows)
    assert judge(doubted, contrasts, scores, rows=100).answer == "cannot tell"


@pytest.mark.parametrize("grouped", [False, True])
def test_of_many_samples_a_part_stands_for_all(
    monkeypatch: pytest.MonkeyPatch, *, grouped: bool
) -> None:
    """600 of 6,000: the point is that of all, the spread as of all."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 6000)
    units = np.arange(6000) // (3 if grouped else 1)
    right = rng.random((2, len(np.unique(units)))) < np.array([[0.6], [0.8]])
    pooled = [[Outputs(truth, np.where(r, truth, 1 - truth))] for r in right[:, units]]
    accuracy = next(s for s in SCORES if s.name == "accuracy")
    whole = drawn_anew(pooled, accuracy, units, 0)
    monkeypatch.setattr(resampling, "MOST_ROWS", 600)
    part = drawn_anew(pooled, accuracy, units, 0)
    np.testing.assert_allclose(part.point, whole.point, rtol=1e-12)
    gains = [sampled[1] - sampled[0] for sampled in (whole, part)]
    ends = np.array([np.quantile(gain.draws, [0.025, 0.975]) for gain in gains])
    width = ends[0, 1] - ends[0, 0]
    assert not np.array_equal(ends[0], ends[1])
    np.testing.assert_allclose(ends[1], ends[0], atol=0.12 * width)
