"""The metrics by their definitions, the theorem of balanced pairs, the Equalizer's losses."""

from collections.abc import Callable
from functools import partial
from itertools import combinations
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from consilience.errors import DataError, ShapeError
from consilience.functional.unimodal_bias import (
    appearance_confusion_loss,
    confident_loss,
    most_frequent,
    pair_accuracy,
    vqa_accuracy,
)


@pytest.mark.parametrize("same", range(11))
def test_agreement_is_the_mean_over_leaving_one_person_out(same: int) -> None:
    given_by = ["yes"] * same + ["no"] * (10 - same)
    subsets = [min(s.count("yes") / 3, 1) for s in map(list, combinations(given_by, 9))]
    assert vqa_accuracy("yes", given_by) == pytest.approx(np.mean(subsets), abs=1e-12)


def test_three_of_ten_people_make_nine_tenths() -> None:
    assert vqa_accuracy("red", ["red", "blue", "red", *["green"] * 6, "red"]) == 0.9
    assert vqa_accuracy("red", ["red"] * 4 + ["blue"] * 6) == 1.0
    with pytest.raises(DataError, match="at least two people, found 1"):
        vqa_accuracy("red", ["red"])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_on_balanced_pairs_a_rule_of_the_question_is_right_in_no_pair(
    questions: list[int], chance: Random
) -> None:
    rule = {q: chance.randint(0, 1) for q in range(6)}
    answers = np.tile([0, 1], len(questions))
    guesses = np.array([rule[q] for q in np.repeat(questions, 2)])
    right = guesses == answers
    assert right.mean() <= 0.5
    assert pair_accuracy(right, np.repeat(np.arange(len(questions)), 2)) == 0.0


def test_pairs_of_any_order_and_size() -> None:
    right = np.array([True, False, True, True, True])
    assert pair_accuracy(right, ["p", "q", "p", "q", "r"]) == pytest.approx(2 / 3)
    with pytest.raises(ShapeError, match=r"one label a sample, \(5,\); found \(1,\)"):
        pair_accuracy(right, ["p"])
    with pytest.raises(DataError, match="there is no pair"):
        pair_accuracy(np.zeros(0, dtype=bool), [])


def test_the_most_frequent_target() -> None:
    assert most_frequent(np.array([3, 1, 1, 3, 2])) == 3
    with pytest.raises(DataError, match="there is no target"):
        most_frequent(np.array([]))


WORDS = 6
FIRST, SECOND = [0, 1], [2, 3]
SPOKEN = torch.tensor([[4, 0, 5], [2, 4, 4]])


def probabilities(seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, WORDS, generator=generator, dtype=torch.float64).softmax(dim=2)


def test_losses_by_their_definition() -> None:
    p = probabilities()
    first, second = p[..., :2].sum(dim=2), p[..., 2:4].sum(dim=2)
    confusion = (first[0, 1] - second[0, 1]).abs() + (first[1, 0] - second[1, 0]).abs()
    found = appearance_confusion_loss(p, SPOKEN, FIRST, SECOND)
    torch.testing.assert_close(found, confusion / 2)
    wrong = second[0, 1] / (first[0, 1] + 1e-6) + first[1, 0] / (second[1, 0] + 1e-6)
    torch.testing.assert_close(confident_loss(p, SPOKEN, FIRST, SECOND), wrong / 2)


def test_no_confusion_just_when_the_groups_have_equal_mass() -> None:
    p = probabilities()
    even = p.clone()
    even[..., :4] = torch.tensor([0.3, 0.1, 0.15, 0.25], dtype=torch.float64)
    assert appearance_confusion_loss(even, SPOKEN, FIRST, SECOND).item() < 1e-15
    even[1, 0, 0] += 0.01
    assert appearance_confusion_loss(even, SPOKEN, FIRST, SECOND).item() == pytest.approx(0.005)


def test_confidence_costs_nothing_in_whichever_word_of_the_group() -> None:
    sure = torch.zeros(2, 3, WORDS)
    sure[0, :, 1] = 1.0
    sure[1, :, 3] = 1.0
    assert confident_loss(sure, SPOKEN, FIRST, SECOND).item() == 0.0
    assert confident_loss(sure, SPOKEN.flip(0), FIRST, SECOND).item() > 1e5


@pytest.mark.parametrize("loss", [appearance_confusion_loss, confident_loss])
def test_only_words_of_a_group_are_touched(loss: Callable[..., torch.Tensor]) -> None:
    p = probabilities().requires_grad_()
    loss(p, SPOKEN, FIRST, SECOND).backward()
    assert p.grad is not None
    touched = p.grad.abs().sum(dim=2) > 0
    assert touched.tolist() == [[False, True, False], [True, False, False]]
    assert p.grad[..., 4:].abs().max() == 0
    only = partial(loss, spoken=SPOKEN, first=FIRST, second=SECOND)
    assert torch.autograd.gradcheck(only, (p,))


def test_the_equalizer_lowers_error_where_context_misleads() -> None:
    """Groups go with a context nine times in ten; in the test the context is flipped."""
    generator = torch.Generator().manual_seed(0)
    group = torch.randint(2, (600,), generator=generator)
    usual = torch.rand(600, generator=generator) < 0.9
    context = torch.where(usual, group, 1 - group)
    person = torch.randn(600, 4, generator=generator)
    person[:, 0] += 1.2 * (2 * group - 1)

    def seen(person: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        return torch.cat([person, 2.0 * context[:, None] - 1], dim=1)

    x, masked, flipped = (
        seen(person, context),
        seen(torch.zeros_like(person), context),
        seen(person, 1 - group),
    )
    errors: list[float] = []
    for beta in (0.0, 10.0):
        model = nn.Linear(5, 2)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        for _ in range(150):
            optimizer.zero_grad()
            p, hidden = model(x).softmax(dim=1), model(masked).softmax(dim=1)
            loss = nn.functional.nll_loss(p.log(), group)
            spoken = group[:, None]
            loss = loss + beta * appearance_confusion_loss(hidden[:, None], spoken, [0], [1])
            loss = loss + min(beta, 1.0) * confident_loss(p[:, None], spoken, [0], [1])
            loss.backward()
            optimizer.step()
        errors.append((model(flipped).argmax(dim=1) != group).double().mean().item())
    assert errors[0] > 0.3
    assert errors[1] < 0.2
