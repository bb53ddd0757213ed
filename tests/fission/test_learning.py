"""Targets are checked, rows are picked from everything alike."""

import numpy as np
import pytest
import torch

from consilience.data.container import MultimodalData
from consilience.errors import DataError, InputTypeError, ShapeError
from consilience.fission.fitting import Schedule
from consilience.fission.learning import Lossy, learn, required, rows_of, target_of, task_loss
from consilience.fission.shared_private import SharedPrivateEncoders


def test_the_data_bring_their_own_target() -> None:
    data = MultimodalData({"a": np.zeros((3, 1))}, target=["x", "y", "x"])
    assert target_of(data, None, 2).tolist() == [0, 1, 0]
    given = torch.tensor([2, 0, 1])
    assert target_of({"a": torch.zeros(3, 1)}, given, 3) is given


@pytest.mark.usefixtures("unchecked")
def test_targets_that_do_not_fit_are_told() -> None:
    x = {"a": torch.zeros(2, 1)}
    with pytest.raises(DataError, match="the target has 3 classes but targets=2"):
        target_of(x, torch.tensor([0, 2]), 2)
    with pytest.raises(DataError, match="the target has 2 outputs but targets=1"):
        target_of(x, torch.zeros(2, 2), 1)
    with pytest.raises(DataError, match=r"^learning from labels needs a target$"):
        required(None)
    with pytest.raises(ShapeError, match="the target has 1 rows but there are 2 samples"):
        target_of(x, torch.tensor([0]), 2)
    with pytest.raises(DataError, match="class codes must count from 0, found -1"):
        target_of(x, torch.tensor([-1, 0]), 2)
    for same in (torch.ones(2, dtype=torch.int64), torch.ones(2, 2)):
        with pytest.raises(DataError, match="the target is the same in every sample"):
            target_of(x, same, 2)
    with pytest.raises(InputTypeError, match="the target must be a tensor, found ndarray"):
        target_of(x, np.array([0, 1]), 2)  # pyright: ignore[reportArgumentType]  wrong on purpose


def test_rows_are_picked_alike_and_losses_fit_the_target() -> None:
    rows = torch.tensor([2, 0])
    x, y = {"a": torch.arange(3.0)[:, None]}, torch.arange(3)
    inputs, target, presence = rows_of(x, y, None, rows)
    assert inputs["a"][:, 0].tolist() == [2, 0]
    assert target is not None
    assert target.tolist() == [2, 0]
    assert presence is None
    flat = task_loss(torch.zeros(4, 4), torch.arange(4))
    assert float(flat) == pytest.approx(np.log(4))
    assert float(task_loss(torch.ones(2, 1), torch.zeros(2))) == 1


def test_a_module_with_a_loss_learns() -> None:
    model = SharedPrivateEncoders({"a": 2, "b": 2}, 1, 1, random_state=0)
    assert isinstance(model, Lossy)
    x = {m: torch.randn(32, 2) for m in "ab"}
    before = float(model.loss(x).detach())
    learn(model, x, None, None, Schedule(10, 16, 1e-2))
    assert float(model.loss(x).detach()) < before
