"""The axioms that define the value, and its definition written out."""

import math
from itertools import permutations

import numpy as np
import pytest

from consilience.errors import ShapeError
from consilience.functional.shapley import shapley_values, shapley_weights


def by_orders(scores: np.ndarray) -> np.ndarray:
    """The mean of what each modality adds, over all orders of adding them."""
    modalities = len(scores).bit_length() - 1
    total = np.zeros(modalities)
    for order in permutations(range(modalities)):
        shown = 0
        for m in order:
            total[m] += scores[shown | 2**m] - scores[shown]
            shown |= 2**m
    return total / math.factorial(modalities)


@pytest.mark.parametrize("modalities", [1, 2, 3, 5])
def test_values_are_what_a_modality_adds_over_all_orders(modalities: int) -> None:
    scores = np.random.default_rng(modalities).normal(size=2**modalities)
    np.testing.assert_allclose(shapley_values(scores), by_orders(scores), atol=1e-12)


def test_axioms() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 4, 2**8))
    values = shapley_values(first)
    assert values.shape == (4, 8)
    np.testing.assert_allclose(values.sum(axis=1), first[:, -1] - first[:, 0], atol=1e-10)
    np.testing.assert_allclose(
        shapley_values(2 * first - 3 * second), 2 * values - 3 * shapley_values(second), atol=1e-10
    )
    numbers = np.arange(8)
    dummy = np.where(numbers & 2, 0.25, 0.0) + np.where(numbers & 5 == 5, 1.0, 0.0)
    np.testing.assert_allclose(shapley_values(dummy), [0.5, 0.25, 0.5], atol=1e-12)


def test_every_subset_is_weighed() -> None:
    weights = shapley_weights(4)
    assert weights.shape == (16, 4)
    np.testing.assert_allclose(weights.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.abs(weights).sum(axis=0), 2, atol=1e-12)


@pytest.mark.parametrize("shape", [(3,), (1,), (0,), (2, 6), ()])
def test_scores_must_be_one_a_subset(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as raised:
        shapley_values(np.zeros(shape))
    assert str(raised.value) == (
        f"scores must be one a subset of modalities, 2, 4, 8, ... of them; found {shape}"
    )
