from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.metrics import pairwise
from torch import Tensor

from consilience.errors import ConfigurationError, ShapeError
from consilience.functional.similarity import cosine, exponential, linear, polynomial, rbf

Kernel = Callable[[Tensor, Tensor], Tensor]

KERNELS: dict[str, Kernel] = {
    "cosine": cosine,
    "linear": linear,
    "polynomial": partial(polynomial, degree=3, gamma=0.5, constant=2.0),
    "exponential": partial(exponential, gamma=0.7),
    "rbf": partial(rbf, gamma=0.7),
}


def drawn() -> tuple[Tensor, Tensor]:
    return torch.randn(7, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("cosine", pairwise.cosine_similarity),
        ("linear", pairwise.linear_kernel),
        ("polynomial", partial(pairwise.polynomial_kernel, degree=3, gamma=0.5, coef0=2)),
        ("rbf", partial(pairwise.rbf_kernel, gamma=0.7)),
    ],
)
def test_kernels_equal_those_of_scikit_learn(name: str, peer: Callable[..., np.ndarray]) -> None:
    x, y = drawn()
    np.testing.assert_allclose(KERNELS[name](x, y), peer(x.numpy(), y.numpy()), atol=1e-12)


def test_the_exponential_kernel_takes_the_euclidean_distance_not_its_square() -> None:
    x, y = drawn()
    expected = np.exp(-0.7 * pairwise.euclidean_distances(x.numpy(), y.numpy()))
    np.testing.assert_allclose(KERNELS["exponential"](x, y), expected, atol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_gram_matrices_are_symmetric_and_positive_semidefinite(name: str) -> None:
    x = torch.randn(20, 3, dtype=torch.float64)
    gram = KERNELS[name](x, x)
    torch.testing.assert_close(gram, gram.T, rtol=0, atol=1e-12)
    assert torch.linalg.eigvalsh(gram).min() > -1e-10


def test_the_quadratic_kernel_is_a_product_of_its_features() -> None:
    x, y = drawn()

    def features(z: Tensor) -> Tensor:
        squares = (z[:, :, None] * z[:, None]).flatten(1)
        return torch.cat([squares, 2**0.5 * z, torch.ones(len(z), 1)], dim=1)

    torch.testing.assert_close(polynomial(x, y), features(x) @ features(y).T)


def test_the_cosine_does_not_see_lengths_and_is_defined_at_zero() -> None:
    x, _ = drawn()
    torch.testing.assert_close(cosine(x, 5 * x).diagonal(), torch.ones(7, dtype=torch.float64))
    zero = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    found = cosine(zero, x)
    assert not found.any()
    found.sum().backward()
    assert zero.grad is not None
    assert zero.grad.isfinite().all()


@pytest.mark.parametrize("name", ["exponential", "rbf"])
def test_equal_rows_have_similarity_one_and_no_gradient(name: str) -> None:
    x = torch.full((40, 3), 100.25, requires_grad=True)
    gram = KERNELS[name](x, x.detach())
    assert (gram == 1).all()
    gram.sum().backward()
    assert x.grad is not None
    assert not x.grad.any()


def test_all_options_that_make_no_kernel_are_told_at_once() -> None:
    x, y = drawn()
    with pytest.raises(ConfigurationError) as raised:
        polynomial(x, y, degree=0, gamma=-1.0, constant=-2.0)
    assert raised.value.faults == (
        "gamma must be above 0, found -1.0",
        "degree must be at least 1, found 0",
        "constant must be 0 or more, found -2.0",
    )
    for kernel in (exponential, rbf):
        with pytest.raises(ConfigurationError, match=r"^gamma must be above 0, found 0.0$"):
            kernel(x, y, gamma=0.0)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.usefixtures("unchecked")
def test_widths_must_agree(name: str) -> None:
    with pytest.raises(ShapeError, match="za has width 3 but zb has 2"):
        KERNELS[name](torch.ones(1, 3), torch.ones(1, 2))
