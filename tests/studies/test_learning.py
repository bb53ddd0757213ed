"""How an examined method learnt, on a task that only both modalities together solve."""

import json
from typing import Any

import numpy as np
import pytest

import consilience as cs
from consilience.quantification.emap import emap
from consilience.results.learning import Learning
from consilience.studies.explaining import out_of_fold
from consilience.studies.learning import learning, observe
from consilience.studies.plan import Plan, codes_of, make_plan
from consilience.studies.spreading import spread

Setting = tuple[cs.MultimodalData, Any, Plan]


def _setting(kind: str, task: str) -> Setting:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 300, 2))
    value = a[:, 0] * b[:, 0] if kind == "product" else a[:, 0] + 0.1 * b[:, 0]
    data = cs.MultimodalData({"a": a, "b": b}, target=value if task == "regression" else value > 0)
    plan = make_plan(data, methods=["additive", "low_rank"], folds=3, seeds=1)
    return data, codes_of(data, plan.task)[0], plan


def _learnt(setting: Setting, name: str) -> Learning:
    data, codes, plan = setting
    method = next(m for m in plan.methods if m.name == name)
    with spread(1) as pool:
        model = out_of_fold(data, codes, plan, method, pool=pool)
    observed = observe(data, codes, plan, method)
    return learning(model, data, codes, plan, method, observed=observed)


@pytest.fixture(scope="module")
def together() -> Learning:
    return _learnt(_setting("product", "classification"), "low_rank")


def test_a_product_is_used_from_both_and_worth_its_interaction(together: Learning) -> None:
    used = together.utilization
    assert used is not None
    assert used.score.estimate > 0.9
    assert all(rate.low > 0.2 for rate in used.rates.values())
    gap = together.gap
    assert gap.score == used.score.estimate
    assert abs(gap.additive_score - 0.5) < 0.15
    assert 0.2 < gap.difference.low <= gap.difference.estimate <= gap.difference.high


def test_no_head_of_one_modality_learns_a_product(together: Learning) -> None:
    assert len(together.trainings) == 1
    assert together.lacking is None
    for curves in together.trainings:
        ends = {
            n: h.validation_loss[curves.joint.best_epoch - 1] for n, h in curves.curves.items()
        }
        assert ends["all together"] < 0.5 < min(ends["a"], ends["b"])


def test_it_goes_into_json(together: Learning) -> None:
    told = json.loads(json.dumps(together.to_dict(), allow_nan=False))
    assert set(told["utilization"]["rates"]) == {"a", "b"}
    assert len(told["trainings"]) == 1


def test_an_additive_model_has_no_gap_and_the_modality_without_news_is_not_used() -> None:
    found = _learnt(_setting("sum", "regression"), "additive")
    assert found.gap.metric == "r2"
    assert found.gap.score > 0.9
    assert found.utilization is not None
    rates = {name: rate.estimate for name, rate in found.utilization.rates.items()}
    assert rates["a"] > 0.9
    assert rates["b"] < 0.1


def test_the_gap_is_that_of_each_model_on_its_own_samples() -> None:
    data, codes, plan = setting = _setting("product", "classification")
    method = next(m for m in plan.methods if m.name == "low_rank")
    with spread(1) as pool:
        model = out_of_fold(data, codes, plan, method, pool=pool)
    right = np.zeros(len(data), dtype=bool)
    for one, rows in model.parts(data):
        assert isinstance(one, cs.FusionClassifier)
        scores = emap(one.decision_function, data[rows])
        right[rows] = (scores > 0) == (codes[rows] == 1)
    plan_by_accuracy = make_plan(
        data, methods=["additive", "low_rank"], folds=3, seeds=1, metric="accuracy"
    )
    found = learning(model, data, setting[1], plan_by_accuracy, method, observed=((), "none"))
    assert found.gap.additive_score == pytest.approx(right.mean())
    assert found.lacking == "none"


def test_too_few_samples_for_a_validation_are_said() -> None:
    rng = np.random.default_rng(0)
    data = cs.MultimodalData(
        {"a": rng.normal(size=8), "b": rng.normal(size=8)}, target=np.arange(8) % 2
    )
    plan = make_plan(data, methods=["additive"], folds=4, seeds=1)
    codes, _ = codes_of(data, plan.task)
    few = plan.splits[0]
    object.__setattr__(few, "train", few.train[:3])
    curves, lacking = observe(data, codes, plan, plan.methods[-1])
    assert curves == ()
    assert lacking == "there are too few samples to validate a training"
