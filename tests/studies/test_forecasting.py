from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import consilience as cs
from consilience.studies import forecasting
from consilience.studies.forecasting import (
    affordable_epochs,
    forecast,
    seconds_of_a_pair,
    seconds_of_comparing,
    told,
)
from consilience.studies.plan import Method, Plan, make_plan

CODES = np.repeat([0, 1], 50)


def _seconds(number: float) -> Callable[..., float]:
    """What says that an epoch takes this long."""

    def say(*_: object) -> float:
        return number

    return say


def test_a_budget_bounds_what_the_fits_are_guessed_to_take(
    coin: cs.MultimodalData, plan: Plan
) -> None:
    assert forecast(coin, CODES, plan, workers=1) > 0
    limited = make_plan(coin, methods=["additive", "low_rank"], metric="accuracy", budget=0.0001)
    assert forecast(coin, CODES, limited, workers=1) == pytest.approx(60 * 0.0001)


def test_fewer_epochs_and_quicker_comparisons_are_forecast_to_take_less(
    coin: cs.MultimodalData, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasting, "seconds_of_an_epoch", _seconds(1.0))
    usual = forecast(coin, CODES, plan, workers=1)
    pair = seconds_of_comparing(coin, CODES, plan, workers=1)
    short = forecast(coin, CODES, replace(plan, max_epochs=4), workers=1)
    assert short - pair == pytest.approx((usual - pair) / 10)
    assert forecast(coin, CODES, replace(plan, max_epochs=400), workers=1) == usual


def test_six_wide_modalities_take_22_comparisons_two_at_a_time() -> None:
    rng = np.random.default_rng(0)
    views = {name: rng.standard_normal((400, 3)) for name in "abcdef"}
    codes = np.arange(400) % 2
    data = cs.MultimodalData(views, codes)
    plan = make_plan(data, methods=["additive"])
    one = seconds_of_a_pair(data, codes, plan)
    assert seconds_of_comparing(data, codes, plan, workers=1) == pytest.approx(22 * one)
    assert seconds_of_comparing(data, codes, plan, workers=4) == pytest.approx(6 * one)
    few = data[np.arange(100)]
    assert seconds_of_a_pair(few, codes[:100], plan) < one


@pytest.mark.parametrize(
    ("minutes", "epochs"), [(1 / 60, 0), (0.1, 5), (1.1, 61), (10.0, None), (None, None)]
)
def test_epochs_are_cut_so_that_two_folds_fit_into_the_budget(
    coin: cs.MultimodalData,
    monkeypatch: pytest.MonkeyPatch,
    minutes: float | None,
    epochs: int | None,
) -> None:
    """Three methods of 0.1 s an epoch, twice: 0.6 s of 0.8 * 0.7 * the budget, on one thread."""
    monkeypatch.setattr(forecasting, "seconds_of_an_epoch", _seconds(0.1))
    plan = make_plan(coin, methods=["additive"], budget=minutes)
    assert len(plan.methods) == 3
    assert affordable_epochs(coin, CODES, plan, workers=1) == epochs


def test_the_fit_of_the_recommended_model_counts_too(
    coin: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1.2 s an epoch of each fold, and 2 s for the costly method on twice the rows of a fold."""

    def costly(_: object, __: object, ___: object, method: Method) -> float:
        return 1.0 if method.kind == "fusion" else 0.1

    monkeypatch.setattr(forecasting, "seconds_of_an_epoch", costly)
    plan = make_plan(coin, methods=["additive"], folds=2, budget=1.0)
    assert affordable_epochs(coin, CODES, plan, workers=1) == int(0.8 * 60 / (2.4 + 2.0))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "less than a minute"), (61.0, "about 1 minute"), (3600.0, "about 60 minutes")],
)
def test_durations_are_told_to_the_precision_of_a_guess(seconds: float, words: str) -> None:
    assert told(seconds) == words
