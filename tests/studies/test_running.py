from dataclasses import replace
from itertools import chain, repeat

import numpy as np
import pytest

import consilience as cs
from consilience.studies import running
from consilience.studies.plan import Plan, make_plan
from consilience.studies.running import (
    LEAST_SPLITS,
    Outcome,
    blocks,
    fit_block,
    fold_seed,
    run,
)
from consilience.studies.spreading import spread

CODES = np.repeat([0, 1], 50)


@pytest.fixture(scope="module")
def small(coin: cs.MultimodalData) -> Plan:
    return make_plan(coin, methods=["additive"], folds=2, seeds=2)


@pytest.fixture(scope="module")
def serial(coin: cs.MultimodalData, small: Plan) -> tuple[Outcome, ...]:
    with spread(1) as pool:
        return run(coin, CODES, small, pool=pool)


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
    with spread(2) as pool:
        parallel = run(coin, CODES, small, pool=pool)
    for one, other in zip(serial, parallel, strict=True):
        assert (one.method, one.split) == (other.method, other.split)
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_method_sees_training_rows_of_its_own_modalities_only(
    coin: cs.MultimodalData, small: Plan, serial: tuple[Outcome, ...]
) -> None:
    b = coin.modalities["b"]
    assert isinstance(b, np.ndarray)
    spoiled = cs.MultimodalData({"a": coin.modalities["a"], "b": b * 1000 + 7}, coin.target)
    models = fit_block(spoiled, CODES, small, small.methods[0], range(2))
    for i, model in enumerate(models):
        assert isinstance(model, cs.FusionClassifier)
        p = model.predict_proba(coin.select(["a"])[small.splits[i].test])
        (own,) = [o for o in serial if (o.split, o.method) == (i, "a")]
        np.testing.assert_array_equal(p, own.probabilities)


def test_test_rows_do_not_reach_the_fit(coin: cs.MultimodalData, small: Plan) -> None:
    split = small.splits[0]
    once = replace(small, splits=(split,), folds=1, repeats=1)
    changed = CODES.copy()
    changed[split.test] = 1 - changed[split.test]
    first, second = (
        fit_block(coin, codes, once, small.methods[2], range(1))[0] for codes in (CODES, changed)
    )
    assert isinstance(first, cs.FusionClassifier)
    assert isinstance(second, cs.FusionClassifier)
    assert np.array_equal(first.predict_proba(coin), second.predict_proba(coin))


def test_what_is_known_is_not_fitted_again_but_a_block_in_pieces_is(
    coin: cs.MultimodalData, small: Plan, serial: tuple[Outcome, ...]
) -> None:
    told: list[tuple[int, str]] = []

    def tell(outcome: Outcome, done: int, total: int) -> None:
        assert total == 12
        assert done <= total
        told.append((outcome.split, outcome.method))

    earlier = [o for o in serial if (o.split, o.method) != (3, "b")]
    with spread(1) as pool:
        again = run(coin, CODES, small, pool=pool, earlier=earlier, on_outcome=tell)
    assert sorted(told) == [(2, "b"), (3, "b")]
    for one, other in zip(serial, again, strict=True):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_a_spent_budget_ends_with_complete_folds(coin: cs.MultimodalData) -> None:
    plan = make_plan(coin, methods=["additive"], folds=2, seeds=2, budget=1e-9)
    seen: list[tuple[int, int]] = []

    def tell(_: Outcome, done: int, total: int) -> None:
        seen.append((done, total))

    with spread(1) as pool:
        outcomes = run(coin, CODES, plan, pool=pool, on_outcome=tell)
    assert len(outcomes) == LEAST_SPLITS * len(plan.methods)
    assert seen == [(i, 12) for i in range(1, 7)]


@pytest.mark.parametrize(("spent", "folds"), [(0.65, 4), (0.75, LEAST_SPLITS)])
def test_the_fits_leave_a_share_of_the_budget_to_the_examination(
    coin: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch, spent: float, folds: int
) -> None:
    plan = make_plan(coin, methods=["additive"], folds=2, seeds=2, budget=1.0)
    clock = chain([0.0], repeat(60 * spent))
    monkeypatch.setattr("consilience.studies.running.perf_counter", lambda: next(clock))
    with spread(1) as pool:
        outcomes = run(coin, CODES, plan, pool=pool)
    assert len(outcomes) == folds * len(plan.methods)


def test_no_split_begins_that_would_end_after_the_share_of_the_fits(
    coin: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A split takes 15 s of 42: a third would begin at 30 and end at 45."""
    plan = make_plan(coin, methods=["additive"], folds=2, seeds=2, budget=1.0)
    passed = 0.0

    def tell(*_: object) -> None:
        nonlocal passed
        passed += 15.0 / len(plan.methods)

    monkeypatch.setattr("consilience.studies.running.perf_counter", lambda: passed)
    with spread(1) as pool:
        outcomes = run(coin, CODES, plan, pool=pool, on_outcome=tell)
    assert len(outcomes) == 2 * len(plan.methods)


def test_seeds_differ_by_fold_and_study() -> None:
    seeds = {fold_seed(state, split) for state in range(5) for split in range(5)}
    assert len(seeds) == 25


def test_folds_of_many_rows_are_fitted_one_by_one(
    small: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = sum(len(split.train) for split in small.splits[: small.folds])
    monkeypatch.setattr(running, "TOGETHER_ROWS", rows)
    assert blocks(small)[0] == range(small.folds)
    monkeypatch.setattr(running, "TOGETHER_ROWS", rows - 1)
    assert blocks(small) == [range(i, i + 1) for i in range(len(small.splits))]
