"""Unit values of the papers, and the identities the formulas rest on."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from consilience.errors import DataError, ShapeError
from consilience.functional.dynamics import (
    blend_weights,
    conditional_speeds,
    conditional_utilization,
    min_norm_share,
    modulation,
    overfitting_ratio,
    pareto_gradient,
    relative_speed,
)

positive = st.floats(0.01, 10.0)


@pytest.mark.parametrize(
    ("gain", "overfitting", "weights"),
    [
        ([0.4, 0.1], [0.2, 0.2], [0.8, 0.2]),
        ([0.4, 0.4], [0.2, 0.4], [0.8, 0.2]),
        ([0.4, 0.4], [-0.2, 0.4], [0.8, 0.2]),
        ([0.4, 0.1, 0.0, -3.0], [0.2, 0.2, 0.1, 0.1], [0.8, 0.2, 0.0, 0.0]),
        ([-0.4, -0.1], [0.2, 0.2], [0.5, 0.5]),
        ([0.4, 0.1, 0.2], [0.0, 0.2, 0.0], [0.5, 0.0, 0.5]),
        ([0.0, 0.1], [0.0, 0.2], [0.0, 1.0]),
        ([1e-200, 1e-200], [1e-200, 2e-200], [0.8, 0.2]),
    ],
)
def test_weights_of_losses(
    gain: list[float], overfitting: list[float], weights: list[float]
) -> None:
    np.testing.assert_allclose(blend_weights(gain, overfitting), weights, rtol=0, atol=1e-12)


def test_the_weights_blend_with_the_least_overfitting_for_what_is_gained() -> None:
    gain, noise = np.array([0.3, 0.5, 0.1]), np.array([0.4, 0.3, 0.35])

    def ratio(w: np.ndarray) -> float:
        return float((w**2 @ noise**2) / (w @ gain) ** 2)

    found = minimize(ratio, np.ones(3) / 3, method="Nelder-Mead", options={"xatol": 1e-10}).x
    np.testing.assert_allclose(blend_weights(gain, noise), found / found.sum(), atol=1e-5)


@given(st.lists(st.tuples(positive, positive), min_size=2, max_size=5), positive)
def test_weights_add_up_and_ignore_the_unit_of_losses(
    heads: list[tuple[float, float]], unit: float
) -> None:
    gain, overfitting = np.array(heads).T
    weights = blend_weights(gain, overfitting)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(blend_weights(unit * gain, unit * overfitting), weights, atol=1e-9)


def test_a_gap_near_zero_does_not_take_all_the_weight() -> None:
    assert blend_weights([0.4, 0.4], [1e-9, 0.04])[0] > 0.999
    held = blend_weights([0.4, 0.4], [1e-9, 0.04], least_ratio=0.1)
    np.testing.assert_allclose(held, [0.5, 0.5], atol=1e-12)
    held = blend_weights([0.4, 0.4], [0.0, 0.08], least_ratio=0.1)
    np.testing.assert_allclose(held, [0.8, 0.2], atol=1e-12)


def test_weights_need_a_finite_number_a_head() -> None:
    with pytest.raises(ShapeError) as raised:
        blend_weights([0.1, 0.2], [0.1])
    assert str(raised.value) == (
        "gain and overfitting must be a number a head each; found (2,) and (1,)"
    )
    with pytest.raises(DataError, match=r"finite losses; found gains \[nan\]"):
        blend_weights([math.nan], [0.1])


def test_overfitting_for_each_unit_gained() -> None:
    found = overfitting_ratio([0.4, 0.4, 0.0, -0.1], [0.2, -0.2, 0.1, 0.1])
    assert found.tolist() == [0.5, 0.5, math.inf, math.inf]


def test_speed_is_not_invariant_to_scale() -> None:
    """Of a network that ignores the scale of its weights, it falls with the fourth power."""
    x = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    speeds: list[float] = []
    for scale in (1.0, 3.0):
        w = (scale * torch.tensor([0.3, 0.7, -0.2], dtype=torch.float64)).requires_grad_()
        (w @ x / w.norm()).backward()
        speeds.append(relative_speed([w], [w.grad]))
    assert speeds[1] == pytest.approx(speeds[0] / 81, rel=1e-12)


def test_speed_takes_all_parameters_as_one() -> None:
    one, two = torch.tensor([3.0]), torch.tensor([4.0])
    assert relative_speed([one, two], [None, torch.tensor([10.0])]) == 4.0
    assert relative_speed([torch.zeros(2)], [torch.ones(2)]) == 0.0
    assert relative_speed([], []) == 0.0


def test_speeds_of_two_modalities_are_opposite_and_of_more_against_the_mean() -> None:
    np.testing.assert_allclose(conditional_speeds([6.0, 2.0]), [math.log(3), -math.log(3)])
    np.testing.assert_allclose(
        conditional_speeds([6.0, 2.0, 4.0]), np.log([6 / 3, 2 / 5, 4 / 4]), atol=1e-12
    )
    assert conditional_speeds([6.0]).tolist() == [0.0]
    assert conditional_speeds([0.0, 0.0]).tolist() == [0.0, 0.0]
    assert conditional_speeds([1.0, 0.0]).tolist() == [math.inf, -math.inf]


def test_utilization_is_a_share_of_the_score() -> None:
    found = conditional_utilization(0.8, [0.8, 0.6, 0.9])
    np.testing.assert_allclose(found, [0.0, 0.25, -0.125], atol=1e-12)
    found = conditional_utilization([0.0, -1.0, 0.5], [0.5, 0.5, 0.0])
    np.testing.assert_array_equal(found, [math.nan, math.nan, 1.0])


@pytest.mark.parametrize(
    ("scores", "factors"),
    [
        ([0.6, 0.4], [0.85111, 1.0]),
        ([0.25, 0.75], [1.0, 0.70869]),
        ([0.5, 0.5], [1.0, 1.0]),
        ([0.5], [1.0]),
        ([0.5, 0.0], [0.0, 1.0]),
        ([0.0, 0.0], [1.0, 1.0]),
        ([0.6, 0.3, 0.5], [1 - math.tanh(0.15), 1.0, 1 - math.tanh(0.1 * 0.5 / 0.45)]),
    ],
)
def test_only_what_is_ahead_is_slowed_down(scores: list[float], factors: list[float]) -> None:
    np.testing.assert_allclose(modulation(scores, 0.1), factors, atol=1e-5)


@given(st.lists(positive, min_size=2, max_size=2), positive)
def test_of_two_modalities_at_most_one_is_slowed_down(scores: list[float], alpha: float) -> None:
    factors = modulation(scores, alpha)
    assert (factors == 1).any()
    assert ((factors >= 0) & (factors <= 1)).all()


def test_the_shortest_combination_of_two_gradients() -> None:
    generator = torch.Generator().manual_seed(3)
    inside = 0
    for _ in range(20):
        one, two = torch.randn(2, 4, generator=generator, dtype=torch.float64)

        def length(share: float, one: torch.Tensor = one, two: torch.Tensor = two) -> float:
            return float((share * one + (1 - share) * two).norm())

        found = min_norm_share(one, two)
        best: Any = minimize_scalar(
            length, bounds=(0, 1), method="bounded", options={"xatol": 1e-10}
        )
        assert length(found) <= best.fun + 1e-9
        if 0 < found < 1:
            inside += 1
            shortest = found * one + (1 - found) * two
            assert float(shortest @ one) == pytest.approx(float(shortest @ two), abs=1e-10)
    assert inside >= 5


def test_the_share_is_clipped_and_even_for_equal_gradients() -> None:
    one = torch.tensor([1.0, 0.0])
    assert min_norm_share(one, 3 * one) == 1.0
    assert min_norm_share(3 * one, one) == 0.0
    assert min_norm_share(one, one) == 0.5


def test_gradients_that_agree_are_added() -> None:
    one, two = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 2.0])
    assert pareto_gradient(one, two).tolist() == [2.25, 3.0]
    zero = torch.zeros(2)
    assert pareto_gradient(zero, zero).tolist() == [0.0, 0.0]


def test_gradients_that_conflict_harm_neither_loss_and_are_not_shortened() -> None:
    one = torch.tensor([4.0, 1.0], dtype=torch.float64)
    two = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    assert float((one + two) @ two) < 0
    found = pareto_gradient(one, two, boost=1.0)
    assert float(found @ one) >= 0
    assert float(found @ two) >= 0
    assert float(found.norm()) == pytest.approx(float((one + two).norm()), rel=1e-12)
    np.testing.assert_allclose(pareto_gradient(one, two), 1.5 * found)
    opposite = pareto_gradient(one, -one)
    assert float(opposite.norm()) == pytest.approx(0, abs=1e-12)
    longer = pareto_gradient(torch.tensor([1.0, 0.1]), torch.tensor([-1.0, 0.1]), boost=1.0)
    np.testing.assert_allclose(longer, [0.0, 0.2], atol=1e-7)
