import numpy as np
import pytest

import consilience as cs
from consilience.studies.plan import Plan, make_plan
from consilience.studies.running import LEAST_SPLITS, Outcome, fit_method, fold_seed, run

CODES = np.repeat([0, 1], 50)


@pytest.fixture(scope="module")
def small(coin: cs.MultimodalData) -> Plan:
    return make_plan(coin, methods=["additive"], folds=2, seeds=2)


@pytest.fixture(scope="module")
def serial(coin: cs.MultimodalData, small: Plan) -> tuple[Outcome, ...]:
    return run(coin, CODES, small)


def test_every_method_meets_every_fold_in_order(small: Plan, serial: tuple[Outcome, ...]) -> None:
    expected = [(i, m) for i in range(4) for m in ("a", "b", "additive")]
    assert [(o.split, o.method) for o in serial] == expected
    for o in serial:
        assert o.probabilities is not None
        assert o.probabilities.shape == (len(small.splits[o.split].test), 2)
        np.testing.assert_allclose(o.probabilities.sum(axis=1), 1)


def test_two_processes_give_the_same_bits(
    coin: cs.MultimodalData, small: Plan, serial: tuple[Outcome, ...]
) -> None:
    for one, other in zip(serial, run(coin, CODES, small, workers=2), strict=True):
        assert (one.method, one.split) == (other.method, other.split)
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_method_sees_training_rows_of_its_own_modalities_only(
    coin: cs.MultimodalData, small: Plan, serial: tuple[Outcome, ...]
) -> None:
    split = small.splits[0]
    b = coin.modalities["b"]
    assert isinstance(b, np.ndarray)
    spoiled = cs.MultimodalData({"a": coin.modalities["a"], "b": b * 1000 + 7}, coin.target)
    model = fit_method(
        spoiled[split.train],
        CODES[split.train],
        "classification",
        small.methods[0],
        seed=fold_seed(0, 0),
    )
    assert isinstance(model, cs.FusionClassifier)
    p = model.predict_proba(coin.select(["a"])[split.test])
    np.testing.assert_array_equal(p, serial[0].probabilities)


def test_a_spent_budget_ends_with_complete_folds(coin: cs.MultimodalData) -> None:
    plan = make_plan(coin, methods=["additive"], folds=2, seeds=2, budget=1e-9)
    seen: list[tuple[int, int]] = []
    outcomes = run(coin, CODES, plan, on_outcome=lambda _, done, total: seen.append((done, total)))
    assert len(outcomes) == LEAST_SPLITS * len(plan.methods)
    assert seen == [(i, 12) for i in range(1, 7)]


def test_seeds_differ_by_fold_and_study() -> None:
    seeds = {fold_seed(state, split) for state in range(5) for split in range(5)}
    assert len(seeds) == 25
