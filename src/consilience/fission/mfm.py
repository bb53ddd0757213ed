"""Multimodal factorization: one factor that predicts, and one a modality that only generates."""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
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
from consilience.fission.fitting import Schedule
from consilience.fission.inputs import Samples, StandardInputs, targets_of, widths_of
from consilience.fission.learning import LABELS, learn, required, task_loss
from consilience.fission.settings import decoders_lacking, whole
from consilience.functional.checks import present_or_zero
from consilience.functional.discrepancy import maximum_mean_discrepancy
from consilience.functional.randomness import seeded


@final
@dataclass(frozen=True, slots=True, eq=False)
class GenerativeFactors:
    """Latent factors of a batch, which the prior draws to a standard normal.

    Attributes:
        discriminative: $z_y$, what predicts the target and is common to all modalities,
            `(batch, dim)`.
        generative: By modality, $z_m$, what it takes besides to rebuild it,
            `(batch, generative_dim)`.
    """

    discriminative: Tensor
    generative: dict[str, Tensor]


@final
class MultimodalFactorization(nn.Module):
    r"""Factors a label needs, and factors each modality needs to be rebuilt.

    $$L = \sum_m \lVert x_m - F_m(f_y, f_m) \rVert^2 + L_\text{task}(D(f_y), y)
      + \lambda \sum_k \mathrm{MMD}(q(z_k), \mathcal{N}(0, I))$$

    where $f_y = G_y(z_y)$ and $f_m = G_m(z_m)$ are perceptrons of latent factors $z_y$ and
    $z_m$, so that what is drawn to a normal need not itself separate the classes. The prior is
    asked of each $z_k$ by itself, as in the authors' code, not of all of them joined.

    The discriminative factor is inferred from all modalities that are there, so one that is
    absent is rebuilt, and the label predicted, from the rest. Swapping generative factors
    between samples changes how a sample looks, not what is predicted of it.

    Args:
        encoders: By modality, the width of its columns, or a module with an attribute
            `out_dim`.
        dim: Width of the discriminative factor.
        generative_dim: Width of each generative factor.
        targets: Number of classes or outputs.
        decoders: By modality, a module from `(batch, dim + generative_dim)` to what the
            encoder takes; needed where an encoder is a module.
        prior: $\lambda$, how much the factors are drawn to a standard normal.
        hidden: Width of the default encoders and decoders.
        random_state: Seeds weights, the prior's draws and the order of batches.

    Raises:
        ConfigurationError: If settings cannot be used; all faults at once.

    References:
        Tsai, Liang, Zadeh, Morency, Salakhutdinov, Learning Factorized Multimodal
        Representations, ICLR 2019, equation 4.

    Example:
        >>> model = MultimodalFactorization({"a": 3, "b": 4}, 2, 1, targets=2, random_state=0)
        >>> factors = model({"a": torch.randn(5, 3), "b": torch.randn(5, 4)})
        >>> factors.discriminative.shape, model.decode(factors)["b"].shape
        (torch.Size([5, 2]), torch.Size([5, 4]))
    """

    def __init__(
        self,
        encoders: Encoders,
        dim: int,
        generative_dim: int,
        *,
        targets: int,
        decoders: Mapping[str, nn.Module] | None = None,
        prior: float = 1.0,
        hidden: int = 64,
        random_state: RandomState = None,
    ) -> None:
        super().__init__()
        _check(encoders, decoders or {}, (dim, generative_dim, targets), prior)
        self.names = tuple(encoders)
        self.targets = targets
        self.prior = prior
        self.seed = seed_of(random_state)
        self.inputs = StandardInputs(self.names)
        self._generator = torch.Generator().manual_seed(self.seed)
        joined = dim + generative_dim
        with seeded(self.seed):
            self.encoders = nn.ModuleList(backbones(encoders, hidden).values())
            widths = [width_of(e) for e in self.encoders]
            self.discriminative = nn.Linear(sum(widths) + len(widths), dim)
            self.generative = nn.ModuleList(nn.Linear(w, generative_dim) for w in widths)
            self.decoders = nn.ModuleList(
                (decoders or {}).get(name)
                or _perceptron(joined, hidden, cast("int", encoders[name]))
                for name in self.names
            )
            self.maps = nn.ModuleList(
                _perceptron(width, hidden, width)
                for width in (dim, *[generative_dim] * len(self.names))
            )
            self.head = nn.Linear(dim, targets)

    @classmethod
    def for_data(
        cls,
        data: MultimodalData,
        dim: int,
        generative_dim: int,
        *,
        prior: float = 1.0,
        hidden: int = 64,
        random_state: RandomState = None,
    ) -> "MultimodalFactorization":
        """Factors for the tables of some samples, and for their target.

        Args:
            data: Samples of tables, with a target.
            dim: Width of the discriminative factor.
            generative_dim: Width of each generative factor.
            prior: As in the constructor.
            hidden: As in the constructor.
            random_state: As in the constructor.

        Returns:
            The module, not yet fitted.

        Raises:
            DataError: If there is no target, or a modality is text or of differing lengths.
            InputTypeError: If `data` is no `MultimodalData`.
        """
        widths = widths_of(data)
        return cls(
            widths,
            dim,
            generative_dim,
            targets=targets_of(data, LABELS),
            prior=prior,
            hidden=hidden,
            random_state=random_state,
        )

    def forward(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None = None
    ) -> GenerativeFactors:
        """The factors of a batch.

        Args:
            inputs: By modality, what its encoder takes.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            The factors; the generative one of an absent modality is zero, the prior's mean.

        Raises:
            ModalityError: If a modality is not among the inputs.
        """
        features: list[Tensor] = []
        generative: dict[str, Tensor] = {}
        for i, name in enumerate(self.names):
            present = None if presence is None else presence[:, i]
            seen = encode_present(self.encoders[i], input_of(inputs, name), present)
            code = self.generative[i](seen)
            generative[name] = code if present is None else present_or_zero(code, present)
            flag = torch.ones(len(seen), 1) if present is None else present[:, None]
            features += [seen, flag.to(seen)]
        return GenerativeFactors(self.discriminative(torch.cat(features, dim=1)), generative)

    def decode(self, factors: GenerativeFactors) -> dict[str, Tensor]:
        """Rebuilds every modality from factors, by modality."""
        common = self.maps[0](factors.discriminative)
        return {
            name: self.decoders[i](
                torch.cat([common, self.maps[i + 1](factors.generative[name])], dim=1)
            )
            for i, name in enumerate(self.names)
        }

    def predict_from(self, factors: GenerativeFactors) -> Tensor:
        """What the discriminative factor says of the target, `(batch, targets)`."""
        return self.head(self.maps[0](factors.discriminative))

    def loss(
        self,
        inputs: Mapping[str, Tensor],
        target: Tensor | None = None,
        presence: Tensor | None = None,
    ) -> Tensor:
        """What a step lowers.

        Args:
            inputs: By modality, what its encoder takes.
            target: Class codes, int64 `(batch,)`, or quantities, `(batch, outputs)`.
            presence: Bool `(batch, modalities)`; None when all are present.

        Returns:
            A scalar.
        """
        factors = self(inputs, presence)
        parts = [task_loss(self.predict_from(factors), required(target))]
        rebuilt = self.decode(factors)
        codes = [factors.discriminative]
        for i, name in enumerate(self.names):
            rows = slice(None) if presence is None else presence[:, i]
            known = inputs[name][rows]
            if known.numel():
                parts.append((known - rebuilt[name][rows]).square().mean())
                codes.append(factors.generative[name][rows])
        parts += [self.prior * self._apart(code) for code in codes if len(code) > 1]
        return torch.stack(parts).sum()

    def fit(
        self,
        samples: Samples,
        target: Tensor | None = None,
        *,
        epochs: int = 50,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
    ) -> "MultimodalFactorization":
        """Trains all parts.

        Args:
            samples: `MultimodalData` with its target, or tensors by modality.
            target: With tensors, as in `loss`.
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
        """The discriminative factor, then each generative one, side by side.

        Args:
            samples: As in `fit`.

        Returns:
            `(samples, dim + modalities * generative_dim)`; generative factors are zero where
            absent.
        """
        with torch.no_grad():
            factors = self(*self.inputs(samples))
        return torch.cat([factors.discriminative, *factors.generative.values()], dim=1).numpy()

    def _apart(self, code: Tensor) -> Tensor:
        drawn = torch.randn(code.shape, generator=self._generator, dtype=code.dtype)
        return maximum_mean_discrepancy(code, drawn.to(code.device))


def _perceptron(width: int, hidden: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, out))


def _check(
    encoders: Encoders,
    decoders: Mapping[str, nn.Module],
    sizes: tuple[int, int, int],
    prior: float,
) -> None:
    check_named(encoders)
    faults = decoders_lacking(encoders, decoders)
    for what, value in zip(("dim", "generative_dim", "targets"), sizes, strict=True):
        faults += whole(what, value)
    if not (isinstance(prior, Real) and prior >= 0):
        faults.append(f"prior must not be negative, found {prior!r}")
    if faults:
        raise ConfigurationError(faults)
