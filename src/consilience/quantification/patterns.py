"""What a fitted model says under every pattern of which modalities it is shown."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from consilience.data.frames import as_multimodal
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.errors import suggestion as hint
from consilience.functional.subsets import subsets
from consilience.quantification.heads import FirstLayer, Head, evaluating, known_head, run
from consilience.quantification.subset_layers import SubsetLayer
from consilience.quantification.surfaces import points_for
from consilience.quantification.two_stage import Encoded, TwoStage, encode

MOST_MODALITIES = 12
"""More would make more than 4,096 patterns."""

NUMBERS = 2**18
"""Numbers of the first layer's output held at a time: what fits in a core's own cache."""


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PresencePatterns:
    """A model's output under every subset of modalities.

    Attributes:
        names: The modalities that the model knows.
        patterns: Which are shown, bool `(2 ** modalities, modalities)`: pattern $s$ shows
            modality $m$ where bit $m$ of $s$ is set, so none comes first and all last.
        outputs: Raw output, such as logits, `(patterns, rows, outputs)`. A modality that a
            row does not have stays absent in it whatever the pattern.
    """

    names: tuple[str, ...]
    patterns: NDArray[np.bool_]
    outputs: NDArray[np.float32]

    def __getitem__(self, shown: str | Collection[str]) -> NDArray[np.float32]:
        """The outputs `(rows, outputs)` where these modalities are shown and no others.

        Raises:
            ModalityError: If a name is not a modality of the model.
        """
        wanted = {shown} if isinstance(shown, str) else set(shown)
        for name in wanted:
            if name not in self.names:
                raise ModalityError(f"no modality {name!r}; {hint(name, self.names)}")
        return self.outputs[sum(2**m for m, name in enumerate(self.names) if name in wanted)]

    def __len__(self) -> int:
        return len(self.patterns)

    def __repr__(self) -> str:
        rows, outputs = self.outputs.shape[1:]
        shown = ", ".join(self.names)
        return f"PresencePatterns({len(self)} patterns of {shown}; {rows} rows, {outputs} outputs)"


def presence_patterns(model: TwoStage, data: object) -> PresencePatterns:
    """The raw output of a model under every subset of its modalities.

    The encoders run once. A head that begins with a linear layer of all modalities together
    has that layer's sums over subsets built up one addition each; any other fusion is asked
    under each pattern, so each method's own way with what is absent holds.

    Args:
        model: A fitted estimator.
        data: Samples; modalities that are lacking are absent throughout.

    Returns:
        The outputs by pattern.

    Raises:
        ConfigurationError: If the model has too many modalities.
        DataError: If there is no sample.
        InputTypeError: If `model` cannot encode and decode in two stages.

    Example:
        >>> import consilience as cs
        >>> class Sum:
        ...     def encoded(self, data):
        ...         return {n: torch.tensor(data.modalities[n]) for n in ("a", "b")}
        ...     def decoded(self, features, presence=None):
        ...         x = torch.cat(list(features.values()), dim=1)
        ...         return torch.where(presence, x, 0.0).sum(dim=1, keepdim=True)
        >>> data = cs.MultimodalData({"a": [1.0, 2.0], "b": [10.0, 20.0]})
        >>> found = presence_patterns(Sum(), data)
        >>> found
        PresencePatterns(4 patterns of a, b; 2 rows, 1 outputs)
        >>> found["b"].tolist(), found[()].tolist()
        ([[10.0], [20.0]], [[0.0], [0.0]])
    """
    if not isinstance(model, TwoStage):  # pyright: ignore[reportUnnecessaryIsInstance]  callers may have no types
        raise InputTypeError(
            f"{type(model).__name__} has no methods encoded and decoded; "
            "pass a fitted FusionClassifier or FusionRegressor"
        )
    samples = as_multimodal(data)  # pyright: ignore[reportArgumentType]  checked inside
    if len(samples) == 0:
        raise DataError("there is no sample to show to the model")
    encoded = encode(model, samples)
    names = tuple(encoded.features)
    if len(names) > MOST_MODALITIES:
        raise ConfigurationError(
            [
                f"the model has {len(names)} modalities and so 2**{len(names)} patterns; "
                f"at most {MOST_MODALITIES} modalities can be shown in every pattern"
            ]
        )
    patterns = subsets(len(names)).to(encoded.presence.device)
    with evaluating(encoded.modules):
        head = known_head(encoded)
        if head.first is None:
            outputs = _each_pattern(encoded, patterns)
        else:
            outputs = _added_up(encoded, head, head.first)
    return PresencePatterns(names, patterns.cpu().numpy(), outputs.cpu().float().numpy())


def _each_pattern(encoded: Encoded, patterns: Tensor) -> Tensor:
    """By decoding every row under every pattern, some rows and patterns at a time."""
    features, presence = encoded.features, encoded.presence
    size = sum(x[0].numel() * x.element_size() for x in features.values())
    points = points_for(size)
    out: list[Tensor] = []
    for start in range(0, len(presence), points):
        rows = slice(start, start + points)
        there = presence[rows]
        some = {name: x[rows] for name, x in features.items()}
        together = max(1, points // len(there))
        parts = [_shown(encoded, some, there & p[:, None]) for p in patterns.split(together)]
        out.append(torch.cat(parts))
    return torch.cat(out, dim=1)


def _shown(encoded: Encoded, features: dict[str, Tensor], presence: Tensor) -> Tensor:
    """The output `(patterns, rows, outputs)` of rows under presence `(patterns, rows, ...)`."""
    number = len(presence)
    given = {n: x.expand(number, *x.shape).flatten(0, 1) for n, x in features.items()}
    return encoded.decoded(given, presence.flatten(0, 1)).unflatten(0, presence.shape[:2])


def _added_up(encoded: Encoded, head: Head, first: FirstLayer) -> Tensor:
    """By sums over subsets of what each modality adds to the first layer."""
    features, presence = encoded.features, encoded.presence
    nothing = torch.zeros_like(presence[:1])
    absent = first.parts({name: x[:1] for name, x in features.items()}, nothing)
    base = torch.stack(list(absent.values())).sum(dim=0)
    present = first.parts(features, presence)
    added = [present[name] - absent[name] for name in features]
    layer = SubsetLayer(base, added, head.rest)
    out: list[Tensor] = []
    for sums in layer.tiles(NUMBERS):
        tile = run(layer.rest, sums.flatten(0, 1)).unflatten(0, sums.shape[:2])
        out.append(tile.clone())  # may be what the next tile overwrites
    return torch.cat(out, dim=1)
