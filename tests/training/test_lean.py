"""The lean AdamW takes torch's own steps."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from consilience.training.batches import TensorBatches
from consilience.training.lean import LeanAdamW
from consilience.training.loop import adamw, fit
from consilience.training.objectives import Supervised


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_are_torchs_own(dtype: torch.dtype) -> None:
    ours = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)).to(dtype)
    theirs = deepcopy(ours)
    settings = {"learning_rate": 0.03, "weight_decay": 0.2}
    lean, plain = LeanAdamW(adamw(ours, **settings)), adamw(theirs, **settings)
    for number in range(7):
        x = torch.randn(5, 3, dtype=dtype)
        for model, update in ((ours, lean), (theirs, plain)):
            update.zero_grad()
            last = len(model) if number not in {0, 3} else 2
            model[:last](x).square().sum().backward()
            update.step()
        for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_step_without_gradients_moves_nothing() -> None:
    model = nn.Linear(2, 2)
    before = deepcopy(model.state_dict())
    update = LeanAdamW(adamw(model, learning_rate=1.0, weight_decay=0.5))
    update.step()
    assert all(torch.equal(x, before[n]) for n, x in model.state_dict().items())
    model(torch.ones(1, 2)).sum().backward()
    update.zero_grad()
    assert model.weight.grad is None


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1, dtype=torch.float64)

    def forward(self, inputs: dict[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del presence
        return self.linear(inputs["x"])


@pytest.mark.parametrize("fused", [True, False])
def test_the_loop_takes_the_steps_of_torchs_optimiser(
    monkeypatch: pytest.MonkeyPatch, *, fused: bool
) -> None:
    def plain(model: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
        del weight_decay
        return torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=fused)

    x = torch.randn(32, 1, dtype=torch.float64)
    given = TensorBatches({"x": x}, 2 * x, batch_size=8)
    ours, theirs = Line(), Line()
    theirs.load_state_dict(ours.state_dict())
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=0.1)
    monkeypatch.setattr("consilience.training.loop.adamw", plain)
    objective = Supervised(nn.MSELoss())
    fit(ours, objective, given, max_epochs=3, learning_rate=0.1)
    fit(theirs, objective, given, max_epochs=3, optimizer=optimizer)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
