"""What every measure of reliance shares: checks, units, scores of raw outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError
from consilience.quantification.staged import StagedScore, examined, resampled

DATA = cs.MultimodalData({"a": np.arange(4.0)}, target=["p", "q", "q", "r"])


class Classifier:
    """Logits are given."""

    def __init__(self, logits: NDArray[np.float64], classes: list[str]) -> None:
        self.logits = torch.from_numpy(logits)
        self.classes_ = np.array(classes)

    def encoded(self, given: Any) -> dict[str, Tensor]:
        return {"a": torch.zeros(len(given), 1)}

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del features, presence
        return self.logits

    def predict(self, given: Any) -> NDArray[Any]:
        del given
        return self.classes_[self.logits.argmax(dim=1).numpy()]

    def predict_proba(self, given: Any) -> NDArray[np.float64]:
        del given
        return self.logits.softmax(dim=1).numpy()


LOGITS = np.log([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.3, 0.5]])


@pytest.mark.parametrize(("metric", "score"), [(None, 0.75), ("accuracy", 0.75)])
def test_classes_are_scored_by_the_largest_logit(metric: str | None, score: float) -> None:
    model = Classifier(LOGITS, ["p", "q", "r"])
    examiner = examined(model, DATA, metric, what="a measure")
    staged = StagedScore(model, examiner, DATA, what="a measure")
    assert examiner.score.name == "accuracy"
    ones = np.ones((1, 4))
    assert staged.prepared(model.logits)(ones)[0] == score
    flipped = staged.prepared(-model.logits)(ones)[0]
    assert flipped == 0.0


def test_scores_of_probabilities_equal_those_of_the_model() -> None:
    model = Classifier(LOGITS, ["p", "q", "r"])
    examiner = examined(model, DATA, "auroc", what="a measure")
    staged = StagedScore(model, examiner, DATA, what="a measure")
    weights = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 0.0, 1.0]])
    np.testing.assert_allclose(
        staged.prepared(model.logits)(weights), examiner.prepared(DATA)[0](weights)
    )


def test_what_cannot_be_examined_says_why(unchecked: None) -> None:
    del unchecked
    model = Classifier(LOGITS, ["p", "q", "r"])
    with pytest.raises(InputTypeError, match="a measure takes MultimodalData, found list"):
        examined(model, [1], None, what="a measure")  # pyright: ignore[reportArgumentType]  on purpose
    with pytest.raises(InputTypeError, match="a measure takes a fitted model with predict"):
        examined(object(), DATA, None, what="a measure")
    two = DATA.with_target(np.zeros((4, 2)))
    with pytest.raises(DataError, match="one target at a time; found 2 outputs"):
        examined(model, two, None, what="a measure")
    with pytest.raises(ConfigurationError) as raised:
        examined(model, DATA, "log_loss", what="a measure")
    assert str(raised.value) == (
        "a measure is a share of a score that is better the higher it is, which 'log_loss' is "
        "not; use 'accuracy', 'auroc' or 'r2'"
    )


class Regressor:
    """Says what it is told to."""

    def __init__(self, raw: list[float]) -> None:
        self.raw = torch.tensor(raw, dtype=torch.float64)[:, None]

    def encoded(self, given: Any) -> dict[str, Tensor]:
        return {"a": torch.zeros(len(given), 1)}

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        del features, presence
        return self.raw

    def predict(self, given: Any) -> NDArray[np.float64]:
        del given
        return 2 * self.raw[:, 0].numpy() + 1


def test_quantities_need_enough_samples_to_tell_their_unit() -> None:
    few = DATA.with_target([1.5, 3.0, 5.5, 7.0])
    model = Regressor([0.0, 1.0, 2.0, 3.0])
    with pytest.raises(DataError) as raised:
        StagedScore(model, examined(model, few, None, what="m"), few, what="m")
    assert str(raised.value) == (
        "how predictions follow from the raw output cannot be told: that needs at least 8 "
        "samples with different predictions, found 4 samples"
    )
    y = np.arange(9.0)
    many = cs.MultimodalData({"a": y}, target=y)
    model = Regressor(((y - 1) / 2).tolist())
    staged = StagedScore(model, examined(model, many, None, what="m"), many, what="m")
    assert staged.prepared(model.raw)(np.ones((1, 9)))[0] == pytest.approx(1.0)


def test_too_few_draws_make_no_interval() -> None:
    model = Classifier(LOGITS, ["p", "q", "r"])
    examiner = examined(model, DATA, None, what="m")
    cells = [[examiner.prepared(DATA)[0]]]
    with pytest.raises(ConfigurationError, match="n_boot must be at least 50 for an interval"):
        resampled(list(cells), DATA, examiner.score, n_boot=49, seed=0)
    _, bounds = resampled(list(cells), DATA, examiner.score, n_boot=50, seed=0)
    assert bounds.still == 0.75
