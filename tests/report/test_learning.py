"""Words about how the modalities were learnt and what the fusion makes of them."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consilience.report.learning import (
    final_losses,
    gap_answer,
    heading_of,
    learning_answer,
    learning_caption,
    overfitting_rows,
    use_answer,
    use_rows,
)
from consilience.results import Gap, Interval, Learning, LearningSpeeds

Make = Callable[..., Any]
STRENGTH = {"gene": 0.1, "lipid": 0.45}


@pytest.fixture
def learnt(make_learning: Make) -> Learning:
    return make_learning(STRENGTH, "gated", "accuracy")


def test_what_the_fusion_uses_is_told_most_used_first(learnt: Learning) -> None:
    assert use_answer(learnt) == (
        "gated has accuracy 0.900 [0.870, 0.930]. When its fusion hears only the mean of lipid "
        "50 % and of gene 11 % of that is lost."
    )
    assert [name for name, *_ in use_rows(learnt)] == ["lipid", "gene"]


def test_what_costs_nothing_is_told_as_such(make_learning: Make) -> None:
    idle = make_learning({"gene": 0.01, "lipid": 0.45}, "gated", "accuracy")
    answer = use_answer(idle)
    assert answer is not None
    assert answer.endswith("It does without gene: nothing is lost that could be seen.")


def test_of_a_score_that_is_better_the_lower_no_share_is_told(make_learning: Make) -> None:
    loss = make_learning(STRENGTH, "gated", "rmse", higher=False)
    assert use_answer(loss) is None
    assert use_rows(loss) == []


@pytest.mark.parametrize(
    ("low", "high", "higher", "end"),
    [
        (0.02, 0.18, True, "Its interactions help."),
        (-0.18, -0.02, True, "Its interactions hurt."),
        (-0.18, -0.02, False, "Its interactions help."),
        (-0.02, 0.18, True, "What it gains by interactions cannot be told from nothing."),
    ],
)
def test_the_gap_is_judged_by_its_interval(
    learnt: Learning, low: float, high: float, higher: Any, end: str
) -> None:
    gap = Gap("accuracy", 0.9, 0.8, Interval((low + high) / 2, low, high))
    said = gap_answer(replace(learnt, gap=gap, higher_is_better=higher))
    assert said.endswith(end)
    assert "By the sum alone accuracy is 0.800, with the rest 0.900" in said


def test_learning_names_the_best_head_the_speeds_and_the_hungry(learnt: Learning) -> None:
    said = learning_answer(learnt)
    assert said.startswith(
        "When training stops, a linear head on the features of lipid has the lowest validation "
        "loss of the modalities, 0.550; all together have 0.400."
    )
    assert "The encoder of lipid moves fastest and that of gene slowest" in said
    assert "differ by 1.400 nats" in said
    assert "More overfitting than generalisation was bought by gene;" in said


def test_alike_speeds_and_no_overfitting_are_said_briefly(
    learnt: Learning, make_curves: Make, make_history: Make
) -> None:
    calm = replace(
        make_curves(STRENGTH),
        heads={n: make_history(1.0, 0.5, gap=0.01) for n in STRENGTH},
        speeds=LearningSpeeds({"gene": 1.0, "lipid": 1.0}, {"gene": 0.0, "lipid": 0.0}, 9),
    )
    said = learning_answer(replace(learnt, trainings=(calm,)))
    assert said.endswith("The encoders move about equally fast.")


def test_without_a_watched_training_the_reason_is_told(learnt: Learning) -> None:
    bare = Learning("gated", None, learnt.gap, True, (), "too few")
    assert learning_answer(bare) == "How the modalities were learnt was not watched: too few."


def test_numbers_are_means_over_trainings(make_curves: Make, make_history: Make) -> None:
    other = replace(make_curves(STRENGTH), joint=make_history(1.0, 0.6, gap=0.01))
    trainings = (make_curves(STRENGTH), other)
    assert final_losses(trainings)["all together"] == pytest.approx(0.5)
    rows = {row.name: row for row in overfitting_rows(trainings)}
    assert rows["all together"].gain == pytest.approx(0.5)
    assert rows["gene"].gain == pytest.approx(0.1)
    assert rows["gene"].overfitting == pytest.approx(0.2)
    assert rows["gene"].ratio == pytest.approx(2.0)
    assert "of the first of 2 trainings" in learning_caption(trainings)


def test_nothing_gained_is_an_infinite_ratio_and_a_first_epoch_is_left_out(
    make_curves: Make, make_history: Make
) -> None:
    flat = replace(make_curves({"gene": 0.0}), joint=make_history(1.0, 0.4))
    assert math.isinf(overfitting_rows((flat,))[0].ratio)
    first = {n: replace(h, best_epoch=1) for n, h in flat.curves.items()}
    kept = replace(flat, joint=first.pop("all together"), heads=first)
    assert overfitting_rows((kept,)) == []


def test_all_together_has_a_capital() -> None:
    assert (heading_of("all together"), heading_of("gene")) == ("All together", "gene")
