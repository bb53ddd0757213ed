"""A file that predicts otherwise than its model is found out."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit
from torch import Tensor

import consilience as cs
from consilience.errors import DataError
from consilience.estimators.agreement import LENGTHS, TOLERANCE, largest_difference
from consilience.estimators.graph import RawGraph, tensors_of
from consilience.estimators.sidecar import Span

Run = Callable[[Sequence[Tensor]], NDArray[np.float64]]
Model = cs.FusionClassifier | cs.FusionRegressor


def _run(model: Model, temperature: float = 1.0, *, presence: bool = True) -> Run:
    graph = RawGraph(
        model.preprocessing_,
        model.network_,
        model.fitted_state(),
        temperature=temperature,
        presence=presence,
    )
    return lambda tensors: graph(*tensors).numpy()


def _apart(model: Model, data: cs.MultimodalData, run: Run, temperature: float = 1.0) -> float:
    return largest_difference(model, data, run, {}, presence=True, temperature=temperature)


@pytest.fixture(scope="module")
def model(product: cs.MultimodalData) -> cs.FusionClassifier:
    return cs.FusionClassifier("gated", max_epochs=2, patience=None, random_state=0).fit(product)


def test_the_models_own_graph_agrees(
    model: cs.FusionClassifier, product: cs.MultimodalData
) -> None:
    assert _apart(model, product, _run(model)) < 1e-6
    assert _apart(model, product, _run(model, 1.7), 1.7) < 1e-6
    with pytest.raises(DataError):
        _apart(model, product, _run(model, 1.7))


@pytest.mark.parametrize("error", [2e-5, -2e-5, np.nan])
def test_one_wrong_number_is_found(
    model: cs.FusionClassifier, product: cs.MultimodalData, error: float
) -> None:
    right = _run(model)

    def wrong(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
        found = right(tensors)
        found[-1, 0] += error
        return found

    with pytest.raises(DataError, match=r"by up to (2\.0e-05|nan), allowed are 1e-05"):
        _apart(model, product, wrong)


def test_a_graph_deaf_to_absence_is_found(
    model: cs.FusionClassifier, product: cs.MultimodalData
) -> None:
    right = _run(model)

    def deaf(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
        *known, presence = tensors
        return right([*(torch.nan_to_num(x) for x in known), torch.ones_like(presence)])

    with pytest.raises(DataError):
        _apart(model, product, deaf)


def test_one_row_alone_and_many_lengths_are_tried(
    model: cs.FusionClassifier, product: cs.MultimodalData, mixed: cs.MultimodalData
) -> None:
    shapes: list[tuple[int, ...]] = []
    right = _run(model)

    def watched(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
        shapes.append(tuple(tensors[0].shape))
        return right(tensors)

    _apart(model, product, watched)
    assert shapes == [(240, 3), (240, 3), (1, 3)]
    data = mixed.select(["wave", "sex"])
    other = cs.FusionClassifier("concat", max_epochs=1, patience=None, random_state=0).fit(data)
    right, shapes = _run(other, presence=False), []
    lengths = {"wave": Span(40, None)}
    largest_difference(other, data, watched, lengths, presence=False, temperature=1.0)
    assert shapes == [(80, 40, 2), *((1, 40 + k, 2) for k in range(LENGTHS))]


def test_quantities_are_compared_in_their_spread(product: cs.MultimodalData) -> None:
    y = 1e6 * np.random.default_rng(0).normal(size=240)
    regressor = cs.FusionRegressor("concat", max_epochs=1, patience=None, random_state=0)
    regressor.fit(product, y)
    right = _run(regressor)
    assert _apart(regressor, product, lambda t: right(t) + 0.5 * TOLERANCE * y.std()) < TOLERANCE
    with pytest.raises(DataError):
        _apart(regressor, product, lambda t: right(t) + 2 * TOLERANCE * y.std())


def test_labels_are_cooled_each_for_itself(product: cs.MultimodalData) -> None:
    y = np.random.default_rng(0).integers(2, size=(240, 3))
    model = cs.FusionClassifier("concat", max_epochs=1, patience=None, random_state=0)
    model.fit(product, y)
    assert _apart(model, product, _run(model, 3.0), 3.0) < 1e-6
    cold = expit(logit(model.predict_proba(product)) / 3)
    np.testing.assert_allclose(
        _run(model, 3.0)(tensors_of(product, model.preprocessing_)), cold, atol=1e-6
    )
