"""A plan and outcomes made by hand, so that statistics are tested without training."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import consilience as cs
from consilience.studies.plan import Plan, make_plan
from consilience.studies.running import Outcome

Correct = dict[str, float]


@pytest.fixture(scope="package")
def coin() -> cs.MultimodalData:
    """Two modalities of noise and a fair target."""
    rng = np.random.default_rng(0)
    return cs.MultimodalData(
        {"a": rng.normal(size=(100, 2)), "b": rng.normal(size=(100, 2))},
        target=np.repeat([0, 1], 50),
    )


@pytest.fixture(scope="package")
def plan(coin: cs.MultimodalData) -> Plan:
    return make_plan(coin, methods=["additive", "low_rank"], metric="accuracy", seeds=2)


@pytest.fixture(scope="package")
def simulate(plan: Plan) -> Callable[[Correct, int], tuple[Outcome, ...]]:
    """Outcomes of methods that are right with a given chance."""
    codes: NDArray[np.int64] = np.repeat([0, 1], 50)

    def outcomes(correct: Correct, seed: int) -> tuple[Outcome, ...]:
        rng = np.random.default_rng(seed)
        made: list[Outcome] = []
        for i, split in enumerate(plan.splits):
            for method in plan.methods:
                right = rng.random(len(split.test)) < correct[method.name]
                guess = np.where(right, codes[split.test], 1 - codes[split.test])
                made.append(Outcome(method.name, i, guess, np.eye(2)[guess], 0.5))
        return tuple(made)

    return outcomes
