import numpy as np
import pytest
import torch
from torch import nn

from consilience.coordination.memory import InstanceBank, MemoryQueue, MomentumEncoder
from consilience.errors import ConfigurationError, DataError, ShapeError


def test_the_queue_keeps_the_latest_in_order() -> None:
    queue = MemoryQueue(dim=2, size=5)
    assert queue.negatives() is None
    every = torch.arange(18.0).reshape(9, 2)
    for rows, kept in [((0, 2), (0, 2)), ((2, 4), (0, 4)), ((4, 7), (2, 7)), ((7, 9), (4, 9))]:
        queue.push(every[slice(*rows)])
        found = queue.negatives()
        assert found is not None
        assert torch.equal(found, every[slice(*kept)])


def test_a_batch_larger_than_the_queue_leaves_its_end() -> None:
    queue = MemoryQueue(dim=1, size=3)
    queue.push(torch.arange(7.0)[:, None])
    found = queue.negatives()
    assert found is not None
    assert found.flatten().tolist() == [4, 5, 6]


def test_the_queue_holds_no_graph_and_is_saved() -> None:
    queue, other = MemoryQueue(dim=1, size=3), MemoryQueue(dim=1, size=3)
    queue.push(torch.ones(2, 1, requires_grad=True) * 2)
    other.load_state_dict(queue.state_dict())
    found = other.negatives()
    assert found is not None
    assert found.tolist() == [[2.0], [2.0]]
    assert not found.requires_grad


def test_two_processes_hold_the_same_queue_with_rows_of_both(
    of_two_processes: list[dict[str, np.ndarray]],
) -> None:
    for found in of_two_processes:
        assert found["queue"].flatten().tolist() == [2, 3, 4, 5, 6, 7]


def test_the_copy_follows_by_its_momentum_and_has_no_gradient() -> None:
    encoder = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    slow = MomentumEncoder(encoder, momentum=0.75)
    before = [p.clone() for p in slow.copy.parameters()]
    with torch.no_grad():
        for p in encoder.parameters():
            p.add_(1)
    encoder(torch.randn(5, 2))
    slow.follow(encoder)
    for mine, old in zip(slow.copy.parameters(), before, strict=True):
        torch.testing.assert_close(mine, old + 0.25)
        assert not mine.requires_grad
    buffers = zip(slow.copy.buffers(), encoder.buffers(), strict=True)
    assert all(torch.equal(mine, new) for mine, new in buffers)
    assert all(p.requires_grad for p in encoder.parameters())
    assert not slow(torch.randn(3, 2)).requires_grad


def test_the_bank_moves_only_what_was_seen_and_stays_on_the_sphere() -> None:
    bank = InstanceBank(samples=4, dim=3, momentum=0.5)
    before = bank.rows.clone()
    torch.testing.assert_close(before.norm(dim=1), torch.ones(4))
    new = torch.tensor([[0.0, 5.0, 0.0]], requires_grad=True)
    bank.update(torch.tensor([2]), new)
    mixed = before[2] + torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(bank.rows[2], mixed / mixed.norm())
    assert torch.equal(bank.rows[[0, 1, 3]], before[[0, 1, 3]])
    assert not bank.rows.requires_grad


def test_drawn_negatives_are_others_each_once_and_by_their_seed() -> None:
    bank = InstanceBank(samples=9, dim=2, random_state=1)
    generator = torch.get_rng_state()
    batch = torch.tensor([0, 4])
    drawn = bank.negatives(batch, 7, random_state=0)
    others = bank.rows[[1, 2, 3, 5, 6, 7, 8]]
    assert sorted(drawn.tolist()) == sorted(others.tolist())
    few = [bank.negatives(batch, 3, random_state=s).tolist() for s in (0, 0, 1)]
    assert few[0] == few[1] != few[2]
    assert torch.equal(torch.get_rng_state(), generator)
    assert torch.equal(bank.rows, InstanceBank(samples=9, dim=2, random_state=1).rows)


def test_what_cannot_be() -> None:
    with pytest.raises(ShapeError, match=r"^dim and size must be at least 1, found 2 and 0$"):
        MemoryQueue(2, 0)
    with pytest.raises(ShapeError, match=r"^the queue holds width 2, found 3$"):
        MemoryQueue(2, 4).push(torch.ones(1, 3))
    with pytest.raises(ConfigurationError, match=r"^momentum must be from 0 to 1, found 1.5$"):
        MomentumEncoder(nn.Linear(1, 1), 1.5)
    bank = InstanceBank(3, 2)
    with pytest.raises(DataError, match=r"^sample 3 is not one of the 3 of the bank$"):
        bank.update(torch.tensor([0, 3]), torch.ones(2, 2))
    with pytest.raises(DataError, match=r"^3 negatives are wanted but there are 2 other samples$"):
        bank.negatives(torch.tensor([1]), 3, random_state=0)
