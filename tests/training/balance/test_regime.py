"""How parts of a network are told apart, and what every strategy has in common."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from consilience.errors import InputTypeError
from consilience.functional.randomness import seeded
from consilience.training import TensorBatches
from consilience.training.balance import (
    Companion,
    Regime,
    Strategy,
    available,
    build,
    fit_balanced,
)
from consilience.training.balance.objective import WhileTraining, of_prediction

CE = nn.CrossEntropyLoss()
Batches = Callable[..., TensorBatches]
OPTIONS = {"modality_learning_rates": {"rates": {"a": 0.5}}}


@pytest.mark.parametrize("momentum", [None, 0.9])
def test_every_parameter_is_in_the_group_of_its_part(
    companion: Any, batches: Batches, momentum: float | None
) -> None:
    model: Companion = companion("abc")
    regime = Regime(CE, batches(), learning_rate=0.1, weight_decay=0.2, momentum=momentum)
    optimizer = regime.by_part(model)
    found = {id(p): g["part"] for g in optimizer.param_groups for p in g["params"]}
    assert sum(len(g["params"]) for g in optimizer.param_groups) == len(list(model.parameters()))
    for name, encoder, head in zip("abc", model.encoders, model.heads, strict=True):
        assert {found[id(p)] for p in encoder.parameters()} == {("encoder", name)}
        assert {found[id(p)] for p in head.parameters()} == {("head", name)}
    assert {found[id(p)] for p in model.network.fusion.parameters()} == {("joint", "")}
    if momentum is None:
        decays = {p.ndim: g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
        assert decays == {1: 0.0, 2: 0.2}
    regime.scale_steps(optimizer, {("encoder", "b"): 3.0, ("joint", ""): 0.0})
    rates = {g["part"]: g["lr"] for g in optimizer.param_groups}
    assert rates["encoder", "b"] == pytest.approx(0.3)
    assert rates["joint", ""] == 0
    assert rates["encoder", "a"] == rates["head", "b"] == 0.1


def test_grouped_parameters_move_as_others_do(companion: Any, batches: Batches) -> None:
    ends: list[dict[str, torch.Tensor]] = []
    for grouped in (False, True):
        model: Companion = companion()
        regime = Regime(CE, batches(), max_epochs=3, patience=None, learning_rate=0.05)
        optimizer = regime.by_part(model) if grouped else None
        regime.fit(model, WhileTraining(of_prediction, CE), optimizer=optimizer)
        ends.append(model.state_dict())
    for key, value in ends[0].items():
        torch.testing.assert_close(value, ends[1][key])


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("names", ["a", "ab", "abc"])
def test_every_strategy_learns_with_any_number_of_modalities(
    companion: Any, batches: Batches, name: str, names: str
) -> None:
    model: Companion = companion(names)
    regime = Regime(
        CE,
        batches(names),
        validation=batches(names),
        max_epochs=20,
        patience=None,
        learning_rate=0.05,
        modality_dropout=0.2,
    )
    strategy = build(name, **OPTIONS.get(name, {}))
    assert isinstance(strategy, Strategy)
    with seeded(0):
        history = fit_balanced(model.network, strategy, regime, outputs=2)
    assert len(history.validation_loss) == 20
    assert history.validation_loss[-1] < 0.8 * history.validation_loss[0]
    assert all(p.grad is None for p in model.network.parameters())


@pytest.mark.parametrize("name", available())
def test_the_same_seed_gives_the_same_weights(batches: Batches, companion: Any, name: str) -> None:
    ends: list[list[float]] = []
    for _ in range(2):
        model: Companion = companion()
        regime = Regime(
            CE, batches(), validation=batches(seed=2), max_epochs=3, learning_rate=0.05
        )
        with seeded(5):
            fit_balanced(model.network, build(name, **OPTIONS.get(name, {})), regime, outputs=2)
        ends.append(torch.cat([p.detach().flatten() for p in model.network.parameters()]).tolist())
    np.testing.assert_array_equal(ends[0], ends[1])


def test_other_networks_are_refused(batches: Batches) -> None:
    with pytest.raises(InputTypeError, match="found Linear"):
        fit_balanced(nn.Linear(2, 2), build("mmpareto"), Regime(CE, batches()), outputs=2)
