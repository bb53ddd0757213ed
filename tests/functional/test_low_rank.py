import numpy as np
import pytest
import torch
from torch import Tensor

from consilience.functional.low_rank import low_rank_fusion

OUT = 2


def drawn(dims: list[int], rank: int, batch: int = 6) -> tuple[list[Tensor], ...]:
    rng = torch.Generator().manual_seed(len(dims) * 10 + rank)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng, dtype=torch.float64)

    inputs = [normal(batch, d) for d in dims]
    factors = [normal(d + 1, rank, OUT) for d in dims]
    return inputs, factors, [normal(rank), normal(OUT)]


def full_contraction(
    inputs: list[Tensor], factors: list[Tensor], weights: Tensor, bias: Tensor
) -> np.ndarray:
    """Tensor fusion with the weight tensor written out, by numpy alone."""
    size = tuple(len(f) for f in factors)
    weight = np.zeros((*size, OUT))
    for index in np.ndindex(*size):
        for r in range(len(weights)):
            vectors = [f[i, r].numpy() for f, i in zip(factors, index, strict=True)]
            weight[index] += weights[r].item() * np.prod(vectors, axis=0)
    fused: list[np.ndarray] = []
    for row in zip(*inputs, strict=True):
        product = np.ones(())
        for x in row:
            product = np.multiply.outer(product, np.append(x.numpy(), 1.0))
        fused.append(np.tensordot(product, weight, axes=product.ndim) + bias.numpy())
    return np.array(fused)


@pytest.mark.parametrize("dims", [[3], [3, 4], [2, 3, 4]])
@pytest.mark.parametrize("rank", [1, 3])
def test_equals_tensor_fusion_with_the_weight_written_out(dims: list[int], rank: int) -> None:
    inputs, factors, (weights, bias) = drawn(dims, rank)
    fused = low_rank_fusion(inputs, factors, weights, bias)
    np.testing.assert_allclose(
        fused.numpy(), full_contraction(inputs, factors, weights, bias), rtol=0, atol=1e-10
    )


def test_the_sum_over_terms_comes_after_the_product_over_modalities() -> None:
    one = torch.eye(2, dtype=torch.float64)[:, :, None]
    x, z = torch.tensor([[2.0]]).double(), torch.tensor([[5.0]]).double()
    ones, zero = torch.ones(2).double(), torch.zeros(1).double()
    fused = low_rank_fusion([x, z], [one, one], ones, zero)
    assert fused.item() == 2 * 5 + 1 * 1
    assert fused.item() != (2 + 1) * (5 + 1)


def test_the_last_row_of_a_factor_meets_the_one() -> None:
    factor = torch.tensor([[[7.0]], [[3.0]]])
    zero = torch.zeros(1, 1)
    assert low_rank_fusion([zero], [factor], torch.ones(1), torch.zeros(1)).item() == 3


def test_an_absent_modality_is_the_factor_one_whatever_its_buffer_holds() -> None:
    inputs, factors, (weights, bias) = drawn([2, 3, 4], rank=3)
    presence = torch.ones(6, 3, dtype=torch.bool)
    presence[1:3, 1] = False
    presence[2] = False
    inputs[1][1:3] = torch.nan
    variables = [f.requires_grad_() for f in factors]
    fused = low_rank_fusion(inputs, factors, weights, bias, presence)
    others = low_rank_fusion([inputs[0], inputs[2]], [factors[0], factors[2]], weights, bias)
    torch.testing.assert_close(fused[1], others[1], rtol=0, atol=1e-12)
    torch.testing.assert_close(fused[2], weights.sum() + bias, rtol=0, atol=1e-12)
    for gradient in torch.autograd.grad(fused.square().sum(), variables):
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0


def test_gradients() -> None:
    inputs, factors, rest = drawn([2, 1, 2], rank=2, batch=3)
    leaves = [v.requires_grad_() for v in (*inputs, *factors, *rest)]

    def fused(*v: Tensor) -> Tensor:
        return low_rank_fusion(v[:3], v[3:6], v[6], v[7])

    assert torch.autograd.gradcheck(fused, leaves)
