"""What classifier and regressor share: fitting, early stopping, predicting."""

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.schema import Schema
from consilience.data.splits import holdout, make_splits
from consilience.data.target import Task
from consilience.errors import ConfigurationError, DataError, suggestion
from consilience.estimators.network import FusionNetwork, Preprocessing
from consilience.data.seeds import RandomState, seed_of
from consilience.functional.randomness import seeded
from consilience.fusion.catalogue import available
from consilience.results.training import History
from consilience.training import Supervised, TensorBatches, fit

FEW_SAMPLES, FEW_GROUPS = 400, 30
"""Below these one validation part is a toss of a coin: the number of epochs is found by
cross-validation, and the final run uses every sample."""

Loss = Callable[[Tensor, Tensor], Tensor]


class FusionEstimator(BaseEstimator):
    """Abstract base of the estimators; use `FusionClassifier` or `FusionRegressor`."""

    _task: Task

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
        device: str = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.fusion = fusion
        self.encoders = encoders
        self.fusion_options = fusion_options
        self.hidden = hidden
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience
        self.device = device
        self.random_state = random_state

    schema_: Schema
    history_: History
    n_features_in_: int
    network_: FusionNetwork
    preprocessing_: Preprocessing

    def _check_settings(self) -> None:
        """Refuses settings that cannot work, all at once."""
        faults: list[str] = []
        if self.fusion not in available():
            hint = suggestion(str(self.fusion), available())
            faults.append(f"fusion method {self.fusion!r} is not known; {hint}")
        positive = ("hidden", "batch_size", "max_epochs", "learning_rate")
        faults += [
            f"{name} must be positive, found {getattr(self, name)!r}"
            for name in positive
            if not getattr(self, name) > 0
        ]
        if not 0 <= self.dropout < 1:
            faults.append(f"dropout must be in [0, 1), found {self.dropout!r}")
        if self.weight_decay < 0:
            faults.append(f"weight_decay must not be negative, found {self.weight_decay!r}")
        if isinstance(self.encoders, str) and self.encoders != "auto":
            faults.append(
                f"encoders must be 'auto' or a mapping of modality to module, found {self.encoders!r}"
            )
        if faults:
            raise ConfigurationError(faults)

    def _fit(self, data: MultimodalData, target: Tensor, loss: Loss, outputs: int) -> Self:
        """Trains on samples whose target is already a tensor."""
        _refuse_absent(data)
        self.schema_ = data.schema
        self.n_features_in_ = data.shape[1]
        self.n_outputs_ = outputs
        self.preprocessing_ = Preprocessing(data.schema)
        self.preprocessing_.fit(data.modalities, data.presence)
        inputs = self.preprocessing_(data.modalities)
        presence = None if data.presence.all() else torch.from_numpy(data.presence)
        objective = Supervised(loss)
        seed = seed_of(self.random_state)

        def run(
            train: NDArray[np.integer] | slice,
            check: NDArray[np.integer] | None,
            epochs: int,
        ) -> History:
            def part(rows: Any, *, shuffle: bool) -> TensorBatches:
                return TensorBatches(
                    {name: x[rows] for name, x in inputs.items()},
                    target[rows],
                    None if presence is None else presence[rows],
                    batch_size=self.batch_size if shuffle else 1024,
                    seed=seed if shuffle else None,
                )

            with seeded(seed):
                self.network_ = self._build().to(self._device())
                return fit(
                    self.network_,
                    objective,
                    part(train, shuffle=True),
                    validation=None if check is None else part(check, shuffle=False),
                    max_epochs=epochs,
                    patience=self.patience,
                    learning_rate=self.learning_rate,
                    weight_decay=self.weight_decay,
                )

        self.history_ = self._run_with_early_stopping(data, seed, run)
        self.network_.cpu()
        return self

    def _run_with_early_stopping(
        self,
        data: MultimodalData,
        seed: int,
        run: Callable[[Any, NDArray[np.integer] | None, int], History],
    ) -> History:
        everything = slice(None)
        if self.patience is None:
            return run(everything, None, self.max_epochs)
        target, groups = data.target, data.groups
        few_groups = groups is not None and len(np.unique(groups)) < FEW_GROUPS
        if len(data) >= FEW_SAMPLES and not few_groups:
            return run(
                *holdout(target, share=0.15, groups=groups, task=self._task, random_state=seed),
                self.max_epochs,
            )
        folds = _inner_folds(target, groups, self._task, 4 if len(data) < FEW_SAMPLES else 3)
        if folds < 2:
            return run(everything, None, min(self.max_epochs, 30))
        splits = make_splits(
            target, folds=folds, groups=groups, task=self._task, random_state=seed
        )
        epochs = [run(s.train, s.test, self.max_epochs).best_epoch for s in splits]
        return run(everything, None, math.ceil(median(epochs)))

    def _build(self) -> FusionNetwork:
        given = {} if isinstance(self.encoders, str) else self.encoders
        encoders = self.preprocessing_.encoders(
            {name: deepcopy(module) for name, module in given.items()},
            out_dim=self.hidden,
            dropout=self.dropout,
        )
        return FusionNetwork(
            encoders,
            self.fusion,
            self.n_outputs_,
            hidden=self.hidden,
            dropout=self.dropout,
            options=dict(self.fusion_options or {}),
        )

    def _device(self) -> torch.device:
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return torch.device(self.device)

    def _raw_output(self, data: Any) -> NDArray[np.float64]:
        """The network's output, `(samples, outputs)`."""
        check_is_fitted(self, "network_")
        conformed = as_multimodal(data).conform(self.schema_)
        device = self._device()
        network = self.network_.to(device).eval()
        out: list[Tensor] = []
        for start in range(0, len(conformed), 4096):
            chunk = conformed[start : start + 4096]
            inputs = self.preprocessing_(chunk.modalities)
            presence = None if chunk.presence.all() else torch.from_numpy(chunk.presence)
            batches = TensorBatches(inputs, None, presence, batch_size=4096)
            with torch.inference_mode():
                out += [
                    network(b.inputs, b.presence).cpu() for b in (b.to(device) for b in batches)
                ]
        return torch.cat(out).double().numpy()

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the fitted estimator as a folder of open formats.

        The folder holds `config.json`, `schema.json`, `model.safetensors` and a
        `README.md` card; nothing in it is executed when it is read.

        Args:
            directory: Folder to write; it must not exist unless `overwrite`.
            overwrite: Whether an existing folder of a saved model is replaced.

        Returns:
            The folder.

        Raises:
            DataError: If the folder exists and may not be replaced.
        """
        from consilience.estimators.persistence import save  # noqa: PLC0415  it knows the subclasses

        check_is_fitted(self, "network_")
        return save(self, Path(directory), overwrite=overwrite)


def _refuse_absent(data: MultimodalData) -> None:
    for name, anywhere in zip(data.schema.names, data.presence.any(axis=0), strict=True):
        if not anywhere:
            others = [n for n in data.schema.names if n != name]
            raise DataError(
                f"modality {name!r} is absent in all {len(data)} training rows; "
                f"leave it out: data.select({others})"
            )


def _inner_folds(
    target: NDArray[Any] | None, groups: NDArray[Any] | None, task: Task, most: int
) -> int:
    """How many folds the data can bear for finding the number of epochs."""
    if target is None:
        return 0
    if groups is not None:
        most = min(most, len(np.unique(groups)))
    if task == "classification" and target.ndim == 1:
        _, counts = np.unique(target.astype(str), return_counts=True)
        most = min(most, int(counts.min()))
    return min(most, len(target) // 2)
