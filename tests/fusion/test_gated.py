import pytest
import torch
from torch import Tensor

from consilience.functional.randomness import seeded
from consilience.fusion import GatedFusion

OUT = 5


def built(*widths: int) -> tuple[GatedFusion, dict[str, Tensor], list[Tensor]]:
    """A unit, inputs, and what each modality says, computed apart."""
    dims = {f"m{i}": d for i, d in enumerate(widths)}
    with seeded(len(widths)):
        fuse = GatedFusion(dims, OUT).double()
        inputs = {name: 2 * torch.randn(9, d, dtype=torch.float64) for name, d in dims.items()}
    maps = [
        [fuse.get_parameter(f"maps.{i}.{p}") for p in ("weight", "bias")] for i in range(len(dims))
    ]
    says = [torch.tanh(x @ w.T + b) for (w, b), x in zip(maps, inputs.values(), strict=True)]
    return fuse, inputs, says


def gates_of(fuse: GatedFusion, inputs: dict[str, Tensor]) -> Tensor:
    raw = torch.cat(list(inputs.values()), dim=1)
    return torch.sigmoid(raw @ fuse.gate.weight.T + fuse.gate.bias)


def test_two_modalities_share_one_gate_that_sees_the_raw_inputs() -> None:
    fuse, inputs, (first, second) = built(3, 4)
    z = gates_of(fuse, inputs)
    assert z.shape == (9, OUT)
    torch.testing.assert_close(fuse(inputs), z * first + (1 - z) * second, rtol=0, atol=1e-12)


def test_of_two_the_result_lies_between_them_in_every_coordinate() -> None:
    fuse, inputs, (first, second) = built(3, 4)
    fused = fuse(inputs)
    assert (fused >= torch.minimum(first, second) - 1e-12).all()
    assert (fused <= torch.maximum(first, second) + 1e-12).all()


@pytest.mark.parametrize("widths", [(3,), (3, 4, 2), (1, 2, 3, 4)])
def test_gates_of_other_numbers_are_independent_sigmoids(widths: tuple[int, ...]) -> None:
    fuse, inputs, says = built(*widths)
    z = gates_of(fuse, inputs).reshape(9, len(widths), OUT)
    assert ((z.sum(dim=1) - 1).abs() > 1e-3).any()
    expected = sum(z[:, m] * h for m, h in enumerate(says))
    torch.testing.assert_close(fuse(inputs), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("bias", "closed"), [(1e3, "m1"), (-1e3, "m0")])
def test_a_modality_behind_a_closed_gate_gets_no_gradient(bias: float, closed: str) -> None:
    fuse, inputs, _ = built(3, 4)
    fuse.gate.bias.data.fill_(bias)
    leaves = {name: x.requires_grad_() for name, x in inputs.items()}
    fuse(leaves).sum().backward()
    for name, x in leaves.items():
        assert x.grad is not None
        assert bool((x.grad == 0).all()) == (name == closed)


def test_the_one_left_of_two_speaks_alone() -> None:
    fuse, inputs, (first, second) = built(3, 4)
    presence = torch.tensor([[True, False]] * 4 + [[False, True]] * 5)
    expected = torch.cat([first[:4], second[4:]])
    torch.testing.assert_close(fuse(inputs, presence), expected, rtol=0, atol=1e-12)


def test_learns_which_modality_to_heed() -> None:
    """The first number of `m0` says which modality carries the class; additive maps cannot."""
    rng = torch.Generator().manual_seed(0)
    which = torch.rand(400, generator=rng) < 0.5
    y = (torch.rand(400, generator=rng) < 0.5).float() * 2 - 1
    noise = torch.randn(2, 400, generator=rng)
    x0 = torch.stack([which.float() * 4 - 2, torch.where(which, 2 * y, noise[0])], dim=1)
    x1 = torch.where(which, noise[1], 2 * y)[:, None]
    with seeded(0):
        fuse = GatedFusion({"m0": 2, "m1": 1}, 1)
    update = torch.optim.LBFGS(fuse.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        update.zero_grad()
        error = torch.nn.functional.softplus(-4 * y * fuse({"m0": x0, "m1": x1})[:, 0]).mean()
        error = error + 1e-3 * sum(p.square().sum() for p in fuse.parameters())
        error.backward()
        return error

    update.step(loss)
    with torch.no_grad():
        right = (fuse({"m0": x0, "m1": x1})[:, 0].sign() == y).float().mean()
        gate = gates_of(fuse, {"m0": x0, "m1": x1})[:, 0]
    assert right > 0.97
    assert torch.corrcoef(torch.stack([gate, which.float()]))[0, 1].abs() > 0.9
