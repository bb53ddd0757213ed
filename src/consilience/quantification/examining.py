"""A fitted model examined: what it says about samples, noisy or not, and its score."""

from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_regressor

from consilience.data.container import MultimodalData
from consilience.data.target import Task, holds_labels, infer_task, require_target
from consilience.errors import DataError, InputTypeError
from consilience.quantification.calibration import calibration
from consilience.quantification.scoring import (
    Metric,
    Outputs,
    Weighted,
    score_named,
    score_of,
)


@final
class Examiner:
    """Asks a model about samples and holds the answers against the truth.

    Args:
        model: Fitted; has `predict` and, if it gives probabilities, `predict_proba` and
            `classes_`, the classes in their order.
        data: Samples with a target.
        metric: Name of a score, a function of targets and predictions, or None.
        higher_is_better: Whether larger values of a function are better.

    Attributes:
        task: The kind of target.
        score: The score.
        probable: Whether the model gives probabilities of classes.

    Raises:
        ConfigurationError: If there is no such score.
        DataError: If the target cannot be used.
        InputTypeError: If the model cannot predict.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401  whatever predicts
        data: MultimodalData,
        metric: str | Metric | None,
        *,
        higher_is_better: bool = True,
    ) -> None:
        if not callable(getattr(model, "predict", None)):
            raise InputTypeError(
                f"robustness takes a fitted model with predict; found {type(model).__name__}"
            )
        target = require_target(data.target, "robustness")
        if target.ndim == 2 and not holds_labels(target):
            raise DataError(
                f"robustness is about one target at a time; found {target.shape[1]} outputs"
            )
        self._model, self._truth = model, target
        self.task: Task = "multilabel" if target.ndim == 2 else _task(model, target)
        if self.task == "multilabel":
            self._truth = target.astype(np.int64)
        known = getattr(model, "classes_", None)
        classes = [] if known is None or self.task == "regression" else np.asarray(known).tolist()
        self.probable = bool(classes) and hasattr(model, "predict_proba")
        self._place = {label: i for i, label in enumerate(classes)}
        self.score = (
            score_of(metric, higher_is_better=higher_is_better)
            if callable(metric)
            else score_named(metric, self.task, classes=len(classes), probable=self.probable)
        )

    def outputs(self, data: MultimodalData) -> Outputs:
        """What the model says about the samples.

        Args:
            data: The samples of this examiner, with other values or less presence.

        Returns:
            Predictions beside the truth.
        """
        guess = np.asarray(self._model.predict(data))
        if not self.probable:
            return Outputs(self._truth, guess)
        if self.task == "multilabel":
            chances = np.asarray(self._model.predict_proba(data), dtype=np.float64)
            return Outputs(self._truth, guess, None, chances)
        codes = np.array([self._place.get(v, -1) for v in self._truth.tolist()], dtype=np.int64)
        probabilities = np.asarray(self._model.predict_proba(data), dtype=np.float64)
        return Outputs(self._truth, guess, codes, probabilities)

    def prepared(self, data: MultimodalData) -> tuple[Weighted, Weighted | None]:
        """The score of samples, and their calibration error if the model gives probabilities.

        Args:
            data: The samples of this examiner, with other values or less presence.

        Returns:
            Both as functions of weights.
        """
        out = self.outputs(data)
        score = self.score.prepare(out)
        if out.probabilities is None or out.codes is None:
            return score, None
        return score, calibration(out.probabilities, out.codes)


def _task(model: object, target: NDArray[Any]) -> Task:
    if hasattr(model, "classes_") or hasattr(model, "predict_proba"):
        return "classification"
    if isinstance(model, BaseEstimator) and is_regressor(model):
        return "regression"
    return infer_task(target)
