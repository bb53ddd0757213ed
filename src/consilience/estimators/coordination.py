"""Modalities brought into one space by an estimator: embed, search, classify by words."""

import logging
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, cast, final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from consilience.coordination.encoders import OBJECTIVES, CoordinatedEncoders
from consilience.coordination.gathering import is_spread
from consilience.data.container import MultimodalData
from consilience.data.frames import as_multimodal
from consilience.data.schema import Schema
from consilience.data.seeds import RandomState, seed_of
from consilience.data.splits.duplicates import Division, divide_apart
from consilience.errors import ConfigurationError, DataError, ModalityError, suggestion
from consilience.estimators.coordination_saving import save_coordinator
from consilience.estimators.coordination_training import (
    MOST,
    SharedBatches,
    average_gradients,
    batch_loss,
    chance_warning,
    shared_seed,
)
from consilience.estimators.network import Preprocessing
from consilience.functional.randomness import seeded
from consilience.functional.ranking import nearest
from consilience.results.training import History
from consilience.training import TensorBatches, fit

CHUNK = 4096
"""Samples embedded at a time."""
SHARE = 0.15
"""Share of the samples that says when to stop."""

Embeddings = dict[str, NDArray[np.float32]]

_log = logging.getLogger(__name__)


@final
class Coordinator(BaseEstimator):
    """Brings two or more modalities into one space, where they can be compared.

    One tower a modality gives unit vectors; pairs of one sample are pulled together, others
    pushed apart. No target is needed. Training stops by a held-out part that shares no
    group, and without groups no near duplicate, with the rest. Under `torchrun` the loss
    sees the batch of all processes.

    Args:
        dim: Width of the common space.
        loss: A name, `"info_nce"`, `"siglip"`, `"vse"` or `"vse_hardest"`, or a module as
            `CoordinatedEncoders` takes.
        encoders: `"auto"`, or by modality a module with an attribute `out_dim` that takes
            its standardised table or sequence, or word ids.
        hidden: Width of the features that the towers project.
        dropout: Share dropped in training.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
        batch_size: Samples a batch, over all processes; the more, the harder the task.
        max_epochs: Most epochs.
        patience: Epochs without a lower held-out loss before stopping; None trains all
            epochs on all samples.
        device: `"auto"`, `"cpu"`, `"cuda"`.
        random_state: Seed, generator or None.

    Attributes:
        schema_: The modalities it was fitted with.
        network_: The towers.
        history_: Losses by epoch.
        warnings_: What speaks against the result, a sentence each: a held-out loss at
            chance, near duplicates across the inner split.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> shared = rng.normal(size=(120, 3))
        >>> pairs = MultimodalData({"a": shared @ rng.normal(size=(3, 6)), "b": shared**3})
        >>> model = Coordinator(dim=8, max_epochs=30, random_state=0).fit(pairs)
        >>> scores, rows = model.retrieve(pairs, query="a", of="b", k=3)
        >>> rows.shape
        (120, 3)
    """

    schema_: Schema
    history_: History
    preprocessing_: Preprocessing
    network_: CoordinatedEncoders
    warnings_: tuple[str, ...]
    n_features_in_: int

    def __init__(
        self,
        *,
        dim: int = 64,
        loss: str | nn.Module = "info_nce",
        encoders: str | Mapping[str, nn.Module] = "auto",
        hidden: int = 128,
        dropout: float = 0.2,
        learning_rate: float = 2e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 256,
        max_epochs: int = 100,
        patience: int | None = 12,
        device: str = "auto",
        random_state: RandomState = None,
    ) -> None:
        self.dim = dim
        self.loss = loss
        self.encoders = encoders
        self.hidden = hidden
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.patience = patience
        self.device = device
        self.random_state = random_state

    def fit(self, X: object, y: object = None) -> "Coordinator":  # noqa: N803  scikit-learn's name
        """Trains the towers on pairs.

        Args:
            X: Samples of two modalities or more; a sample with one only is not used.
            y: Not looked at.

        Returns:
            Itself.

        Raises:
            ConfigurationError: If settings cannot be used; all faults at once.
            DataError: If too few samples have two modalities, or none can be held out.
        """
        del y
        data = as_multimodal(X)
        self._check(data)
        paired = np.flatnonzero(data.presence.sum(axis=1) > 1)
        if len(paired) < 2:
            raise DataError(
                f"{len(paired)} of {len(data)} samples have two modalities or more; coordination "
                "learns from at least two such samples"
            )
        data = data[paired]
        seed = shared_seed(seed_of(self.random_state))
        division = self._division(data, seed)
        self.schema_, self.n_features_in_ = data.schema, data.shape[1]
        self.preprocessing_ = Preprocessing(data.schema)
        learnt = data[division.train]
        self.preprocessing_.fit(learnt.modalities, learnt.presence)
        self._train(data, division, seed)
        self.warnings_ = tuple(self._doubts(data, division))
        for warning in self.warnings_:
            _log.warning("%s", warning)
        return self

    def transform(self, X: object) -> Embeddings:  # noqa: N803  scikit-learn's name
        """Embeds samples.

        Args:
            X: Samples with one modality or more.

        Returns:
            By modality that they have, unit vectors float32 `(samples, dim)`; NaN where a
            sample lacks it.
        """
        check_is_fitted(self, "network_")
        given = as_multimodal(X)
        data = given.conform(self.schema_)
        names = [name for name in self.schema_.names if name in given.schema.names]
        network = self.network_.to(self._device()).eval()
        parts: dict[str, list[Tensor]] = {name: [] for name in names}
        for start in range(0, len(data), CHUNK):
            part = data[start : start + CHUNK]
            inputs = self.preprocessing_(part.modalities)
            for name in names:
                here = torch.from_numpy(part.presence[:, self.schema_.names.index(name)])
                z = torch.full((len(part), self.dim), torch.nan)
                with torch.inference_mode():
                    if bool(here.any()):
                        z[here] = network.embed(name, inputs[name][here].to(self._device())).cpu()
                parts[name].append(z)
        empty = torch.empty(0, self.dim)
        return {name: torch.cat([empty, *z]).numpy() for name, z in parts.items()}

    def retrieve(
        self,
        X: object,  # noqa: N803  scikit-learn's name
        *,
        query: str,
        of: str,
        k: int = 5,
        items: object = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Finds the items nearest to each query: exact, tile by tile.

        Args:
            X: Samples to take the queries from.
            query: The modality of the queries.
            of: The modality of the items.
            k: Items a query.
            items: Samples to search; `X` if None.

        Returns:
            Cosines, largest first, and rows of the items, each `(queries, k)`; NaN and -1
            for a query that is absent.

        Raises:
            ModalityError: If a modality is not known or not there.
            DataError: If fewer than `k` items are there.
        """
        self._require(query, of)
        asked = self._embedded(X, query, "the queries")
        sought = self._embedded(X if items is None else items, of, "the items")
        return search(asked, sought, k)

    def zero_shot(
        self,
        X: object,  # noqa: N803  scikit-learn's name
        texts: Mapping[str, Any],
        *,
        query: str | None = None,
        of: str | None = None,
    ) -> NDArray[Any]:
        """Classifies samples by which description of a class is nearest; nothing is trained.

        Args:
            X: Samples.
            texts: By class, what describes it in the modality `of`: words such as
                `"a photo of a dog"`, or the row of a table.
            query: The modality to classify by; may be left out with two modalities.
            of: The modality of the descriptions; may be left out where one alone is text.

        Returns:
            A class a sample, `(samples,)`; None where a sample lacks the modality.

        Raises:
            ConfigurationError: If `texts` is empty.
            ModalityError: If a modality is not known, or has to be named.
        """
        check_is_fitted(self, "network_")
        if not texts:
            raise ConfigurationError(["texts names no class; pass at least one, by name"])
        of = of or self._only([m.name for m in self.schema_.modalities if m.kind == "text"], "of")
        query = query or self._only([n for n in self.schema_.names if n != of], "query")
        self._require(query, of)
        kind = {of: "text"} if self.schema_[of].kind == "text" else None
        described = MultimodalData({of: list(texts.values())}, kinds=kind)
        _, rows = self.retrieve(X, query=query, of=of, k=1, items=described)
        classes = np.array([*texts, None], dtype=object)
        return classes[rows[:, 0]]

    def save(self, directory: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the fitted estimator as a folder of open formats; `cs.load` reads it.

        Args:
            directory: Folder to write; it must not exist unless `overwrite`.
            overwrite: Whether an existing folder of a saved model is replaced.

        Returns:
            The folder.
        """
        check_is_fitted(self, "network_")
        return save_coordinator(self, Path(directory), overwrite=overwrite)

    def fitted_state(self) -> dict[str, Any]:
        """What was learnt apart from tensors, as JSON can hold it."""
        return {"warnings": list(self.warnings_)}

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
            network: Tensors of the towers, by key.
        """
        self.schema_, self.n_features_in_ = schema, len(schema.modalities)
        self.warnings_ = tuple(state["warnings"])
        self.preprocessing_ = Preprocessing(schema)
        self.preprocessing_.load_state_dict(dict(preprocessing))
        self.network_ = self._build()
        self.network_.load_state_dict(dict(network))
        self.network_.eval()

    def _check(self, data: MultimodalData) -> None:
        names = data.schema.names
        faults = [
            f"{name} must be positive, found {getattr(self, name)!r}"
            for name in ("dim", "hidden", "batch_size", "max_epochs", "learning_rate", "patience")
            if getattr(self, name) is not None and not getattr(self, name) > 0
        ]
        if not 0 <= self.dropout < 1:
            faults.append(f"dropout must be in [0, 1), found {self.dropout!r}")
        if isinstance(self.loss, str) and self.loss not in OBJECTIVES:
            faults.append(f"loss {self.loss!r} is not known; {suggestion(self.loss, OBJECTIVES)}")
        if len(names) < 2:
            faults.append(f"coordination needs two modalities or more, found {list(names)}")
        faults += self._faults_of_encoders(names)
        if faults:
            raise ConfigurationError(faults)

    def _faults_of_encoders(self, names: tuple[str, ...]) -> list[str]:
        if isinstance(self.encoders, str):
            wrong = self.encoders != "auto"
            return [
                "encoders must be 'auto' or a mapping of modality to module, "
                f"found {self.encoders!r}"
            ] * wrong
        return [
            f"encoders names {name!r}, which is no modality; {suggestion(str(name), names)}"
            for name in self.encoders
            if name not in names
        ]

    def _division(self, data: MultimodalData, seed: int) -> Division:
        if self.patience is None:
            everything = np.arange(len(data))
            return Division(everything, everything[:0], 0)
        return divide_apart(data, share=SHARE, random_state=seed)

    def _train(self, data: MultimodalData, division: Division, seed: int) -> None:
        samples = TensorBatches(
            self.preprocessing_(data.modalities),
            presence=None if data.presence.all() else torch.from_numpy(data.presence),
        )
        with seeded(seed):
            self.network_ = self._build().to(self._device())
        batches = samples.of(division.train, batch_size=self.batch_size, seed=seed)
        held = division.test[:MOST]
        check = SharedBatches(samples.of(held, batch_size=MOST)) if held.size else None
        rank = torch.distributed.get_rank() if is_spread() else 0
        with seeded(seed + 1 + rank):
            self.history_ = fit(
                self.network_,
                batch_loss,
                SharedBatches(batches),
                validation=check,
                max_epochs=self.max_epochs,
                patience=self.patience,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                on_gradients=average_gradients if is_spread() else None,
            )
        self.network_.cpu()

    def _doubts(self, data: MultimodalData, division: Division) -> list[str]:
        doubts: list[str] = []
        if division.leaks:
            doubts.append(
                f"{division.leaks:,} of {len(division.test):,} held-out samples nearly equal one "
                "that was trained on, in some modality, so held-out figures flatter; give near "
                "duplicates one group"
            )
        held = data[division.test[:MOST]]
        if len(held) > 1:
            embedded = {n: torch.from_numpy(z) for n, z in self.transform(held).items()}
            said = chance_warning(self.network_, embedded, torch.from_numpy(held.presence))
            doubts += [said] if said else []
        return doubts

    def _build(self) -> CoordinatedEncoders:
        given = {} if isinstance(self.encoders, str) else self.encoders
        towers = self.preprocessing_.encoders(
            {name: deepcopy(module) for name, module in given.items()},
            out_dim=self.hidden,
            dropout=self.dropout,
        )
        return CoordinatedEncoders(towers, self.dim, loss=deepcopy(self.loss))

    def _device(self) -> torch.device:
        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return torch.device(self.device)

    def _require(self, *names: str) -> None:
        check_is_fitted(self, "network_")
        for name in names:
            self.schema_[name]

    def _only(self, names: list[str], option: str) -> str:
        if len(names) != 1:
            known = ", ".join(map(repr, names or self.schema_.names))
            raise ModalityError(f"say which modality: pass {option}=, one of {known}")
        return names[0]

    def _embedded(self, X: object, name: str, what: str) -> NDArray[np.float32]:  # noqa: N803  scikit-learn's name
        data = as_multimodal(X)
        if name not in data.schema.names:
            raise ModalityError(
                f"modality {name!r} of {what} is not there; {suggestion(name, data.schema.names)}"
            )
        return self.transform(data.select([name]))[name]


def search(
    queries: NDArray[np.float32], items: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The `k` items of largest cosine with each query, among those that are there.

    Args:
        queries: Unit vectors `(queries, dim)`, NaN where absent.
        items: Unit vectors `(items, dim)`, NaN where absent.
        k: Items a query.

    Returns:
        Cosines, largest first, and rows of `items`, each `(queries, k)`; NaN and -1 for an
        absent query.

    Raises:
        ConfigurationError: If `k` is below 1.
        DataError: If fewer than `k` items are there.

    Example:
        >>> z = np.array([[1, 0], [np.nan, np.nan], [0.6, 0.8]], dtype=np.float32)
        >>> search(z[:2], z, 2)[1].tolist()
        [[0, 2], [-1, -1]]
    """
    if k < 1:
        raise ConfigurationError([f"k must be at least 1, found {k}"])
    there = np.flatnonzero(~np.isnan(items).any(axis=1))
    if k > len(there):
        raise DataError(f"k is {k} but {len(there)} items are there; lower k")
    asked = np.flatnonzero(~np.isnan(queries).any(axis=1))
    scores = np.full((len(queries), k), np.nan, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    if len(asked):
        best, at = nearest(torch.from_numpy(queries[asked]), torch.from_numpy(items[there]), k)
        scores[asked], rows[asked] = best.numpy(), there[at.numpy()]
    return scores, cast("NDArray[np.int64]", rows)
