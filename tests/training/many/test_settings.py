import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError
from consilience.training import Batch, TensorBatches
from consilience.training.many import StackedBatches
from consilience.training.many.feeding import IterableFeed
from consilience.training.many.settings import Batches, Settings, checked_settings

X = {"x": torch.ones(6, 2)}


def models(count: int = 3) -> list[nn.Module]:
    return [nn.Linear(2, 1) for _ in range(count)]


def own(count: int = 3) -> list[TensorBatches]:
    return [TensorBatches(X) for _ in range(count)]


def settings(
    given: list[nn.Module],
    data: Batches,
    validation: Batches | None = None,
    *,
    max_epochs: int | list[int] = 2,
    patience: int | None = None,
    learning_rate: float | list[float] = 0.1,
    weight_decay: float | list[float] = 0.0,
) -> Settings:
    return checked_settings(
        given,
        data,
        validation,
        max_epochs=max_epochs,
        patience=patience,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
    )


def test_one_value_is_for_all_and_several_are_for_each() -> None:
    found = settings(models(), own(), learning_rate=[0.1, 0.2, 0.3], max_epochs=[1, 2, 3])
    assert found.learning_rate == (0.1, 0.2, 0.3)
    assert found.max_epochs == (1, 2, 3)
    assert found.weight_decay == (0.0, 0.0, 0.0)


def test_where_batches_come_from() -> None:
    rows = [torch.arange(3)] * 3
    one, stacked, batches = TensorBatches(X), StackedBatches(X, rows), [Batch(X, None, None)]
    given: list[tuple[Batches, bool]] = [
        (one, False),
        (batches, False),
        ((batches[0],), False),
        (own(), True),
        (tuple(own()), True),
        ([one, TensorBatches(X), one], False),
        (stacked, True),
    ]
    for data, independent in given:
        found = settings(models(), data)
        assert found.independent == independent
        assert (found.data is stacked) == (data is stacked)
        assert found.validated == frozenset()
    assert settings(models(), batches).data.sources == (batches,) * 3  # pyright: ignore[reportAttributeAccessIssue]  these batches are stacked


def test_who_is_validated() -> None:
    rows = [torch.arange(3)] * 3
    one, other = TensorBatches(X), TensorBatches(X)
    assert settings(models(), own(), one).validated == {0, 1, 2}
    assert not settings(models(), own(), one).independent
    assert settings(models(), own(), StackedBatches(X, rows)).validated == {0, 1, 2}
    some = settings(models(), own(), [one, None, other])
    assert some.validated == {0, 2}
    assert some.independent
    assert isinstance(some.validation, IterableFeed)


def test_all_faults_are_told_at_once() -> None:
    given = models()
    given[1] = nn.Linear(2, 1).requires_grad_(False)
    given[2] = nn.Sequential(given[0])
    with pytest.raises(ConfigurationError) as raised:
        settings(
            given,
            own(2),
            StackedBatches(X, [torch.arange(3)]),
            max_epochs=[3, 0, -1],
            patience=-2,
            learning_rate=[0.1, -0.2, float("nan")],
            weight_decay=[0.1],
        )
    assert raised.value.faults == (
        "data must be one for all or one for each of 3 models, found 2",
        "validation must be one for all or one for each of 3 models, found 1",
        "weight_decay must be one for all or one for each of 3 models, found 1",
        "max_epochs must be at least 1, found 0",
        "patience must not be negative, found -2; None never stops early",
        "learning_rate must not be negative, found -0.2",
        "model 1 has nothing to train: no parameter requires_grad",
        "models 0 and 2 share the parameter '0.weight'; train copies: copy.deepcopy(model)",
    )


def test_the_same_model_twice_and_a_negative_decay() -> None:
    one = nn.Linear(2, 1)
    with pytest.raises(ConfigurationError) as raised:
        settings([one, one], own(2), weight_decay=-1.0)
    assert raised.value.faults == (
        "weight_decay must not be negative, found -1.0",
        "models 0 and 1 share the parameter 'weight'; train copies: copy.deepcopy(model)",
    )


def test_frozen_parameters_may_be_shared() -> None:
    common = nn.Linear(2, 2).requires_grad_(False)
    given: list[nn.Module] = [nn.Sequential(common, nn.Linear(2, 1)) for _ in range(3)]
    assert settings(given, own()).max_epochs == (2, 2, 2)
