"""What can be answered without looking, and that balanced pairs show it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.functional.unimodal_bias import pair_accuracy
from consilience.quantification.unimodal_bias import unimodal_bias


class Table(BaseEstimator):
    """Learns the most frequent class of each combination of values."""

    def __init__(self, default: int = 0) -> None:
        self.default = default

    def fit(self, given: Any, y: NDArray[Any]) -> "Table":
        self.seen_: dict[Any, list[int]] = {}
        for key, value in zip(self._keys(given), y.tolist(), strict=True):
            self.seen_.setdefault(key, []).append(value)
        return self

    def predict(self, given: Any) -> NDArray[Any]:
        return np.array(
            [round(np.mean(self.seen_.get(k, [self.default]))) for k in self._keys(given)]
        )

    @staticmethod
    def _keys(given: Any) -> list[tuple[float, ...]]:
        return [tuple(row) for row in np.concatenate(list(given.modalities.values()), axis=1)]


def world(rows: int, seed: int, usual: float) -> cs.MultimodalData:
    """The picture tells whether the usual answer of the question holds."""
    rng = np.random.default_rng(seed)
    question = rng.integers(10, size=rows)
    odd = rng.random(rows) >= usual
    answer = (question % 2) ^ odd
    return cs.MultimodalData({"question": question * 1.0, "picture": odd * 1.0}, target=answer)


def test_a_biased_set_is_answered_without_looking() -> None:
    found = unimodal_bias(Table(), world(2000, 0, 0.8), world(2000, 1, 0.8), n_boot=100)
    assert found.together.estimate == 1.0
    assert found.alone["question"].estimate == pytest.approx(0.8, abs=0.04)
    assert found.alone["picture"].estimate == pytest.approx(0.5, abs=0.05)
    assert found.majority.estimate == pytest.approx(0.5, abs=0.05)
    assert found.best_alone == "question"
    assert found.pairs == {}
    assert found.samples == 2000


def test_on_balanced_pairs_a_question_alone_is_right_in_no_pair() -> None:
    question = np.repeat(np.random.default_rng(2).integers(10, size=150), 2)
    answer = np.tile([0, 1], 150)
    odd = (answer != question % 2) * 1.0
    test = cs.MultimodalData({"question": question * 1.0, "picture": odd}, target=answer)
    order = np.random.default_rng(3).permutation(300)
    pairs = np.repeat(np.arange(150), 2)[order]
    found = unimodal_bias(
        Table(), world(2000, 0, 0.8), test[order], pairs=pairs, n_boot=100, random_state=0
    )
    assert found.alone["question"].estimate == 0.5
    assert found.pairs["question"].estimate == 0.0
    assert found.pairs["majority"].estimate == 0.0
    assert found.pairs["all"].estimate == 1.0
    right = Table().fit(*_seen("picture")).predict(test[order].select(["picture"]))
    expected = pair_accuracy(right == np.asarray(test[order].target), pairs)
    assert found.pairs["picture"].estimate == pytest.approx(expected)
    assert found.pairs["question"].high == pytest.approx(3 / 150)
    assert found.alone["question"].high - found.alone["question"].low == pytest.approx(6 / 150)


def _seen(name: str) -> tuple[cs.MultimodalData, NDArray[Any]]:
    data = world(2000, 0, 0.8)
    return data.select([name]), np.asarray(data.target)


def test_the_estimator_given_is_not_fitted() -> None:
    given = Table()
    unimodal_bias(given, world(50, 0, 0.8), world(50, 1, 0.8), n_boot=50)
    assert not hasattr(given, "seen_")


def test_what_cannot_be_done_says_why() -> None:
    data = world(50, 0, 0.8)
    with pytest.raises(InputTypeError, match="an estimator to fit, such as FusionClassifier"):
        unimodal_bias(object(), data, data)
    with pytest.raises(ConfigurationError, match="n_boot must be at least 50"):
        unimodal_bias(Table(), data, data, n_boot=10)
    with pytest.raises(ShapeError, match=r"one label a test sample, \(50,\); found \(2,\)"):
        unimodal_bias(Table(), data, data, pairs=[1, 1])
    two = data.with_target(np.zeros((50, 2)))
    with pytest.raises(DataError, match="one target at a time; found 2 outputs"):
        unimodal_bias(Table(), two, data)
