"""Kernel matrices in float64 of the samples of a view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from consilience.errors import ConfigurationError, suggestion

Floats = NDArray[np.float64]
Kernel = Callable[[Floats, Floats], Floats]


@final
@dataclass(frozen=True, slots=True)
class KernelChoice:
    r"""A kernel by name, with what it needs.

    Attributes:
        name: `"linear"` $x^\top y$, `"polynomial"` $(\gamma x^\top y + c)^d$, `"rbf"`
            $e^{-\gamma \lVert x - y \rVert^2}$ or `"exponential"`
            $e^{-\gamma \lVert x - y \rVert}$.
        gamma: $\gamma$; None for 1 over the columns times their mean variance.
        degree: $d$.
        coef0: $c$.
    """

    name: str
    gamma: float | None = None
    degree: int = 3
    coef0: float = 1.0


def kernel_on(choice: KernelChoice, view: Floats) -> Kernel:
    """The kernel with its width fixed on the samples of a fit.

    Args:
        choice: Which.
        view: `(samples, columns)`.

    Returns:
        A function of two sets of samples, `(n, columns)` and `(m, columns)`, to `(n, m)`.

    Raises:
        ConfigurationError: If there is no such kernel or `gamma` is not above 0.

    Example:
        >>> x = np.array([[0.0], [2.0]])
        >>> kernel_on(KernelChoice("rbf", gamma=0.5), x)(x, x).round(3).tolist()
        [[1.0, 0.135], [0.135, 1.0]]
    """
    if choice.name not in KERNELS:
        raise ConfigurationError(
            [f"there is no kernel {choice.name!r}; {suggestion(choice.name, KERNELS)}"]
        )
    if choice.gamma is not None and not 0 < choice.gamma < np.inf:
        raise ConfigurationError([f"gamma must be above 0, found {choice.gamma}"])
    spread = view.shape[1] * float(view.var(axis=0).mean())
    gamma = choice.gamma if choice.gamma is not None else 1 / spread if spread > 0 else 1.0
    return lambda x, y: KERNELS[choice.name](x, y, gamma, choice)


def _linear(x: Floats, y: Floats, gamma: float, choice: KernelChoice) -> Floats:  # noqa: ARG001  one signature
    return x @ y.T


def _polynomial(x: Floats, y: Floats, gamma: float, choice: KernelChoice) -> Floats:
    return (gamma * (x @ y.T) + choice.coef0) ** choice.degree


def _rbf(x: Floats, y: Floats, gamma: float, choice: KernelChoice) -> Floats:  # noqa: ARG001  one signature
    return np.exp(-gamma * cdist(x, y, "sqeuclidean"))


def _exponential(x: Floats, y: Floats, gamma: float, choice: KernelChoice) -> Floats:  # noqa: ARG001  one signature
    return np.exp(-gamma * cdist(x, y))


KERNELS: Mapping[str, Callable[[Floats, Floats, float, KernelChoice], Any]] = {
    "linear": _linear,
    "polynomial": _polynomial,
    "rbf": _rbf,
    "exponential": _exponential,
}
"""Kernels by name."""
