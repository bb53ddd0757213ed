"""Shared and private spaces: what modalities have in common apart from what is each one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError
from consilience.fission.backbones import (
    Encoders,
    backbones,
    check_named,
    encode_present,
    input_of,
    width_of,
)
from consilience.fission.dependence import code_dependence
from consilience.fission.fitting import Schedule
from consilience.fission.inputs import Samples, StandardInputs, targets_of, widths_of
from consilience.fission.learning import LABELS, learn, required, task_loss
from consilience.fission.misa import difference_of, similarity_of
from consilience.fission.settings import decoders_lacking, whole
from consilience.functional.checks import present_or_zero
from consilience.functional.randomness import seeded
from consilience.results.codes import CodeDependence


@final
@dataclass(frozen=True, slots=True)
class SharedPrivateWeights:
    """How much each part of the loss counts.

    Attributes:
        reconstruction: Of the squared error of the rebuilt modalities.
        difference: Of the correlation of shared with private and of private with private
            codes.
        similarity: Of the central moment discrepancy of shared codes of two modalities.
        agreement: Of the squared distance of shared codes of the *same sample*, which equal
            distributions alone do not ask for.
        task: Of the prediction, where there is a target.
    """

    reconstruction: float = 1.0
    difference: float = 1.0
    similarity: float = 1.0
    agreement: float = 1.0
    task: float = 1.0


@final
@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Shared and private codes of a batch.

    Attributes:
        shared: By modality, `(batch, shared_dim)`, zero where absent.
        common: Mean of the shared codes of the modalities that are there.
        private: By modality, `(batch, private_dim)`, zero where absent.
    """

    shared: dict[str, Tensor]
    common: Tensor
    private: dict[str, Tensor]


