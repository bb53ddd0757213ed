import torch

from consilience.functional.randomness import seeded
from consilience.fusion import AdditiveFusion, ConcatFusion

DIMS = {"a": 3, "b": 2, "c": 4}


def test_equals_additive_fusion_with_the_blocks_of_its_weight() -> None:
    with seeded(0):
        concat, additive = ConcatFusion(DIMS, 5).double(), AdditiveFusion(DIMS, 5).double()
        inputs = {name: torch.randn(8, d, dtype=torch.float64) for name, d in DIMS.items()}
        presence = torch.rand(8, 3) < 0.6
    blocks = concat.linear.weight.detach().split(list(DIMS.values()), dim=1)
    state = {f"maps.{i}.weight": block for i, block in enumerate(blocks)}
    additive.load_state_dict({**state, "bias": concat.linear.bias.detach()})
    torch.testing.assert_close(concat(inputs), additive(inputs), rtol=0, atol=1e-12)
    torch.testing.assert_close(
        concat(inputs, presence), additive(inputs, presence), rtol=0, atol=1e-12
    )
