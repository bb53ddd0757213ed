import pytest
import torch

from consilience.functional.randomness import seeded


def test_a_seed_gives_the_same_bits_and_another_seed_others() -> None:
    draws: list[list[float]] = []
    for seed in (3, 3, 4):
        with seeded(seed):
            draws.append(torch.nn.Linear(4, 4).weight.flatten().tolist())
    assert draws[0] == draws[1] != draws[2]


def test_the_generator_goes_on_as_if_nothing_had_happened() -> None:
    before = torch.get_rng_state()
    with seeded(0):
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_generator_goes_on_after_an_exception() -> None:
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), seeded(0):
        torch.rand(5 // 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_blocks_nest() -> None:
    with seeded(1):
        straight = torch.rand(2).tolist()
    with seeded(1):
        first = torch.rand(1).item()
        with seeded(2):
            torch.rand(3)
        assert [first, torch.rand(1).item()] == pytest.approx(straight, abs=0)
