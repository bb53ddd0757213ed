import numpy as np
import pytest

import consilience as cs
from consilience.errors import ConfigurationError, DataError
from consilience.studies.plan import Plan, make_plan


def test_single_modalities_come_first_then_a_fusion_of_each_kind(coin: cs.MultimodalData) -> None:
    plan = make_plan(coin)
    named = [(m.name, m.kind, m.modalities) for m in plan.methods]
    assert named[:2] == [("a", "unimodal", ("a",)), ("b", "unimodal", ("b",))]
    fused = [n for n, kind, _ in named if kind == "fusion"]
    assert fused == ["additive", "concat", "gated", "low_rank"]
    assert all(seen == ("a", "b") for _, kind, seen in named if kind == "fusion")


def test_all_stands_for_every_method_that_fits_the_data(coin: cs.MultimodalData) -> None:
    def fused(data: cs.MultimodalData) -> list[str]:
        return [m.name for m in make_plan(data, methods="all").methods if m.kind == "fusion"]

    assert fused(coin) == list(cs.fusion.available())
    quantity = coin.with_target(np.linspace(0.5, 1.5, len(coin)) ** 2)
    lacking = set(cs.fusion.available()) - set(fused(quantity))
    assert lacking == {"probability_mean", "stacking"}


def test_few_samples_are_repeated_more_often(coin: cs.MultimodalData) -> None:
    assert make_plan(coin).repeats == 4
    many = cs.MultimodalData(
        {"a": np.zeros((2000, 1)), "b": np.ones((2000, 1))}, target=np.arange(2000) % 2
    )
    assert make_plan(many).repeats == 1
    assert make_plan(coin, seeds=3).repeats == 3


def test_every_repeat_tests_every_row_once_and_keeps_groups(coin: cs.MultimodalData) -> None:
    groups = np.arange(100) % 20
    data = cs.MultimodalData(dict(coin.modalities), coin.target, groups=groups)
    plan = make_plan(data, folds=4, seeds=2)
    for repeat in range(2):
        tested = [s.test for s in plan.splits if s.repeat == repeat]
        assert sorted(np.concatenate(tested)) == list(range(100))
    assert all(not set(groups[s.train]) & set(groups[s.test]) for s in plan.splits)


def test_all_faults_at_once(coin: cs.MultimodalData) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make_plan(
            coin.select(["a"]),
            methods=["low_rnk"],
            metric="f1",
            folds=1,
            seeds=0,
            budget=-1.0,
            workers=0,
        )
    told = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 7
    assert "did you mean 'low_rank'?" in told
    assert "compares at least two modalities; there is one ('a')" in told
    assert "metric 'f1' is not one for classification" in told
    assert "folds must be at least 2, found 1" in told
    assert "seeds must be at least 1, found 0" in told
    assert "budget must be positive minutes, found -1.0" in told
    assert "workers must be at least 1, found 0" in told


def test_a_modality_may_not_be_called_like_a_method() -> None:
    data = cs.MultimodalData(
        {"gated": np.zeros((9, 1)), "b": np.zeros((9, 1))}, target=[0, 1, 1] * 3
    )
    with pytest.raises(ConfigurationError, match="'gated' has the name of a fusion method"):
        make_plan(data, folds=3)


def test_targets_that_cannot_be_used(coin: cs.MultimodalData) -> None:
    with pytest.raises(DataError, match="a study needs a target"):
        make_plan(coin.with_target(None))
    with pytest.raises(DataError, match=r"missing in 1 of 100 rows \(first: row 0\)"):
        make_plan(coin.with_target(np.r_[np.nan, np.zeros(99)]))
    with pytest.raises(DataError, match="one class"):
        make_plan(coin.with_target(np.zeros(100)))


def test_a_metric_that_no_fold_allows_is_refused_before_anything_is_fitted() -> None:
    groups = np.repeat(np.arange(6), 10)
    data = cs.MultimodalData(
        {"a": np.zeros((60, 1)), "b": np.zeros((60, 1))}, target=groups % 2, groups=groups
    )
    with pytest.raises(DataError, match=r"'auroc' cannot be computed in 6 of 6 test folds"):
        make_plan(data, folds=6, seeds=1)
    assert make_plan(data, folds=6, seeds=1, metric="accuracy").metric.name == "accuracy"


def test_a_plan_is_told_in_one_line(plan: Plan) -> None:
    assert str(plan) == (
        "alone: a, b; fused: additive, low_rank; 5 folds, 2 times: 40 fits, judged by accuracy"
    )
