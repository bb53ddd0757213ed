"""The regressor."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from torch import Tensor, nn

from consilience.data.schema import Schema
from consilience.data.target import Task, require_target
from consilience.errors import DataError
from consilience.estimators.base import FusionEstimator
from consilience.estimators.jobs import Fitting, carry_out


@final
class FusionRegressor(RegressorMixin, FusionEstimator):
    """Predicts one or several quantities from several modalities, any of them absent in any row.

    The target is standardised for training and given back in its own unit. Fitted
    with one modality it is the unimodal baseline of the same make.

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
            None trains all epochs.
        modality_dropout: Probability with which a present modality is hidden in a
            training step, so that the model learns to do without; one always stays.
        balance: Name of a strategy that keeps one modality from starving or spoiling the
            others, such as `"gradient_blending"`; see `cs.training.balance.available()`.
        balance_options: Options of the strategy, such as `{"epochs": 5}`.
        device: `"auto"`, or a device such as `"cpu"` or `"cuda:0"`.
        random_state: Seed; the same seed gives the same bits on one machine.

    Attributes:
        schema_: The schema of the modalities it was fitted with.
        history_: Losses by epoch of the final run, of the standardised target.
        balance_: The strategy with what it found out, if there is one; it is not saved.
        n_features_in_: Number of modalities.

    Example:
        >>> import numpy as np
        >>> import consilience as cs
        >>> rng = np.random.default_rng(0)
        >>> a, b = rng.normal(size=(2, 300, 2))
        >>> data = cs.MultimodalData({"a": a, "b": b}, target=3 * a[:, 0] + b[:, 1])
        >>> model = FusionRegressor("additive", random_state=0).fit(data)
        >>> bool(model.score(data, data.target) > 0.9)
        True
    """

    _task: Task = "regression"
    target_mean_: NDArray[np.float64]
    target_scale_: NDArray[np.float64]
    one_dimensional_: bool

    def fit(self, X: object, y: ArrayLike | None = None) -> "FusionRegressor":  # noqa: N803  scikit-learn's name
        """Trains on samples with known quantities.

        Args:
            X: `MultimodalData` or a data frame with prefixed or two-level columns.
            y: Quantities, `(samples,)` or `(samples, outputs)`; None takes the
                target of `X`.

        Returns:
            Itself.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: If the target is lacking, has missing entries, is not
                numeric, or a modality is absent everywhere.
        """
        carry_out(self.fitting(X, y))
        return self

    def fitting(self, X: object, y: ArrayLike | None = None) -> Fitting:  # noqa: N803  scikit-learn's name
        """The fit as trainings that somebody else carries out; see `FusionEstimator.fitting`.

        Args:
            X: Samples as in `fit`.
            y: Quantities as in `fit`.

        Returns:
            Gives jobs that do not wait for each other, takes their histories.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: As `fit`.
        """
        data = self._samples(X, y)
        target = require_target(data.target, "a regressor")
        self._require_fit(data, distribution=False)
        if target.dtype.kind == "O":
            raise DataError(
                f"the target holds words such as {target.ravel()[0]!r}; use FusionClassifier"
            )
        numbers = target.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise DataError("the target holds infinite values; replace or drop these rows")
        self.one_dimensional_ = numbers.ndim == 1
        columns = numbers[:, None] if self.one_dimensional_ else numbers
        self.target_mean_ = columns.mean(axis=0)
        spread = columns.std(axis=0)
        self.target_scale_ = np.where(spread > 0, spread, 1.0)
        scaled = torch.from_numpy((columns - self.target_mean_) / self.target_scale_).float()
        return self._training(data, scaled, nn.MSELoss(), columns.shape[1])

    def predict(self, X: object) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """The quantities in their own unit, `(samples,)` or `(samples, outputs)` as fitted."""
        out = self._raw_output(X) * self.target_scale_ + self.target_mean_
        return out[:, 0] if self.one_dimensional_ else out

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        return {
            **super().fitted_state(),
            "target_mean": self.target_mean_.tolist(),
            "target_scale": self.target_scale_.tolist(),
            "one_dimensional": self.one_dimensional_,
        }

    def restore(
        self,
        schema: Schema,
        state: Mapping[str, Any],
        preprocessing: Mapping[str, Tensor],
        network: Mapping[str, Tensor],
    ) -> None:
        """Takes up what a saved regressor had learnt; see the base class."""
        super().restore(schema, state, preprocessing, network)
        self.target_mean_ = np.array(state["target_mean"])
        self.target_scale_ = np.array(state["target_scale"])
        self.one_dimensional_ = bool(state["one_dimensional"])
