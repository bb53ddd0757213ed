"""The classifier."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin
from torch import Tensor, nn

from consilience.data.schema import Schema
from consilience.data.seeds import RandomState
from consilience.data.target import Task, require_target
from consilience.errors import DataError
from consilience.estimators.base import FusionEstimator
from consilience.estimators.jobs import Fitting, carry_out
from consilience.estimators.labels import (
    Weights,
    class_weights,
    faults_of_weights,
    label_names,
    label_weights,
    labels_of,
    plain_classes,
    refuse_quantities,
)


@final
class FusionClassifier(ClassifierMixin, FusionEstimator):
    """Predicts a class from several modalities, any of them absent in any row.

    Fitted with one modality it is the unimodal baseline of the same make.

    Args:
        fusion: Name of the fusion method; see `cs.fusion.available()`.
        encoders: `"auto"`, or modules by modality with an attribute `out_dim` that
            take the preprocessed tensor; they are copied, not trained in place.
        fusion_options: Options of the fusion method, such as `{"rank": 8}`.
        hidden: Width of the features and of the fused vector.
        dropout: Share of units dropped in training.
        learning_rate: Step size of AdamW.
        weight_decay: Decay of the weight matrices.
        batch_size: Samples a step.
        max_epochs: Most passes over the data.
        patience: Epochs without a lower validation loss before training stops;
            None trains all epochs. The inner split keeps groups together; with
            fewer than 400 samples the number of epochs is found by
            cross-validation and all samples are used.
        modality_dropout: Probability with which a present modality is hidden in a
            training step, so that the model learns to do without; one always stays.
        balance: Name of a strategy that keeps one modality from starving or spoiling the
            others, such as `"gradient_blending"`; see `cs.training.balance.available()`.
        balance_options: Options of the strategy, such as `{"epochs": 5}`.
        class_weight: `"balanced"` weighs classes inversely to their frequency; a
            mapping of class to weight leaves classes that it does not name at 1.
        device: `"auto"`, or a device such as `"cpu"` or `"cuda:0"`.
        random_state: RandomState; the same seed gives the same bits on one machine.

    Attributes:
        classes_: The classes, sorted, `(classes,)`; for several labels a sample the
            labels' names, or their positions where the target names none.
        multilabel_: Whether it was fitted with several labels a sample.
        schema_: The schema of the modalities it was fitted with.
        history_: Losses by epoch of the final run.
        balance_: The strategy with what it found out, if there is one; it is not saved.
        n_features_in_: Number of modalities.

    Example:
        >>> import numpy as np
        >>> import consilience as cs
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(2, 300, 2))
        >>> data = cs.MultimodalData({"a": a, "b": b}, target=a[:, 0] * b[:, 0] > 0)
        >>> model = FusionClassifier("low_rank", random_state=0).fit(data)
        >>> bool(model.score(data, data.target) > 0.9)
        True
    """

    _task: Task = "classification"
    class_weight: Weights
    classes_: NDArray[Any]
    multilabel_: bool

    def __init__(
        self,
        fusion: str = "concat",
        *,
        encoders: str | Mapping[str, nn.Module] = "auto",
        fusion_options: Mapping[str, Any] | None = None,
        hidden: int = 64,
        dropout: float = 0.2,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        max_epochs: int = 100,
        patience: int | None = 12,
        modality_dropout: float = 0.0,
        balance: str | None = None,
        balance_options: Mapping[str, Any] | None = None,
        class_weight: Weights = None,
        device: str = "auto",
        random_state: RandomState = None,
    ) -> None:
        super().__init__(
            fusion,
            encoders=encoders,
            fusion_options=fusion_options,
            hidden=hidden,
            dropout=dropout,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            batch_size=batch_size,
            max_epochs=max_epochs,
            patience=patience,
            modality_dropout=modality_dropout,
            balance=balance,
            balance_options=balance_options,
            device=device,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def _faults(self) -> list[str]:
        """What is wrong with the settings, a sentence each."""
        return [*super()._faults(), *faults_of_weights(self.class_weight)]

    def fit(self, X: object, y: ArrayLike | None = None) -> "FusionClassifier":  # noqa: N803  scikit-learn's name
        """Trains on labelled samples.

        Args:
            X: `MultimodalData` or a data frame with prefixed or two-level columns.
            y: Classes, `(samples,)`, or for several labels a sample a table of 0 and
                1, `(samples, labels)`; None takes the target of `X`.

        Returns:
            Itself.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: If the target is lacking, has missing entries or one class,
                or a modality is absent everywhere.
        """
        carry_out(self.fitting(X, y))
        return self

    def fitting(self, X: object, y: ArrayLike | None = None) -> Fitting:  # noqa: N803  scikit-learn's name
        """The fit as trainings that somebody else carries out; see `FusionEstimator.fitting`.

        Args:
            X: Samples as in `fit`.
            y: Classes as in `fit`.

        Returns:
            Gives jobs that do not wait for each other, takes their histories.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: As `fit`.
        """
        data = self._samples(X, y)
        target = require_target(data.target, "a classifier")
        self.multilabel_ = target.ndim == 2
        self._require_fit(data, distribution=not self.multilabel_)
        if self.multilabel_:
            labels = labels_of(target)
            self.classes_ = label_names(data.target_names)
            weight = label_weights(labels, self.class_weight)
            criterion = nn.BCEWithLogitsLoss(pos_weight=self._on_device(weight))
            return self._training(data, torch.from_numpy(labels), criterion, labels.shape[1])
        refuse_quantities(target)
        self.classes_, codes = np.unique(plain_classes(target), return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"the target has one class ({self.classes_.tolist()[0]!r}); "
                "a classifier needs at least two"
            )
        weight = class_weights(codes, self.classes_, self.class_weight)
        criterion = nn.CrossEntropyLoss(weight=self._on_device(weight))
        return self._training(data, torch.from_numpy(codes), criterion, len(self.classes_))

    def _on_device(self, weight: NDArray[np.float32] | None) -> Tensor | None:
        return None if weight is None else torch.from_numpy(weight).to(self._device())

    def decision_function(self, X: object) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """Logits.

        Args:
            X: Samples as in `fit`; modalities that are lacking count as absent.

        Returns:
            `(samples, classes)` or `(samples, labels)`; for two classes
            `(samples,)`, positive for the second.
        """
        logits = self._raw_output(X)
        if self.multilabel_ or len(self.classes_) > 2:
            return logits
        return logits[:, 1] - logits[:, 0]

    def predict_proba(self, X: object) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """Probabilities, `(samples, classes)` in the order of `classes_`.

        With several labels a sample, the probability of each label, `(samples, labels)`.
        """
        logits = self._raw_output(X)
        return expit(logits) if self.multilabel_ else softmax(logits, axis=1)

    def predict(self, X: object) -> NDArray[Any]:  # noqa: N803  scikit-learn's name
        """The most probable class, `(samples,)`, or 0 and 1 a label, `(samples, labels)`."""
        logits = self._raw_output(X)
        if self.multilabel_:
            return (logits > 0).astype(np.int64)
        return self.classes_[logits.argmax(axis=1)]

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        classes = {"classes": self.classes_.tolist(), "classes_dtype": self.classes_.dtype.str}
        return {**super().fitted_state(), **classes, "multilabel": self.multilabel_}

    def restore(
        self,
        schema: Schema,
        state: Mapping[str, Any],
        preprocessing: Mapping[str, Tensor],
        network: Mapping[str, Tensor],
    ) -> None:
        """Takes up what a saved classifier had learnt; see the base class."""
        super().restore(schema, state, preprocessing, network)
        self.classes_ = np.array(state["classes"], dtype=state["classes_dtype"])
        self.multilabel_ = bool(state.get("multilabel", False))
