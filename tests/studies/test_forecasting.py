import numpy as np
import pytest

import consilience as cs
from consilience.studies.forecasting import forecast, told
from consilience.studies.plan import Plan, make_plan

CODES = np.repeat([0, 1], 50)


def test_a_budget_bounds_what_the_fits_are_guessed_to_take(
    coin: cs.MultimodalData, plan: Plan
) -> None:
    assert forecast(coin, CODES, plan, workers=1) > 0
    limited = make_plan(coin, methods=["additive", "low_rank"], metric="accuracy", budget=0.0001)
    assert forecast(coin, CODES, limited, workers=1) == pytest.approx(60 * 0.0001)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "less than a minute"), (61.0, "about 1 minute"), (3600.0, "about 60 minutes")],
)
def test_durations_are_told_to_the_precision_of_a_guess(seconds: float, words: str) -> None:
    assert told(seconds) == words
