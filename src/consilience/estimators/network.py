"""What an estimator trains: an encoder a modality, a fusion, a head."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.recognition import Stored
from consilience.data.schema import Schema
from consilience.encoders.auto import Preprocessor, default_encoder, preprocessor_for
from consilience.encoders.tokens import token_encoder
from consilience.errors import ConfigurationError
from consilience.functional.checks import present_or_zero
from consilience.fusion.catalogue import build, is_late, takes_tokens
from consilience.training.objectives import Criterion, sets_its_loss


@final
class FusionNetwork(nn.Module):
    """Encodes each modality, fuses the features, predicts.

    A fusion that is late predicts by itself; any other is followed by a head
    with one nonlinearity.

    Args:
        encoders: One module a modality with an attribute `out_dim`, by name.
        fusion: Name of the fusion method.
        out_dim: Width of the prediction.
        hidden: Width of the fused vector under a head.
        dropout: Share of the fused vector dropped in training.
        options: Passed to the fusion.

    Shape:
        `inputs[m]` is what encoder `m` takes; the result is `(batch, out_dim)`.

    Raises:
        ConfigurationError: If the fusion or one of its options is not known.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        fusion: str,
        out_dim: int,
        *,
        hidden: int,
        dropout: float,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__()
        self.names = tuple(encoders)
        self.encoders = nn.ModuleList(encoders.values())
        dims = {name: int(getattr(e, "out_dim")) for name, e in encoders.items()}  # noqa: B009  nn.Module's attributes are unknown to types
        late = is_late(fusion)
        self.tokens = takes_tokens(fusion)
        self.fusion = build(fusion, dims, out_dim if late else hidden, **options)
        self.head = nn.Identity() if late else _head(hidden, out_dim, dropout)

    def forward(self, inputs: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """Predicts `(batch, out_dim)` from a batch of every modality."""
        return self.decode(self.encode(inputs, presence), presence)

    def encode(
        self, inputs: Mapping[str, Tensor], presence: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Features of each modality by name.

        Returns:
            `(batch, width)`; for a fusion of tokens `(batch, length, width)`, where
            steps that are padding are NaN.
        """
        features: dict[str, Tensor] = {}
        for i, (name, encoder) in enumerate(zip(self.names, self.encoders, strict=True)):
            x = inputs[name]
            x = x if presence is None else present_or_zero(x, presence[:, i])
            features[name] = _marked(encoder, x) if self.tokens else encoder(x)
        return features

    def decode(self, features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        """Predicts `(batch, out_dim)` from features as `encode` gives them."""
        if not self.tokens:
            return self.head(self.fusion(features, presence))
        padding = {name: torch.isnan(x).all(dim=-1) for name, x in features.items() if x.ndim == 3}
        known = {n: torch.where(torch.isnan(x), 0.0, x) for n, x in features.items()}
        return self.head(self.fusion(known, presence, padding=padding))

    def training_loss(
        self,
        criterion: Criterion,
        inputs: Mapping[str, Tensor],
        target: Tensor,
        presence: Tensor | None = None,
    ) -> Tensor:
        """The loss to train by: the fusion's own where it has one.

        Args:
            criterion: Between an output and the target.
            inputs: By modality, `(batch, ...)`.
            target: `(batch,)` or `(batch, out_dim)`.
            presence: Bool `(batch, modalities)`, or None.

        Returns:
            A scalar.
        """
        features = self.encode(inputs, presence)
        if sets_its_loss(self.fusion):
            return self.fusion.training_loss(criterion, features, target, presence)
        return criterion(self.decode(features, presence), target)


def _marked(encoder: nn.Module, x: Tensor) -> Tensor:
    """Tokens of a modality, NaN where they are padding."""
    tokens = encoder(x)
    padding = encoder.padding(x) if isinstance(encoder, Padded) else None
    return tokens if padding is None else torch.where(padding[..., None], torch.nan, tokens)


@runtime_checkable
class Padded(Protocol):
    """An encoder whose tokens may be padding."""

    def padding(self, x: Tensor, /) -> Tensor | None:
        """Which tokens are padding, bool `(batch, length)`; None if none is."""
        ...


def _head(hidden: int, out_dim: int, dropout: float) -> nn.Module:
    return nn.Sequential(
        nn.LayerNorm(hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, out_dim)
    )


@final
class Preprocessing(nn.Module):
    """What was learnt from training data before any network saw it.

    Args:
        schema: The modalities.
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self.names = schema.names
        parts: Sequence[Preprocessor] = [preprocessor_for(m) for m in schema.modalities]
        self.parts = nn.ModuleList(parts)

    def fit(self, stored: Mapping[str, Stored], presence: NDArray[np.bool_]) -> None:
        """Fits each part on the rows where its modality is present."""
        for i, (name, part) in enumerate(zip(self.names, self.parts, strict=True)):
            part.fit(stored[name][presence[:, i]])  # pyright: ignore[reportCallIssue]  each kind of preprocessor takes its own

    def forward(self, stored: Mapping[str, Stored]) -> dict[str, Tensor]:
        """A tensor a modality, by name."""
        with torch.no_grad():
            return {n: p(stored[n]) for n, p in zip(self.names, self.parts, strict=True)}

    def encoders(
        self,
        given: Mapping[str, nn.Module],
        *,
        out_dim: int,
        dropout: float,
        tokens: bool = False,
    ) -> dict[str, nn.Module]:
        """The user's encoders where given, default ones elsewhere, by name.

        Args:
            given: The user's encoders, by modality.
            out_dim: Width of the features of default encoders.
            dropout: Share dropped in default encoders.
            tokens: Whether default encoders give tokens rather than one vector.

        Returns:
            An encoder a modality.

        Raises:
            ConfigurationError: If a given encoder has no `out_dim`.
        """
        out: dict[str, nn.Module] = {}
        for name, part in zip(self.names, self.parts, strict=True):
            module = given.get(name)
            if module is None:
                make = token_encoder if tokens else default_encoder
                module = make(part, out_dim, dropout=dropout)  # pyright: ignore[reportArgumentType]  ModuleList forgets its items' type
            if not hasattr(module, "out_dim"):
                raise ConfigurationError(
                    [
                        f"the encoder of modality {name!r} has no attribute out_dim; "
                        "set it to the width of its features"
                    ]
                )
            out[name] = module
        return out