@final
class SharedPrivateEncoders(nn.Module):
    r"""Encoders that part each modality into a shared and a private code by rebuilding it.

    Each modality is rebuilt from the mean $\bar c$ of the shared codes of the modalities that
    are there and its own private code $p_m$:

    $$L = \sum_m \lVert x_m - D_m(\bar c, p_m) \rVert^2 + \beta L_\text{difference}
      + \gamma L_\text{similarity} + \alpha L_\text{agreement} + L_\text{task}$$

    With a target, a linear head predicts it from $\bar c$ and all private codes. An absent
    modality counts nowhere; what it would be is rebuilt from the others' shared code.

    Args:
        encoders: By modality, the width of its columns, for a perceptron of width `hidden`, or
            a module with an attribute `out_dim`.
        shared_dim: Width of the shared code.
        private_dim: Width of each private code.
        targets: Number of classes or outputs; None rebuilds only.
        decoders: By modality, a module from `(batch, shared_dim + private_dim)` to what the
            encoder takes; needed where an encoder is a module.
        weights: How much each part of the loss counts.
        hidden: Width of the default encoders and decoders.
        random_state: Seeds weights and the order of batches.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.

    References:
        Bousmalis et al., Domain Separation Networks, NeurIPS 2016; Hazarika, Zimmermann,
        Poria, MISA, ACM Multimedia 2020.

    Example:
        >>> model = SharedPrivateEncoders({"a": 3, "b": 4}, 2, 1, random_state=0)
        >>> codes = model({"a": torch.randn(5, 3), "b": torch.randn(5, 4)})
        >>> codes.common.shape, codes.private["b"].shape
        (torch.Size([5, 2]), torch.Size([5, 1]))
    """

    def __init__(
        self,
        encoders: Encoders,
        shared_dim: int,
        private_dim: int,
        *,
        targets: int | None = None,
        decoders: Mapping[str, nn.Module] | None = None,
        weights: SharedPrivateWeights | None = None,
        hidden: int = 64,
        random_state: RandomState = None,
    ) -> None:
        super().__init__()
        _check(encoders, decoders or {}, shared_dim, private_dim, targets)
        self.names = tuple(encoders)
        self.shared_dim, self.private_dim = shared_dim, private_dim
        self.targets = targets
        self.weights = weights or SharedPrivateWeights()
        self.seed = seed_of(random_state)
        self.inputs = StandardInputs(self.names)
        joined = shared_dim + private_dim
        with seeded(self.seed):
            towers = backbones(encoders, hidden)
            self.encoders = nn.ModuleList(
                nn.Sequential(tower, nn.Linear(width_of(tower), joined))
                for tower in towers.values()
            )
            self.decoders = nn.ModuleList(
                (decoders or {}).get(name) or _decoder(joined, hidden, cast("int", encoders[name]))
                for name in self.names
            )
            width = shared_dim + len(self.names) * private_dim
            self.head = None if targets is None else nn.Linear(width, targets)

    @classmethod
    def for_data(
        cls,
        data: MultimodalData,
        shared_dim: int,
        private_dim: int,
        *,
        supervised: bool = False,
        weights: SharedPrivateWeights | None = None,
        hidden: int = 64,
        random_state: RandomState = None,
    ) -> "SharedPrivateEncoders":
        """Encoders for the tables of some samples.

        Args:
            data: Samples of tables.
            shared_dim: Width of the shared code.
            private_dim: Width of each private code.
            supervised: Whether the codes predict the target of the data too.
            weights: As in the constructor.
            hidden: As in the constructor.
            random_state: As in the constructor.

        Returns:
            The encoders, not yet fitted.

        Raises:
            DataError: If a modality is text or of differing lengths, or a target is lacking.
            InputTypeError: If `data` is no `MultimodalData`.

        Example:
            >>> data = MultimodalData({"a": [[1.0], [2.0]], "b": [[0.0], [1.0]]})
            >>> model = SharedPrivateEncoders.for_data(data, 1, 1).fit(data, epochs=1)
            >>> model.transform(data).shape
            (2, 3)
        """
        widths = widths_of(data)
        return cls(
            widths,
            shared_dim,
            private_dim,
            targets=targets_of(data, LABELS) if supervised else None,
            weights=weights,
            hidden=hidden,
            random_state=random_state,
        )

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Codes:
        """The codes of a batch.

        Args:
            inputs: By modality, what its encoder takes.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            The codes.

        Raises:
            ModalityError: If a modality is not among the inputs.
        """
        shared: dict[str, Tensor] = {}
        private: dict[str, Tensor] = {}
        for i, (name, encoder) in enumerate(zip(self.names, self.encoders, strict=True)):
            present = None if presence is None else presence[:, i]
            joined = encode_present(encoder, input_of(inputs, name), present)
            shared[name] = joined[:, : self.shared_dim]
            private[name] = joined[:, self.shared_dim :]
        total = torch.stack(list(shared.values())).sum(0)
        if presence is None:
            return Codes(shared, total / len(shared), private)
        return Codes(shared, total / presence.sum(1, keepdim=True).clamp_min(1), private)

    def decode(self, common: Tensor, private: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Rebuilds every modality from a shared code and private codes, by modality."""
        return {
            name: decoder(torch.cat([common, private[name]], dim=1))
            for name, decoder in zip(self.names, self.decoders, strict=True)
        }

    def predict_from(self, codes: Codes) -> Tensor:
        """What the head says of codes, `(batch, targets)`.

        Raises:
            ConfigurationError: If the module was built without `targets`.
        """
        if self.head is None:
            raise ConfigurationError(["built without targets, so there is nothing to predict"])
        return self.head(torch.cat([codes.common, *codes.private.values()], dim=1))

    def loss(
        self,
        inputs: Mapping[str, Tensor],
        target: Tensor | None = None,
        presence: Tensor | None = None,
    ) -> Tensor:
        """What a step lowers.

        Args:
            inputs: By modality, what its encoder takes.
            target: Class codes, int64 `(batch,)`, or quantities; None without `targets`.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            A scalar.
        """
        w, codes = self.weights, self(inputs, presence)
        rebuilt = self.decode(codes.common, codes.private)
        parts = [
            w.reconstruction * self._error(inputs, rebuilt, presence),
            w.difference * difference_of(codes.shared, codes.private, presence),
            w.similarity * similarity_of(codes.shared, presence),
            w.agreement * self._disagreement(codes, presence),
        ]
        if self.head is not None:
            parts.append(w.task * task_loss(self.predict_from(codes), required(target)))
        return torch.stack(parts).sum()

    def fit(
        self,
        samples: Samples,
        target: Tensor | None = None,
        *,
        epochs: int = 50,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
    ) -> "SharedPrivateEncoders":
        """Trains encoders and decoders.

        Args:
            samples: `MultimodalData`, or tensors by modality.
            target: With tensors and `targets`, as in `loss`.
            epochs: Passes over the samples.
            batch_size: Samples a step.
            learning_rate: Of Adam.

        Returns:
            Itself.
        """
        plan = Schedule(epochs, batch_size, learning_rate, self.seed)
        learn(self, samples, target, self.targets, plan)
        return self

    def transform(self, samples: Samples) -> NDArray[np.float32]:
        """The shared code, then each private one, side by side.

        Args:
            samples: As in `fit`.

        Returns:
            `(samples, shared_dim + modalities * private_dim)`; private codes are zero where
            absent.
        """
        with torch.no_grad():
            codes = self(*self.inputs(samples))
        return torch.cat([codes.common, *codes.private.values()], dim=1).numpy()

    def dependence(
        self, samples: Samples, *, permutations: int = 199, most: int = 1000
    ) -> CodeDependence:
        """Whether shared and private codes are apart: their dependence, by HSIC.

        Training lowers correlations; dependence of another form may be left, and shows here.

        Args:
            samples: As in `fit`; better samples that were not trained on.
            permutations: Permutations of the test of independence.
            most: Most samples compared.

        Returns:
            A row for each shared code with its private one and each two private ones.

        Raises:
            DataError: If two codes have fewer than 4 samples in common.
        """
        inputs, presence = self.inputs(samples)
        with torch.no_grad():
            codes = self(inputs, presence)
        return code_dependence(
            codes.shared,
            codes.private,
            presence,
            permutations=permutations,
            most=most,
            seed=self.seed,
        )

    def _error(
        self,
        inputs: Mapping[str, Tensor],
        rebuilt: Mapping[str, Tensor],
        presence: Tensor | None,
    ) -> Tensor:
        parts: list[Tensor] = []
        for i, name in enumerate(self.names):
            x, guess = inputs[name], rebuilt[name]
            if presence is not None:
                x, guess = (present_or_zero(v, presence[:, i]) for v in (x, guess))
            parts.append((x - guess).square().mean())
        return torch.stack(parts).sum()

    def _disagreement(self, codes: Codes, presence: Tensor | None) -> Tensor:
        parts: list[Tensor] = []
        for i, code in enumerate(codes.shared.values()):
            gap = (code - codes.common).square()
            parts.append((gap if presence is None else gap * presence[:, i, None]).mean())
        return torch.stack(parts).sum()


def _decoder(width: int, hidden: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, out))


def _check(
    encoders: Encoders,
    decoders: Mapping[str, nn.Module],
    shared_dim: int,
    private_dim: int,
    targets: int | None,
) -> None:
    check_named(encoders)
    faults = decoders_lacking(encoders, decoders)
    if len(encoders) < 2:
        faults.append(f"a shared code needs two modalities or more, found {len(encoders)}")
    faults += [*whole("shared_dim", shared_dim), *whole("private_dim", private_dim)]
    if targets is not None and whole("targets", targets):
        faults.append(f"targets must be at least 1 or None, found {targets!r}")
    if faults:
        raise ConfigurationError(faults)
