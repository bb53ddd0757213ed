"""Shapley values: what each modality adds to a score, fairly shared."""

from math import factorial

import numpy as np
from numpy.typing import NDArray

from consilience.data.missing import Values
from consilience.errors import ShapeError


def shapley_weights(modalities: int) -> NDArray[np.float64]:
    r"""The matrix that turns the scores of all subsets into Shapley values.

    $$\phi_m = \sum_{S \not\ni m} \frac{|S|!\,(M - |S| - 1)!}{M!}
    \bigl(v(S \cup m) - v(S)\bigr)$$

    Args:
        modalities: $M$, at least 1.

    Returns:
        `(2 ** modalities, modalities)`; subset $s$ has modality $m$ where bit $m$ of $s$ is
        set.

    Example:
        >>> shapley_weights(2).T.tolist()
        [[-0.5, 0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]]
    """
    numbers = np.arange(2**modalities)
    has = (numbers[:, None] >> np.arange(modalities)) & 1 == 1
    size = has.sum(axis=1)
    share = [factorial(k) * factorial(modalities - k - 1) for k in range(modalities)]
    weight = np.array([0, *share, 0]) / factorial(modalities)
    return np.where(has, weight[size][:, None], -weight[size + 1][:, None])


def shapley_values(scores: Values) -> NDArray[np.float64]:
    """The Shapley value of each modality from the score of every subset.

    They add up to the score of all less that of none.

    Args:
        scores: $v$ of every subset, `(..., 2 ** modalities)`, none first, all last: subset
            $s$ has modality $m$ where bit $m$ of $s$ is set.

    Returns:
        `(..., modalities)`.

    Raises:
        ShapeError: If the last axis is not a power of two of at least 2.

    References:
        Shapley, A Value for n-Person Games, 1953.

    Example:
        >>> shapley_values([0.5, 0.9, 0.5, 1.0]).round(12).tolist()
        [0.45, 0.05]
    """
    v = np.asarray(scores, dtype=np.float64)
    number = v.shape[-1] if v.ndim else 0
    modalities = number.bit_length() - 1
    if modalities < 1 or number != 2**modalities:
        raise ShapeError(
            f"scores must be one a subset of modalities, 2, 4, 8, ... of them; found {v.shape}"
        )
    return v @ shapley_weights(modalities)
