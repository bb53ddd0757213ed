import logging
from collections.abc import Sequence
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from consilience.training import Batch
from consilience.training.many import group as module
from consilience.training.many.feeding import IterableDraw
from consilience.training.many.group import Group, stackable

X = torch.linspace(-1, 1, 60).reshape(20, 3)


def squares(model: nn.Module, batch: Batch) -> Tensor:
    return model(batch.inputs["x"]).square().mean()


def models(count: int) -> dict[int, nn.Module]:
    return {m: nn.Linear(3, 2) for m in range(count)}


def group_of(given: dict[int, nn.Module]) -> Group:
    return Group(given, squares, dict.fromkeys(given, 0.1), dict.fromkeys(given, 0.0))


def draw(rows: Sequence[int]) -> IterableDraw:
    return IterableDraw({m: Batch({"x": X[m : m + r]}, None, None) for m, r in enumerate(rows)})


def step(group: Group, given: IterableDraw) -> list[tuple[list[int], int]]:
    group.begin(training=True)
    measured = list(group.step(given, group.models, training=True))
    for piece in measured:
        assert piece.losses.shape == (len(piece.models),)
    return [(list(piece.models), piece.rows) for piece in measured]


def test_several_small_models_are_stacked() -> None:
    assert not stackable(list(models(3).values()))
    assert stackable(list(models(4).values()))
    assert not stackable([nn.Linear(600, 600) for _ in range(4)])
    large = [nn.Linear(600, 600).requires_grad_(False) for _ in range(4)]
    assert stackable([nn.Sequential(m, nn.Linear(600, 1)) for m in large])
    assert group_of(models(4)).stacked
    assert not group_of(models(3)).stacked
    assert not group_of({m: nn.Linear(600, 600) for m in range(4)}).stacked


def test_calls_are_of_models_with_equally_many_samples() -> None:
    group = group_of(models(6))
    assert step(group, draw([3, 4, 3, 3, 4, 3])) == [([0, 2, 3, 5], 3), ([1, 4], 4)]
    assert step(group_of(models(3)), draw([3, 4, 3])) == [([0], 3), ([2], 3), ([1], 4)]


@pytest.mark.parametrize(("rows", "values", "calls"), [(12, 2**9, [4, 2]), (100, 16, [2, 2, 2])])
def test_calls_are_of_bounded_size(
    rows: int, values: int, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", rows)
    monkeypatch.setattr(module, "MOST_VALUES", values)
    found = step(group_of(models(6)), draw([3] * 6))
    assert [len(some) for some, _ in found] == calls
    assert [m for some, _ in found for m in some] == list(range(6))
    assert len(step(group_of(models(6)), draw([3000] * 6))) >= 1


def test_in_parts_models_learn_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    given = models(6)
    other = deepcopy(given)
    whole = group_of(given)
    step(whole, draw([3] * 6))
    whole.finish(range(6))
    monkeypatch.setattr(module, "MOST_ROWS", 12)
    parts = group_of(other)
    step(parts, draw([3] * 6))
    parts.finish(range(6))
    for one, two in zip(given.values(), other.values(), strict=True):
        torch.testing.assert_close(one.get_parameter("weight"), two.get_parameter("weight"))


def test_few_that_are_left_go_on_alone() -> None:
    group = group_of(models(6))
    step(group, draw([3] * 6))
    group.finish([0, 4])
    assert group.stacked
    group.keep([1, 2])
    group.finish([1])
    assert group.models == [2, 3, 5]
    assert not group.stacked
    assert step(group, draw([3] * 6)) == [([2], 3), ([3], 3), ([5], 3)]
    group.keep([2])
    group.finish([2, 3, 5])
    assert group.models == []


def test_a_step_that_cannot_be_stacked_is_taken_once(caplog: pytest.LogCaptureFixture) -> None:
    """The second of two calls branches: the first has been taken, the second is taken alone."""

    def branching(model: nn.Module, batch: Batch) -> Tensor:
        loss = squares(model, batch)
        return loss if len(batch.inputs["x"]) == 3 or loss > 0 else -loss

    given = models(8)
    reference = deepcopy(given)
    group = Group(given, branching, dict.fromkeys(given, 0.1), dict.fromkeys(given, 0.0))
    drawn = draw([3, 3, 3, 3, 4, 4, 4, 4])
    with caplog.at_level(logging.INFO, "consilience"):
        assert step(group, drawn) == [([0, 1, 2, 3], 3), *(([m], 4) for m in (4, 5, 6, 7))]
    (record,) = caplog.records
    assert record.getMessage().startswith("8 models of Linear train one after another: vmap: ")
    assert "\n" not in record.getMessage()
    group.finish(range(8))
    for m, model in reference.items():
        alone = Group({m: model}, squares, {m: 0.1}, {m: 0.0})
        alone.begin(training=True)
        list(alone.step(drawn, [m], training=True))
        alone.finish([m])
        torch.testing.assert_close(model.get_parameter("weight"), given[m].get_parameter("weight"))


def test_the_models_own_errors_come_through() -> None:
    def broken(_model: nn.Module, batch: Batch) -> Tensor:
        raise ValueError(f"no loss of {len(batch.inputs)} inputs")

    given = models(4)
    group = Group(given, broken, dict.fromkeys(given, 0.1), dict.fromkeys(given, 0.0))
    with pytest.raises(ValueError, match=r"^no loss of 1 inputs$"):
        step(group, draw([3] * 4))


def test_modes_reach_the_models() -> None:
    given = models(3)
    group = group_of(given)
    for training in (True, False):
        group.begin(training=training)
        assert {model.training for model in given.values()} == {training}
