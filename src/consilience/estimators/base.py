"""What classifier and regressor share: fitting, predicting, saving."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.schema import Schema
from consilience.data.seeds import RandomState, seed_of
from consilience.data.target import Task
from consilience.errors import ConfigurationError, DataError, suggestion
from consilience.estimators.exporting import Options, export
from consilience.estimators.jobs import Fitting, Job
from consilience.estimators.network import FusionNetwork, Preprocessing
from consilience.estimators.saving import save
from consilience.estimators.stopping import Stage, stages
from consilience.functional.randomness import seeded
from consilience.fusion.catalogue import available, takes_tokens, unfit
from consilience.results.training import History
from consilience.training import (
    Batch,
    ModalityDropout,
    Objective,
    Supervised,
    TensorBatches,
)
from consilience.training.balance import Regime, Strategy, fit_balanced
from consilience.training.balance import build as build_strategy
from consilience.training.balance.catalogue import faults_of
from consilience.training.objectives import Criterion

CHUNK = 4096
"""Samples predicted at a time."""


class FusionEstimator(BaseEstimator):
    """Abstract base of the estimators; use `FusionClassifier` or `FusionRegressor`."""

    _task: Task
    schema_: Schema
    history_: History
    balance_: Strategy
    n_features_in_: int
    n_outputs_: int
    network_: FusionNetwork
    preprocessing_: Preprocessing

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
        self.modality_dropout = modality_dropout
        self.balance = balance
        self.balance_options = balance_options
        self.device = device
        self.random_state = random_state

    def _faults(self) -> list[str]:
        """What is wrong with the settings, a sentence each."""
        faults: list[str] = []
        if self.fusion not in available():
            hint = suggestion(str(self.fusion), available())
            faults.append(f"fusion method {self.fusion!r} is not known; {hint}")
        faults += [
            f"{name} must be positive, found {getattr(self, name)!r}"
            for name in ("hidden", "batch_size", "max_epochs", "learning_rate", "patience")
            if getattr(self, name) is not None and not getattr(self, name) > 0
        ]
        faults += [
            f"{name} must be in [0, 1), found {getattr(self, name)!r}"
            for name in ("dropout", "modality_dropout")
            if not 0 <= getattr(self, name) < 1
        ]
        if self.weight_decay < 0:
            faults.append(f"weight_decay must not be negative, found {self.weight_decay!r}")
        if isinstance(self.encoders, str) and self.encoders != "auto":
            faults.append(
                "encoders must be 'auto' or a mapping of modality to module, "
                f"found {self.encoders!r}"
            )
        if self.balance is not None:
            faults += faults_of(self.balance, self.balance_options or {})
        elif self.balance_options:
            faults.append("balance_options are given but no balance; name one, or leave them out")
        return faults

    def _samples(self, X: object, y: object) -> MultimodalData:  # noqa: N803  scikit-learn's names
        """The training samples, once settings and modalities are known to be usable.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: If a modality is absent everywhere.
        """
        faults = self._faults()
        data = as_multimodal(X, y)  # pyright: ignore[reportArgumentType]  checked inside
        if not isinstance(self.encoders, str):
            faults += [
                f"encoders names {name!r}, which is no modality; "
                f"{suggestion(str(name), data.schema.names)}"
                for name in self.encoders
                if name not in data.schema.names
            ]
        if faults:
            raise ConfigurationError(faults)
        anywhere = np.asarray(data.presence.any(axis=0))
        for name, there in zip(data.schema.names, anywhere, strict=True):
            if not there:
                others = [n for n in data.schema.names if n != name]
                raise DataError(
                    f"modality {name!r} is absent in all {len(data)} training rows; "
                    f"leave it out: data.select({others})"
                )
        return data

    def _require_fit(self, data: MultimodalData, *, distribution: bool) -> None:
        """Refuses a fusion method that is not for such data.

        Raises:
            ConfigurationError: If it is not.
        """
        reason = unfit(self.fusion, modalities=data.shape[1], distribution=distribution)
        if reason:
            raise ConfigurationError([reason])

    def fitting(self, X: object, y: ArrayLike | None = None) -> Fitting:  # noqa: N803  scikit-learn's names
        """The fit as trainings that somebody else carries out, alone or many together.

        Args:
            X: Samples as in `fit`.
            y: Target as in `fit`.

        Yields:
            Jobs that do not wait for each other; send their histories.

        Raises:
            NotImplementedError: In this base class.
        """
        raise NotImplementedError

    def _training(
        self, data: MultimodalData, target: Tensor, criterion: Criterion, outputs: int
    ) -> Fitting:
        """The trainings on samples whose target is already a tensor.

        Yields:
            Jobs that do not wait for each other; send their histories.
        """
        self.schema_ = data.schema
        self.n_features_in_ = data.shape[1]
        self.n_outputs_ = outputs
        self.preprocessing_ = Preprocessing(data.schema)
        self.preprocessing_.fit(data.modalities, data.presence)
        seed = seed_of(self.random_state)
        samples = TensorBatches(
            self.preprocessing_(data.modalities),
            target,
            None if data.presence.all() else torch.from_numpy(data.presence),
        )
        objective: Objective = Supervised(criterion)
        if self.modality_dropout:
            objective = ModalityDropout(objective, self.modality_dropout)

        def job(stage: Stage) -> Job:
            with seeded(seed):
                self.network_ = self._build().to(self._device())
            check = stage.check
            return Job(
                network=self.network_,
                objective=objective,
                data=samples.of(stage.train, batch_size=self.batch_size, seed=seed),
                validation=None if check is None else samples.of(check, batch_size=CHUNK),
                max_epochs=stage.epochs,
                patience=self.patience,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                seed=seed + 1,
            )

        plan = stages(
            data, task=self._task, max_epochs=self.max_epochs, patience=self.patience, seed=seed
        )
        balanced = self._balanced(criterion)
        answer: list[History] | None = None
        while True:
            try:
                asked = next(plan) if answer is None else plan.send(answer)
            except StopIteration:
                break
            jobs = [job(stage) for stage in asked]
            answer = (yield jobs) if balanced is None else [balanced(j) for j in jobs]
            self.history_ = answer[-1]
        self.network_.cpu()

    def _balanced(self, criterion: Criterion) -> Callable[[Job], History] | None:
        """What trains a job by the strategy; None without one.

        Such trainings look at gradients between steps, so nobody else can carry them out.
        """
        if self.balance is None:
            return None
        strategy = build_strategy(self.balance, **dict(self.balance_options or {}))
        self.balance_ = strategy

        def train(job: Job) -> History:
            regime = Regime(
                criterion,
                job.data,
                validation=job.validation,
                max_epochs=job.max_epochs,
                patience=job.patience,
                learning_rate=job.learning_rate,
                weight_decay=job.weight_decay,
                modality_dropout=self.modality_dropout,
            )
            with seeded(job.seed):
                return fit_balanced(job.network, strategy, regime, outputs=self.n_outputs_)

        return train

    def _build(self) -> FusionNetwork:
        given = {} if isinstance(self.encoders, str) else self.encoders
        encoders = self.preprocessing_.encoders(
            {name: deepcopy(module) for name, module in given.items()},
            out_dim=self.hidden,
            dropout=self.dropout,
            tokens=takes_tokens(self.fusion),
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

    def _raw_output(self, X: object) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """The network's output, `(samples, outputs)`."""
        check_is_fitted(self, "network_")
        data = as_multimodal(X).conform(self.schema_)
        network = self.network_.to(self._device()).eval()
        out: list[Tensor] = []
        for start in range(0, len(data), CHUNK):
            batch = self._batch(data[start : start + CHUNK])
            with torch.inference_mode():
                out.append(network(batch.inputs, batch.presence).cpu())
        return cast("NDArray[np.float64]", torch.cat(out).double().numpy())

    def _batch(self, data: MultimodalData) -> Batch:
        """Conforming samples, preprocessed, on the estimator's device."""
        inputs = self.preprocessing_(data.modalities)
        presence = None if data.presence.all() else torch.from_numpy(data.presence)
        return Batch(inputs, presence, None).to(self._device())

    def encoded(self, X: object) -> dict[str, Tensor]:  # noqa: N803  scikit-learn's name
        """What the encoders make of each modality, for whoever recombines modalities.

        Args:
            X: Samples as in `fit`; modalities that are lacking count as absent.

        Returns:
            By modality, in the order of `schema_`, `(samples, width)`, or
            `(samples, length, width)` with NaN steps as padding for a fusion of tokens.
        """
        check_is_fitted(self, "network_")
        data = as_multimodal(X).conform(self.schema_)
        network = self.network_.to(self._device()).eval()
        batch = self._batch(data)
        with torch.inference_mode():
            return network.encode(batch.inputs, batch.presence)

    def decoded(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """The raw output from encoded features.

        Args:
            features: What `encoded` gave, rows recombined at will.
            presence: Bool `(samples, modalities)`, or None when all are present.

        Returns:
            Logits or standardised quantities, `(samples, outputs)`.
        """
        check_is_fitted(self, "network_")
        with torch.inference_mode():
            return self.network_.eval().decode(features, presence)

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the fitted estimator as a folder of open formats.

        The folder holds `config.json`, `schema.json`, `model.safetensors` and a
        `README.md` card; nothing in it is executed when it is read.

        Args:
            directory: Folder to write; it must not exist unless `overwrite`.
            overwrite: Whether an existing folder of a saved model is replaced.

        Returns:
            The folder.
        """
        check_is_fitted(self, "network_")
        return save(self, Path(directory), overwrite=overwrite)

    def export(
        self,
        path: str | Path,
        format: str = "onnx",  # noqa: A002  the word users say
        *,
        data: MultimodalData | None = None,
        presence: bool = True,
        temperature: float = 1.0,
        overwrite: bool = False,
    ) -> Path:
        """Writes the fitted estimator as one graph that needs nothing of this library.

        The graph takes one tensor a modality, in raw units, and which modalities are
        present; it gives probabilities, or quantities in their own unit. Numbers are
        standardised inside; text enters as the ids of its words. `PATH.json` beside it
        says names, order, types, lengths and classes. Before the file appears it is read
        back and must predict what the estimator predicts, to 1e-5.

        Args:
            path: File to write; ends in `.onnx` or `.pt2`.
            format: `"onnx"` (needs the extra `onnx`), or `"torch"` for `torch.export`.
            data: Samples to compare on; without them such are made up.
            presence: Whether the last input says which modalities are present, bool
                `(rows, modalities)`; without it all have to be.
            temperature: What logits are divided by, such as that of a study's calibration.
            overwrite: Whether an existing file is replaced.

        Returns:
            The file.
        """
        check_is_fitted(self, "network_")
        options = Options(format, presence, temperature, overwrite)
        return export(self, Path(path), options, data=data)

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        return {"outputs": self.n_outputs_}

    def restore(
        self,
        schema: Schema,
        state: Mapping[str, Any],
        preprocessing: Mapping[str, Tensor],
        network: Mapping[str, Tensor],
    ) -> None:
        """Takes up what a saved estimator had learnt.

        Args:
            schema: The modalities it was fitted with.
            state: What `fitted_state` gave.
            preprocessing: Tensors of the preprocessing, by key.
            network: Tensors of the network, by key.
        """
        self.schema_ = schema
        self.n_features_in_ = len(schema.modalities)
        self.n_outputs_ = int(state["outputs"])
        self.preprocessing_ = Preprocessing(schema)
        self.preprocessing_.load_state_dict(dict(preprocessing))
        self.network_ = self._build()
        self.network_.load_state_dict(dict(network))
        self.network_.eval()
