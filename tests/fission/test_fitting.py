"""The loop sees every row once an epoch, in an order of its seed."""

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ConfigurationError, DataError
from consilience.fission.fitting import Schedule, adam, minimise


def test_every_epoch_sees_every_row_once_in_a_new_order() -> None:
    epochs = [torch.cat(parts).tolist() for parts in Schedule(3, 4).batches(10)]
    assert all(sorted(rows) == list(range(10)) for rows in epochs)
    assert epochs[0] != epochs[1]
    again = [torch.cat(parts).tolist() for parts in Schedule(3, 4).batches(10)]
    other = [torch.cat(parts).tolist() for parts in Schedule(3, 4, seed=1).batches(10)]
    assert epochs == again != other


def test_a_single_row_that_is_left_over_is_left_out() -> None:
    assert [len(p) for p in next(Schedule(1, 4).batches(9))] == [4, 4]


def test_it_minimises_and_ends_in_evaluation_mode() -> None:
    line, x = nn.Linear(1, 1), torch.linspace(-1, 1, 32)[:, None]
    losses = minimise(
        line, lambda r: (line(x[r]) - 2 * x[r]).square().mean(), 32, Schedule(80, 16, 0.1)
    )
    assert len(losses) == 80
    assert losses[-1] < 1e-3 < losses[0]
    assert not line.training


@pytest.mark.usefixtures("unchecked")
def test_faults_are_told() -> None:
    with pytest.raises(ConfigurationError) as told:
        Schedule(0, 1, 0.0)
    assert told.value.faults == (
        "epochs must be at least 1, found 0",
        "batch_size must be at least 2, found 1",
        "learning_rate must be positive, found 0.0",
    )
    with pytest.raises(ConfigurationError) as told:
        Schedule("9", 2.5, "fast")  # pyright: ignore[reportArgumentType]  wrong on purpose
    assert told.value.faults == (
        "epochs must be a whole number, found '9'",
        "batch_size must be a whole number, found 2.5",
        "learning_rate must be positive, found 'fast'",
    )
    line = nn.Linear(1, 1)

    def lost(rows: Tensor) -> Tensor:
        return line(torch.full((len(rows), 1), torch.nan)).sum()

    with pytest.raises(DataError, match="the loss became nan"):
        minimise(line, lost, 4, Schedule())
    with pytest.raises(DataError, match="at least 2 samples, found 1"):
        minimise(line, lost, 1, Schedule())
    assert adam(line.parameters(), 0.1).defaults["lr"] == 0.1
