"""Models of several makes, examined."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from consilience.data.container import MultimodalData
from consilience.errors import ConfigurationError, DataError, InputTypeError
from consilience.quantification.examining import Examiner

ONE = np.ones((1, 4))
LABELS = np.array(["no", "yes", "no", "yes"])
DATA = MultimodalData({"a": [0.1, 0.9, 0.6, 0.8]}, LABELS)


class Threshold:
    """Says yes above 1/2, with the number as the probability."""

    classes_ = np.array(["yes", "no"])

    def predict(self, data: MultimodalData) -> Any:
        return np.where(np.asarray(data.modalities["a"])[:, 0] > 0.5, "yes", "no")

    def predict_proba(self, data: MultimodalData) -> Any:
        yes = np.asarray(data.modalities["a"])[:, 0]
        return np.column_stack([yes, 1 - yes])


class Number(RegressorMixin, BaseEstimator):
    """Gives the number back."""

    def predict(self, data: MultimodalData) -> Any:
        return np.asarray(data.modalities["a"])[:, 0]


class Plain:
    """Predicts, and that is all."""

    def predict(self, data: MultimodalData) -> Any:
        return np.repeat("yes", len(data))


def test_classes_are_in_the_models_order() -> None:
    examiner = Examiner(Threshold(), DATA, None)
    assert (examiner.task, examiner.score.name, examiner.probable) == (
        "classification",
        "auroc",
        True,
    )
    out = examiner.outputs(DATA)
    assert out.codes is not None
    assert out.codes.tolist() == [1, 0, 1, 0]
    score, error = examiner.prepared(DATA)
    assert score(ONE).tolist() == [1.0]
    assert error is not None
    assert error(ONE) == pytest.approx([(0.1 + 0.1 + 0.6 + 0.2) / 4])
    accuracy, _ = Examiner(Threshold(), DATA, "accuracy").prepared(DATA)
    assert accuracy(ONE).tolist() == [0.75]


def test_a_class_the_model_does_not_know_is_a_miss() -> None:
    strange = DATA.with_target(["no", "perhaps", "no", "yes"])
    examiner = Examiner(Threshold(), strange, "accuracy")
    assert examiner.prepared(strange)[0](ONE).tolist() == [0.5]
    codes = examiner.outputs(strange).codes
    assert codes is not None
    assert codes.tolist() == [1, -1, 1, 0]


def test_a_regressor_is_one_even_of_whole_numbers() -> None:
    counts = DATA.with_target([0, 1, 1, 1])
    examiner = Examiner(Number(), counts, None)
    assert (examiner.task, examiner.score.name, examiner.probable) == ("regression", "r2", False)
    score, error = Examiner(Number(), counts, "mae").prepared(counts)
    assert score(ONE) == pytest.approx([0.2])
    assert error is None


def test_what_only_predicts_is_judged_by_accuracy_or_any_function() -> None:
    examiner = Examiner(Plain(), DATA, None)
    assert (examiner.score.name, examiner.probable) == ("accuracy", False)
    assert examiner.prepared(DATA)[0](ONE).tolist() == [0.5]

    def misses(truth: Any, guess: Any) -> float:
        return float((truth != guess).sum())

    own = Examiner(Plain(), DATA, misses, higher_is_better=False)
    assert (own.score.name, own.score.higher_is_better) == ("misses", False)
    assert own.prepared(DATA)[0](ONE).tolist() == [2.0]


def test_what_cannot_be_examined_is_told() -> None:
    with pytest.raises(
        InputTypeError, match=r"^robustness takes a fitted model with predict; found int$"
    ):
        Examiner(3, DATA, None)
    with pytest.raises(DataError, match=r"^robustness needs a target; pass target=$"):
        Examiner(Plain(), DATA.with_target(None), None)
    with pytest.raises(DataError, match=r"^robustness is about one target at a time; found 2 out"):
        Examiner(Plain(), DATA.with_target(np.arange(8.0).reshape(4, 2)), None)
    with pytest.raises(ConfigurationError, match="needs predict_proba"):
        Examiner(Plain(), DATA, "auroc")
