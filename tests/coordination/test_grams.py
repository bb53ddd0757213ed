import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel

from consilience.coordination.grams import KERNELS, KernelChoice, kernel_on
from consilience.errors import ConfigurationError

X = np.random.default_rng(0).standard_normal((20, 3))


@pytest.mark.parametrize("name", list(KERNELS))
def test_matrices_are_symmetric_and_positive_semidefinite(name: str) -> None:
    gram = kernel_on(KernelChoice(name), X)(X, X)
    np.testing.assert_allclose(gram, gram.T, atol=1e-14)
    assert np.linalg.eigvalsh(gram).min() > -1e-10


def test_agree_with_scikit_learn() -> None:
    choice = KernelChoice("polynomial", gamma=0.4, degree=2, coef0=2.0)
    expected = polynomial_kernel(X, X[:5], degree=2, gamma=0.4, coef0=2)
    np.testing.assert_allclose(kernel_on(choice, X)(X, X[:5]), expected)
    found = kernel_on(KernelChoice("rbf", gamma=0.4), X)(X, X[:5])
    np.testing.assert_allclose(found, rbf_kernel(X, X[:5], gamma=0.4))


def test_the_exponential_falls_with_distance_itself() -> None:
    x = np.array([[0.0, 0.0], [3.0, 4.0]])
    found = kernel_on(KernelChoice("exponential", gamma=0.1), x)(x, x)
    assert found[0, 1] == pytest.approx(np.exp(-0.5))


def test_the_default_width_follows_the_samples() -> None:
    wide = kernel_on(KernelChoice("rbf"), 100 * X)(100 * X, 100 * X)
    np.testing.assert_allclose(wide, kernel_on(KernelChoice("rbf"), X)(X, X))
    same = np.ones((4, 2))
    assert (kernel_on(KernelChoice("rbf"), same)(same, same) == 1).all()


def test_unknown_kernels_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no kernel 'rfb'; did you mean 'rbf'"):
        kernel_on(KernelChoice("rfb"), X)
    with pytest.raises(ConfigurationError, match="gamma must be above 0, found -1"):
        kernel_on(KernelChoice("rbf", gamma=-1.0), X)
