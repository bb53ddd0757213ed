"""A fitted model as one graph of tensors: raw units in, probabilities or quantities out."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, cast, final

import numpy as np
import torch
from torch import Tensor, nn

from consilience.data.container import MultimodalData
from consilience.data.ragged import Ragged
from consilience.data.recognition import Stored
from consilience.encoders.auto import Preprocessor
from consilience.encoders.sequence import SequenceStandardizer
from consilience.encoders.tabular import LARGEST, TableStandardizer
from consilience.encoders.text import TextEncoder, TextHasher
from consilience.estimators.network import FusionNetwork, Preprocessing


@final
class RawGraph(nn.Module):
    """Standardises, encodes, fuses and predicts, through a flat positional signature.

    It holds copies on the CPU; the model it is made of stays as it is.

    Args:
        preprocessing: What was learnt before the network.
        network: The network.
        state: What the estimator's `fitted_state` gives.
        temperature: What logits are divided by; 1 leaves them.
        presence: Whether a last argument says which modalities are present.

    Shape:
        One tensor a modality in the order of the schema: of a table float64
        `(rows, columns)`, of a sequence float64 `(rows, steps, channels)`, of text
        int64 `(rows, tokens)`; then bool `(rows, modalities)` with `presence`. The
        result is float64 `(rows, outputs)`.
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        network: FusionNetwork,
        state: Mapping[str, Any],
        *,
        temperature: float = 1.0,
        presence: bool = True,
    ) -> None:
        super().__init__()
        self.names = network.names
        self.presence = presence
        self.parts = nn.ModuleList(
            _standardising(part) for part in cast("Sequence[Preprocessor]", preprocessing.parts)
        )
        self.network = deepcopy(network).cpu()
        for i, encoder in enumerate(self.network.encoders):
            if isinstance(encoder, TextEncoder):
                self.network.encoders[i] = _Summed(encoder)
        self.output = _output(state, temperature)
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, *tensors: Tensor) -> Tensor:
        """Predicts a batch; see the class for shapes."""
        inputs = {
            name: part(x) for name, part, x in zip(self.names, self.parts, tensors, strict=False)
        }
        presence = tensors[len(self.names)] if self.presence else None
        return self.output(self.network(inputs, presence).double())


def tensors_of(data: MultimodalData, preprocessing: Preprocessing) -> list[Tensor]:
    """Samples as the arguments of a `RawGraph`, the presence last.

    Args:
        data: Samples that conform to the model's schema.
        preprocessing: What was learnt before the network, for its hashing of text.

    Returns:
        A tensor a modality; NaN (or 0 for text) wherever a modality is absent.
    """
    out: list[Tensor] = []
    parts = cast("Sequence[Preprocessor]", preprocessing.parts)
    presence = torch.from_numpy(np.array(data.presence))
    for i, (name, part) in enumerate(zip(preprocessing.names, parts, strict=True)):
        x = _raw(data.modalities[name], part)
        absent = ~presence[:, i]
        x[absent] = 0 if x.dtype == torch.int64 else torch.nan
        out.append(x)
    return [*out, presence]


def _raw(stored: Stored, part: Preprocessor) -> Tensor:
    if isinstance(part, TextHasher):
        return part(stored)
    values = stored.padded() if isinstance(stored, Ragged) else stored
    return torch.from_numpy(values.astype(np.float64))


def _standardising(part: Preprocessor) -> nn.Module:
    match part:
        case TableStandardizer():
            return _Table(part)
        case SequenceStandardizer():
            return _Sequence(part)
        case TextHasher():
            return nn.Identity()


@final
class _Table(nn.Module):
    """`TableStandardizer` on a tensor."""

    def __init__(self, part: TableStandardizer) -> None:
        super().__init__()
        self.part = deepcopy(part)
        self.flagged = [i for i, flag in enumerate(part.flagged.tolist()) if flag]

    def forward(self, table: Tensor) -> Tensor:
        part = self.part
        numbers = table[:, part.numeric]
        scaled = _clipped((numbers - part.mean) / part.scale, otherwise=0.0)
        columns = [scaled.float(), torch.isnan(numbers)[:, self.flagged].float()]
        for i, size in zip(part.categorical, part.sizes, strict=True):
            columns.append((table[:, i, None] == torch.arange(size)).float())
        out = torch.cat(columns, dim=1)
        return out if out.shape[1] else torch.zeros_like(table[:, :1]).float()


@final
class _Sequence(nn.Module):
    """`SequenceStandardizer` on a tensor."""

    def __init__(self, part: SequenceStandardizer) -> None:
        super().__init__()
        self.part = deepcopy(part)

    def forward(self, steps: Tensor) -> Tensor:
        scaled = (steps - self.part.mean) / self.part.scale
        return _clipped(scaled, otherwise=torch.nan).float()


def _clipped(scaled: Tensor, *, otherwise: float) -> Tensor:
    """Within `LARGEST`, and `otherwise` where NaN, which runtimes clip in ways of their own."""
    unknown = torch.isnan(scaled)
    within = torch.where(unknown, 0.0, scaled).clamp(-LARGEST, LARGEST)
    return torch.where(unknown, otherwise, within)


@final
class _Summed(nn.Module):
    """`TextEncoder` with its sum written out, which other runtimes know as well."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.out_dim = encoder.out_dim

    def forward(self, tokens: Tensor) -> Tensor:
        known = tokens != 0
        rows = nn.functional.embedding(tokens, self.encoder.embed.weight)
        total = (rows * known[..., None]).sum(dim=1)
        x = total / known.sum(dim=1, keepdim=True).clamp(min=1).sqrt()
        return x + self.encoder.out(nn.functional.gelu(self.encoder.hidden(x)))


def _output(state: Mapping[str, Any], temperature: float) -> nn.Module:
    if "classes" not in state:
        return _Quantities(state["target_mean"], state["target_scale"])
    return _Probabilities(temperature, several=bool(state.get("multilabel", False)))


@final
class _Probabilities(nn.Module):
    """Probabilities from logits."""

    def __init__(self, temperature: float, *, several: bool) -> None:
        super().__init__()
        self.temperature = temperature
        self.several = several

    def forward(self, logits: Tensor) -> Tensor:
        cooled = logits / self.temperature
        return cooled.sigmoid() if self.several else cooled.softmax(dim=1)


@final
class _Quantities(nn.Module):
    """Quantities in their own unit from standardised ones."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float64))

    def forward(self, standardised: Tensor) -> Tensor:
        return standardised * self.scale + self.mean
