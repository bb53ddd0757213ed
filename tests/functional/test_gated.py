import pytest
import torch
from torch import Tensor

from consilience.functional.gated import complementary_gates, gated_fusion


def normal(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_equals_the_written_out_sum(modalities: int) -> None:
    hidden = list(normal(modalities, 5, 4).unbind())
    gates = normal(5, modalities, 4).sigmoid()
    fused = gated_fusion(hidden, gates)
    for b in range(5):
        for o in range(4):
            expected = sum(gates[b, m, o] * hidden[m][b, o] for m in range(modalities))
            assert fused[b, o].item() == pytest.approx(float(expected), abs=1e-12)


def test_complementary_gates_add_up_to_one_in_order() -> None:
    gate = normal(5, 4).sigmoid()
    gates = complementary_gates(gate)
    assert torch.equal(gates[:, 0], gate)
    torch.testing.assert_close(gates.sum(dim=1), torch.ones(5, 4).double(), rtol=0, atol=1e-15)


def test_the_one_left_of_two_is_fully_open() -> None:
    gate = torch.full((4, 1), 0.25)
    presence = torch.tensor([[True, True], [True, False], [False, True], [False, False]])
    gates = complementary_gates(gate, presence)[:, :, 0].tolist()
    assert gates == [[0.25, 0.75], [1.0, 0.75], [0.25, 1.0], [0.25, 0.75]]
    hidden = [torch.full((4, 1), 8.0), torch.full((4, 1), 16.0)]
    fused = gated_fusion(hidden, complementary_gates(gate, presence), presence)
    assert fused.flatten().tolist() == [14, 8, 16, 0]


def test_a_closed_gate_lets_no_gradient_through() -> None:
    hidden = [normal(3, 2).requires_grad_(), normal(3, 2).requires_grad_()]
    gate = torch.tensor([[1.0, 0.0]] * 3, dtype=torch.float64)
    gated_fusion(hidden, complementary_gates(gate)).sum().backward()
    assert hidden[0].grad is not None
    assert hidden[1].grad is not None
    assert hidden[0].grad.tolist() == [[1, 0]] * 3
    assert hidden[1].grad.tolist() == [[0, 1]] * 3


def test_an_absent_modality_full_of_nan_adds_nothing_and_gets_no_gradient() -> None:
    hidden = [normal(2, 3), normal(2, 3) * torch.nan]
    gates = normal(2, 2, 3).sigmoid()
    gates[:, 1] = torch.nan
    leaves = [*(h.requires_grad_() for h in hidden), gates.requires_grad_()]
    presence = torch.tensor([[True, False]] * 2)
    fused = gated_fusion(hidden, gates, presence)
    torch.testing.assert_close(fused, gates[:, 0] * hidden[0], rtol=0, atol=0)
    own, others, gating = torch.autograd.grad(fused.sum(), leaves)
    assert torch.equal(own, gates[:, 0])
    assert (others == 0).all()
    assert torch.equal(gating[:, 0], hidden[0])
    assert (gating[:, 1] == 0).all()


def test_gradients() -> None:
    leaves = [v.requires_grad_() for v in (normal(2, 3), normal(2, 4)[:, :3], normal(2, 5)[:, :3])]

    def fused(a: Tensor, b: Tensor, g: Tensor) -> Tensor:
        return gated_fusion([a, b], complementary_gates(g.sigmoid()))

    assert torch.autograd.gradcheck(fused, [v.detach().requires_grad_() for v in leaves])
