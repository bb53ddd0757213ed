"""What the lecture says of training on several modalities, shown by the examples."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FEWEST = 9
"""Of ten seeds."""


def numbers(example: str, seed: int) -> Any:
    """What an example's `main` gives."""
    spec = spec_from_file_location(example, EXAMPLES / f"{example}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main(seed)


def naive_joint_training(seed: int) -> bool:
    """Together is worse than the better one alone; blended it is not, and wide weighs least."""
    found = numbers("naive_joint_training", seed)
    alone = max(found["plain"], found["wide"])
    drop, back = alone - found["naive"], found["blended"] - found["naive"]
    least = min(v for k, v in found.items() if k.startswith("weight"))
    return drop > 0.003 and back >= drop and found["weight of wide"] == least


def greedy_modality(seed: int) -> bool:
    """The loud modality starves the quiet one; balancing halves the gap, and AdamW has none."""
    found = numbers("greedy_modality", seed)
    starved = found["naive: gap"] > 0.2 and found["naive: u(quiet | loud)"] < 0.05
    halved = found["balanced: gap"] < 0.5 * found["naive: gap"]
    better = found["balanced: accuracy"] > found["naive: accuracy"]
    return starved and halved and better and found["AdamW: gap"] < 0.1


def biased_questions(seed: int) -> bool:
    """The question alone does nearly as well as can be; on balanced pairs it is never right."""
    found = numbers("biased_questions", seed)
    assert found["question only, balanced"] <= 0.5
    assert found["question only, both of a pair"] == 0
    blind = abs(found["question only"] - 0.8) < 0.03 and found["majority"] < 0.56
    leans = found["both"] - found["both, balanced"] > 0.05
    return blind and leans and found["lost with another question"] > 0.03


def robust_training(seed: int) -> bool:
    """Training with noise costs clean accuracy and gives a flatter curve, better in the end."""
    found = numbers("robust_training", seed)
    plain, noisy = found["plain"], found["with noise"]
    costs = plain[0] - noisy[0] > 0.01
    flatter = noisy[0] - noisy[-1] < 0.8 * (plain[0] - plain[-1])
    return costs and flatter and noisy[-1] > plain[-1]


PHENOMENA = [naive_joint_training, greedy_modality, biased_questions, robust_training]


@pytest.mark.parametrize("holds", PHENOMENA)
def test_a_phenomenon_holds_on_one_seed(holds: Callable[[int], bool]) -> None:
    assert holds(0)


@pytest.mark.slow
@pytest.mark.parametrize("holds", PHENOMENA)
def test_a_phenomenon_holds_on_nearly_all_seeds(holds: Callable[[int], bool]) -> None:
    assert sum(holds(seed) for seed in range(10)) >= FEWEST


def test_an_example_says_what_it_found() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "robust_training.py", "3"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("training with noise costs 0.0")
    assert last.endswith(" at full noise")
