"""Out-of-fold stacking by scikit-learn around estimators of one modality each."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

import consilience as cs


def alone(name: str, estimator: Any) -> tuple[str, Pipeline]:
    select = FunctionTransformer(cs.MultimodalData.select, kw_args={"names": [name]})
    return name, make_pipeline(select, estimator)


@pytest.mark.parametrize("task", ["classes", "values"])
def test_stacking_out_of_fold(task: str) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=160)
    target = y if task == "classes" else y + rng.normal(size=160) / 10
    presence = rng.random((160, 2)) > 0.1
    presence[~presence.any(axis=1), 0] = True
    told = {n: 2 * y[:, None] + rng.normal(size=(160, 3)) for n in ("a", "b")}
    data = cs.MultimodalData(told, presence=presence, target=target)
    one: Any = cs.FusionClassifier if task == "classes" else cs.FusionRegressor
    around: Any = StackingClassifier if task == "classes" else StackingRegressor
    members = [alone(name, one(max_epochs=20, random_state=0)) for name in told]
    last = LogisticRegression() if task == "classes" else Ridge()
    model: Any = clone(around(members, last, cv=3))
    model.fit(data[:120], target[:120])
    assert model.transform(data).shape == (160, 2)
    assert model.score(data[120:], target[120:]) > (0.75 if task == "classes" else 0.3)
