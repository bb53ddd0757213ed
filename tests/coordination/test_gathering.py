import numpy as np
import pytest
import torch

from consilience.coordination.gathering import gather_rows, is_spread, mean_over_processes

LOSSES = [
    "info_nce",
    "info_nce one way",
    "info_nce in tiles",
    "clip",
    "siglip",
    "hard",
    "views",
    "vse",
    "order",
]


@pytest.mark.parametrize("name", LOSSES)
def test_two_processes_have_loss_and_gradients_of_one_with_the_whole_batch(
    of_two_processes: list[dict[str, np.ndarray]], name: str
) -> None:
    for found in of_two_processes:
        assert found[name] == pytest.approx(found[f"whole {name}"], abs=1e-12)
        for i in range(3):
            mine, whole = found[f"{name}/{i}"], found[f"whole {name}/{i}"]
            np.testing.assert_allclose(mine, whole, rtol=1e-10, atol=1e-12)
            assert np.abs(whole).max() > 1e-3


def test_every_loss_was_tried_and_depends_on_the_rest_of_the_batch(
    of_two_processes: list[dict[str, np.ndarray]],
) -> None:
    whole = {name.removeprefix("whole ") for name in of_two_processes[0] if name[:5] == "whole"}
    assert {name for name in whole if "/" not in name} == set(LOSSES)


def test_alone_nothing_is_gathered_and_a_mean_is_itself() -> None:
    z = torch.ones(3, 2, requires_grad=True)
    assert not is_spread()
    every, first = gather_rows(z)
    assert every is z
    assert first == 0
    loss = z.sum()
    assert mean_over_processes(loss, 3) is loss
