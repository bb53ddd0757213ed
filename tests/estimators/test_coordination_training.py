"""Two processes train as one with the whole batch; chance is told from learning."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from consilience.coordination.encoders import CoordinatedEncoders
from consilience.estimators import coordination_training
from consilience.estimators.coordination_training import (
    SharedBatches,
    average_gradients,
    batch_loss,
    chance_warning,
    shared_seed,
)
from consilience.training import Batch, TensorBatches


def test_two_processes_learn_what_one_does_with_the_whole_batch(tmp_path: Path) -> None:
    """Also that the first process's seed counts: they were given different ones."""
    script = Path(__file__).with_name("two_towers.py")
    subprocess.run([sys.executable, script, tmp_path], check=True, timeout=60)
    first, second, alone = (np.load(tmp_path / f"{n}.npy") for n in ("0", "1", "alone"))
    assert np.array_equal(first, second)
    np.testing.assert_allclose(first, alone, atol=1e-5)


def test_a_last_batch_that_is_not_full_is_left_out_unless_alone() -> None:
    inputs = {"a": torch.arange(10.0)[:, None]}
    sizes = [len(b.inputs["a"]) for b in SharedBatches(TensorBatches(inputs, batch_size=4))]
    assert sizes == [4, 4]
    whole = [len(b.inputs["a"]) for b in SharedBatches(TensorBatches(inputs, batch_size=64))]
    assert whole == [10]


@pytest.mark.parametrize(("rank", "expected"), [(0, [0, 2]), (1, [1, 3])])
def test_processes_share_a_batch_evenly_and_none_has_a_row_of_another(
    monkeypatch: pytest.MonkeyPatch, rank: int, expected: list[int]
) -> None:
    """Equal parts, so that no process waits: of five rows the last one is left out."""
    monkeypatch.setattr(coordination_training, "is_spread", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: rank)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    presence = torch.ones(5, 1, dtype=torch.bool)
    whole = TensorBatches({"a": torch.arange(5.0)[:, None]}, presence=presence, batch_size=5)
    (batch,) = SharedBatches(whole)
    assert batch.inputs["a"].flatten().tolist() == expected
    assert batch.presence is not None
    assert len(batch.presence) == 2


def test_alone_a_seed_is_itself() -> None:
    assert shared_seed(11) == 11


def test_the_loss_is_that_of_the_towers_with_presence() -> None:
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=2)
    inputs = {"a": torch.randn(6, 2), "b": torch.randn(6, 3)}
    presence = torch.tensor([[True, True]] * 5 + [[True, False]])
    found = batch_loss(towers, Batch(inputs, presence, None))
    assert torch.equal(found, towers.loss(inputs, presence))
    assert not torch.equal(found, towers.loss(inputs))


def test_averaging_fills_gradients_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process must take part for every parameter, lest the others wait."""
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=2)
    seen: list[int] = []

    def reduce(gradient: torch.Tensor) -> None:
        seen.append(gradient.numel())
        gradient *= 2

    monkeypatch.setattr(torch.distributed, "all_reduce", reduce)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    first = next(iter(towers.parameters()))
    first.grad = torch.ones_like(first)
    average_gradients(towers, Batch({}, None, None))
    assert torch.equal(first.grad, torch.ones_like(first))
    assert seen == [p.numel() for p in towers.parameters()]


def spread(pairs: int, closeness: float) -> dict[str, torch.Tensor]:
    a = F.normalize(torch.randn(pairs, 8), dim=1)
    b = F.normalize(closeness * a + torch.randn(pairs, 8) / 8**0.5, dim=1)
    return {"a": a, "b": b}


@pytest.mark.parametrize("loss", ["info_nce", "vse"])
def test_chance_is_told_from_learning(loss: str) -> None:
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=8, loss=loss)
    there = torch.ones(200, 2, dtype=torch.bool)
    assert chance_warning(towers, spread(200, 1.0), there) == ""
    lost = chance_warning(towers, spread(200, 0.0), there)
    assert lost.startswith("held-out pairs are found no better than by chance")


def test_a_collapsed_space_is_at_chance_exactly_and_says_so() -> None:
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=8)
    z = torch.ones(50, 8) / 8**0.5
    said = chance_warning(towers, {"a": z, "b": z}, torch.ones(50, 2, dtype=torch.bool))
    assert said == (
        "held-out pairs are found no better than by chance ('a' and 'b': the loss is "
        f"{math.log(50):.2f}, chance is ln 50 = {math.log(50):.2f}); check that row i of each "
        "modality is one pair, add pairs, or train longer"
    )
    ranked = CoordinatedEncoders({"a": 2, "b": 3}, dim=8, loss="vse")
    said = chance_warning(ranked, {"a": z, "b": z}, torch.ones(50, 2, dtype=torch.bool))
    assert "the true partner's mean rank is 26 of 50" in said


def test_towers_that_are_too_sure_are_told_from_towers_that_learnt_nothing() -> None:
    """Ranks are above chance, the loss is not: the scale is the greatest there is."""
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=8)
    there = torch.ones(300, 2, dtype=torch.bool)
    pairs = spread(300, 0.6)
    scale = dict(towers.objective.named_parameters())["log_scale"]
    with torch.no_grad():
        scale.fill_(math.log(4))
    assert chance_warning(towers, pairs, there) == ""
    with torch.no_grad():
        scale.fill_(math.log(100))
    said = chance_warning(towers, pairs, there)
    assert said.startswith("the held-out loss sits at chance ('a' and 'b': the loss is ")
    assert said.endswith("although partners rank above it: the towers are too sure of what they "
        "learnt by heart; raise dropout or weight_decay, or add pairs")  # fmt: skip


def test_rows_without_both_are_not_looked_at() -> None:
    towers = CoordinatedEncoders({"a": 2, "b": 3}, dim=8)
    z = spread(200, 1.0)
    z["b"][100:] = torch.nan
    there = torch.ones(200, 2, dtype=torch.bool)
    there[100:, 1] = False
    assert chance_warning(towers, z, there) == ""
