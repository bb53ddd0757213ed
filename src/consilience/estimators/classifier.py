"""The classifier."""

from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from torch import Tensor, nn

from consilience.data.schema import Schema
from consilience.data.seeds import RandomState
from consilience.data.target import Task, require_target
from consilience.errors import DataError
from consilience.estimators.base import FusionEstimator


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
        class_weight: `"balanced"` weighs classes inversely to their frequency.
        device: `"auto"`, or a device such as `"cpu"` or `"cuda:0"`.
        random_state: RandomState; the same seed gives the same bits on one machine.

    Attributes:
        classes_: The classes, sorted, `(classes,)`.
        schema_: The schema of the modalities it was fitted with.
        history_: Losses by epoch of the final run.
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
    classes_: NDArray[Any]

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
        class_weight: Literal["balanced"] | None = None,
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
            device=device,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def _faults(self) -> list[str]:
        """What is wrong with the settings, a sentence each."""
        faults = super()._faults()
        if self.class_weight not in (None, "balanced"):
            faults.append(f"class_weight must be None or 'balanced', found {self.class_weight!r}")
        return faults

    def fit(self, X: object, y: ArrayLike | None = None) -> "FusionClassifier":  # noqa: N803  scikit-learn's name
        """Trains on labelled samples.

        Args:
            X: `MultimodalData` or a data frame with prefixed or two-level columns.
            y: Classes, `(samples,)`; None takes the target of `X`.

        Returns:
            Itself.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: If the target is lacking, has missing entries or one class,
                or a modality is absent everywhere.
        """
        data = self._samples(X, y)
        target = require_target(data.target, "a classifier")
        if target.ndim != 1:
            raise DataError(f"the target must be one class a sample, found shape {target.shape}")
        self.classes_, codes = np.unique(plain_classes(target), return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                f"the target has one class ({self.classes_.tolist()[0]!r}); "
                "a classifier needs at least two"
            )
        weight = None
        if self.class_weight == "balanced":
            counts = np.bincount(codes)
            weight = torch.from_numpy(len(codes) / (len(counts) * counts)).float()
            weight = weight.to(self._device())
        loss = nn.CrossEntropyLoss(weight=weight)
        self._fit(data, torch.from_numpy(codes), loss, len(self.classes_))
        return self

    def decision_function(self, X: object) -> NDArray[np.float64]:  # noqa: N803
        """Logits.

        Args:
            X: Samples as in `fit`; modalities that are lacking count as absent.

        Returns:
            `(samples, classes)`; for two classes `(samples,)`, positive for the second.
        """
        logits = self._raw_output(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: object) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of the classes, `(samples, classes)`, in the order of `classes_`."""
        logits = self._raw_output(X)
        exp = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exp / exp.sum(axis=1, keepdims=True)

    def predict(self, X: object) -> NDArray[Any]:  # noqa: N803
        """The most probable class of each sample, `(samples,)`."""
        logits = self._raw_output(X)
        return self.classes_[logits.argmax(axis=1)]

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        classes = {"classes": self.classes_.tolist(), "classes_dtype": self.classes_.dtype.str}
        return {**super().fitted_state(), **classes}

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


def plain_classes(target: NDArray[Any]) -> NDArray[Any]:
    """Classes in an array that sorts: words as strings, the rest as it is."""
    if target.dtype.kind != "O":
        return target
    kinds = {type(v) for v in target}
    if all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return target.astype(bool)
    return target.astype(str)
