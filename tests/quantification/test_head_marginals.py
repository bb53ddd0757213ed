"""Which way is taken, and that ways agree where several are open."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from consilience.fusion.concat import ConcatFusion
from consilience.fusion.low_rank import LowRankTensorFusion
from consilience.quantification.head_marginals import Task, by_evaluation, head_marginals
from consilience.quantification.heads import evaluating, head_of
from consilience.quantification.two_stage import IDENTITY, Link

SOFTMAX = Link(lambda z: z.softmax(dim=1), affine=False)
DOUBLE = Link(lambda z: 2 * z.double() + 1, affine=True)
RELU = (nn.ReLU(), nn.Linear(4, 3))
DEEP = (nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


def task(
    cls: Any, rest: tuple[nn.Module, ...], link: Link, modalities: int = 3, rows: int = 6
) -> Task:
    x = {f"m{m}": torch.randn(rows, 2, dtype=torch.float64) for m in range(modalities)}
    presence = torch.rand(rows, modalities) > 0.3
    presence[0] = True
    modules = [cls(dict.fromkeys(x, 2), 4), *rest]
    for module in modules:
        module.double()
    return Task(head_of(modules), x, presence, link)


def reference(given: Task) -> list[Tensor]:
    with evaluating([]):
        return by_evaluation(given.surface(), 10**6, 0, "").marginals.values


@pytest.mark.parametrize("link", [IDENTITY, SOFTMAX, DOUBLE])
@pytest.mark.parametrize(
    ("cls", "rest", "way", "affine_way"),
    [
        (ConcatFusion, (), "all combinations, first layer split", "additive"),
        (ConcatFusion, RELU, "all combinations, first layer split", "closed form, one ReLU layer"),
        (ConcatFusion, DEEP, *["all combinations, first layer split"] * 2),
        (
            LowRankTensorFusion,
            (),
            "all combinations, encoders run once",
            "closed form, affine in each modality",
        ),
        (LowRankTensorFusion, RELU, *["all combinations, encoders run once"] * 2),
    ],
)
def test_every_way(
    cls: Any, rest: tuple[nn.Module, ...], way: str, affine_way: str, link: Link
) -> None:
    given = task(cls, rest, link)
    with evaluating([]):
        found = head_marginals(given, 10**6, 0)
    assert found.way == (affine_way if link.affine else way)
    for one, two in zip(found.marginals.values, reference(given), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-10)
    expected = found.marginals.values[0].mean(dim=0)
    torch.testing.assert_close(found.marginals.mean, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("modalities", [2, 3])
def test_one_smooth_layer_of_two_modalities_is_interpolated(modalities: int) -> None:
    rows = 40 if modalities == 3 else 120
    rest = nn.GELU(), nn.Linear(4, 3)
    given = task(ConcatFusion, rest, DOUBLE, modalities, rows)
    with evaluating([]):
        found = head_marginals(given, 10**6, 0)
        softmaxed = head_marginals(task(ConcatFusion, rest, SOFTMAX, 2, 40), 10**6, 0)
    two = found.way == "one smooth layer, interpolated to rounding"
    assert two == (modalities == 2)
    assert (found.marginals.evaluations == 0) == two
    for one, other in zip(found.marginals.values, reference(given), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8)
    assert softmaxed.way == "all combinations, first layer split"


def test_evaluations_are_those_of_combinations() -> None:
    with evaluating([]):
        assert (
            head_marginals(task(ConcatFusion, RELU, IDENTITY), 216, 0).marginals.evaluations == 0
        )
        deep = head_marginals(task(ConcatFusion, DEEP, IDENTITY), 216, 0).marginals
    assert deep.evaluations == 216


def test_beyond_the_bound_combinations_are_drawn_but_closed_forms_stay() -> None:
    with evaluating([]):
        deep = head_marginals(task(ConcatFusion, DEEP, IDENTITY), 215, 0)
        relu = head_marginals(task(ConcatFusion, RELU, IDENTITY), 36, 0)
        many = head_marginals(task(ConcatFusion, RELU, IDENTITY, modalities=4), 215, 0)
        affine = head_marginals(task(LowRankTensorFusion, (), IDENTITY), 1, 0)
        one = head_marginals(task(ConcatFusion, DEEP, SOFTMAX, modalities=1), 1, 0)
    assert deep.way == many.way == "random combinations"
    assert deep.marginals.evaluations <= 215
    assert relu.way == "closed form, one ReLU layer"
    assert affine.way == "closed form, affine in each modality"
    assert one.way == "additive"


def test_effects_of_an_additive_head_are_found_without_combinations() -> None:
    given = task(ConcatFusion, (), IDENTITY)
    seen: list[int] = []
    decode = given.head.decode

    def watched(x: Any, presence: Tensor) -> Tensor:
        seen.append(len(presence))
        return decode(x, presence)

    head = head_of([ConcatFusion(dict.fromkeys(given.features, 2), 4).double()], watched)
    with evaluating([]):
        found = head_marginals(Task(head, given.features, given.presence, IDENTITY), 10**6, 0)
    assert set(seen) == {6}
    for one, two in zip(found.marginals.values, reference(given), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-10)
