from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

import consilience as cs
from consilience.errors import DataError
from consilience.estimators import FusionRegressor


@pytest.fixture(scope="module")
def sums() -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200, 2))
    return cs.MultimodalData({"a": a, "b": b}, target=1000 + 50 * (a[:, 0] + b[:, 1]))


def test_it_explains_the_variance_in_the_targets_own_unit(sums: cs.MultimodalData) -> None:
    model = FusionRegressor("additive", max_epochs=40, patience=None, random_state=0)
    scores = cross_val_score(model, sums, sums.target, cv=3)
    assert scores.min() > 0.8
    assert abs(model.fit(sums).predict(sums).mean() - 1000) < 20


def test_a_changed_unit_changes_only_the_unit(sums: cs.MultimodalData) -> None:
    settings: dict[str, Any] = {"max_epochs": 5, "patience": None, "random_state": 0}
    target = sums.target
    assert target is not None
    plain = FusionRegressor("gated", **settings).fit(sums, target).predict(sums)
    scaled = FusionRegressor("gated", **settings).fit(sums, target * 2.0**10).predict(sums)
    np.testing.assert_allclose(scaled, plain * 2.0**10, rtol=1e-6)


def test_several_outputs(sums: cs.MultimodalData) -> None:
    y = np.stack([np.arange(200.0), -np.arange(200.0)], axis=1)
    model = FusionRegressor("concat", max_epochs=2, patience=None, random_state=0).fit(sums, y)
    assert model.predict(sums).shape == (200, 2)
    one = FusionRegressor("concat", max_epochs=2, patience=None, random_state=0)
    assert one.fit(sums, y[:, 0]).predict(sums).shape == (200,)


def test_a_constant_target_is_predicted(sums: cs.MultimodalData) -> None:
    model = FusionRegressor("concat", max_epochs=30, patience=None, random_state=0)
    predicted = model.fit(sums, np.full(200, 5.0)).predict(sums)
    assert np.abs(predicted - 5).max() < 0.5


def test_words_and_infinities_are_refused(sums: cs.MultimodalData) -> None:
    with pytest.raises(DataError, match=r"the target holds words such as 'x'"):
        FusionRegressor().fit(sums, ["x"] * 200)
    with pytest.raises(DataError, match="infinite"):
        FusionRegressor().fit(sums, [np.inf] + [0.0] * 199)
