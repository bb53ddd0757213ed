from collections.abc import Callable, Mapping
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from consilience.training.many.alike import architectures, difference, outline


class Holder(nn.Module):
    """A layer and one attribute."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.value = value


class Plain:
    """Objects of which equality cannot be seen."""


class Awkward:
    """Objects whose comparison has no truth value."""

    def __eq__(self, other: object) -> bool:
        return bool(torch.zeros(2) == torch.zeros(2))

    __hash__ = None  # pyright: ignore[reportAssignmentType]  compared by content, so not hashable


def power(exponent: float) -> Callable[[Tensor], Tensor]:
    return lambda x: x**exponent


SAME = [
    None,
    3,
    "name",
    2.5,
    (1, [2.0, "x"]),
    {"a": 5, "b": 7},
    {1, 2},
    torch.float64,
    torch.arange(3),
    [torch.arange(3)],
    np.arange(3.0),
    nn.functional.gelu,
    power(2),
]


@pytest.mark.parametrize("value", SAME)
def test_models_that_differ_by_their_tensors_alone_are_alike(value: object) -> None:
    other = power(2) if value is SAME[-1] else deepcopy(value)
    one, two = Holder(value), Holder(other)
    assert difference(one, two) is None
    assert architectures({3: one, 1: two}) == [[3, 1]]


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (None, 3),
        (3, 4),
        (1, 1.0),
        (True, 1),
        ((1, 2), [1, 2]),
        ((1, 2), (1, 2, 3)),
        ({"a": 5, "b": 7}, {"b": 7, "a": 5}),
        ({"a": 5}, {"a": 6}),
        ({}, {"a": 5}),
        (torch.arange(3), torch.arange(3.0)),
        (torch.arange(3), torch.tensor([0, 1, 3])),
        ([torch.ones(2, requires_grad=True)], [torch.ones(2, requires_grad=True)]),
        (np.arange(3.0), np.arange(1, 4.0)),
        (nn.functional.gelu, nn.functional.relu),
        (power(2), power(3)),
        (Plain(), Plain()),
        (Awkward(), Awkward()),
        ([nn.Linear(1, 1)], [nn.Linear(1, 1)]),
    ],
)
def test_any_other_difference_counts_and_what_cannot_be_seen_too(
    value: object, other: object
) -> None:
    one, two = Holder(value), Holder(other)
    assert difference(one, two) == difference(two, one) == "value"
    assert architectures({0: one, 1: two}) == [[0], [1]]


def tied() -> nn.Module:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(2, 3),
        lambda: nn.Bilinear(2, 1, 2),
        lambda: nn.Linear(2, 2, bias=False),
        lambda: nn.Linear(2, 2).double(),
        lambda: nn.Linear(2, 2).requires_grad_(False),
        lambda: nn.Sequential(nn.Linear(2, 2)),
        lambda: nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)),
        tied,
    ],
)
def test_classes_shapes_kinds_and_ties_make_the_outline(make: Callable[[], nn.Module]) -> None:
    given = {0: nn.Linear(2, 2), 1: make(), 2: nn.Linear(2, 2), 3: make()}
    assert architectures(given) == [[0, 2], [1, 3]]
    untied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert (outline(untied) == outline(make())) == (
        make is not tied and isinstance(made := make(), nn.Sequential) and len(made) == 2
    )


def test_the_first_difference_is_named_by_its_path() -> None:
    one, other = (nn.Sequential(nn.Linear(2, 2), nn.Dropout(p)) for p in (0.1, 0.2))
    assert difference(one, other) == "1.p"


def test_the_mode_does_not_count_but_hooks_do() -> None:
    one, other = nn.Linear(2, 2), nn.Linear(2, 2).eval()
    assert difference(one, other) is None

    def hook(_module: nn.Module, _args: object, output: Tensor) -> Tensor:
        return 2 * output

    other.register_forward_hook(hook)
    assert difference(one, other) == "_forward_hooks"


def test_groups_come_in_the_order_of_their_first_model() -> None:
    widths: Mapping[int, int] = {5: 2, 0: 3, 7: 2, 9: 4, 1: 3}
    models = {number: nn.Linear(2, width) for number, width in widths.items()}
    assert architectures(models) == [[5, 7], [0, 1], [9]]
