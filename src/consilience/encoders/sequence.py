"""Sequences: channels standardised, convolutions, statistics over time."""

from typing import Self, final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.ragged import Ragged
from consilience.data.schema import ModalitySchema
from consilience.encoders.tabular import LARGEST
from consilience.errors import ShapeError


@final
class SequenceStandardizer(nn.Module):
    """Centres and scales each channel over all its steps.

    Steps that are missing (NaN, or past the end of a shorter sequence) stay NaN,
    which is how the encoder knows them.

    Args:
        schema: The modality, of kind `"sequence"`.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, schema: ModalitySchema) -> None:
        super().__init__()
        self.width = schema.width
        self.register_buffer("mean", torch.zeros(schema.width, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(schema.width, dtype=torch.float64))

    def fit(self, sequences: NDArray[np.floating] | Ragged) -> Self:
        """Learns mean and scale of each channel.

        Args:
            sequences: `(samples, steps, channels)` or `Ragged`.

        Returns:
            Itself.
        """
        values = sequences.values if isinstance(sequences, Ragged) else sequences
        steps = values.reshape(-1, self.width).astype(np.float64)
        missing = np.isnan(steps)
        count = np.maximum((~missing).sum(axis=0), 1)
        mean = np.where(missing, 0, steps).sum(axis=0) / count
        scale = np.sqrt((np.where(missing, 0, steps - mean) ** 2).sum(axis=0) / count)
        constant = scale <= 1e-12 * np.maximum(1, np.abs(mean))
        self.mean = torch.from_numpy(mean)
        self.scale = torch.from_numpy(np.where(constant, 1.0, scale))
        return self

    def forward(
        self, sequences: NDArray[np.floating] | Ragged
    ) -> Float[Tensor, "samples steps channels"]:
        """Standardises.

        Args:
            sequences: `(samples, steps, channels)` or `Ragged`.

        Returns:
            Float32 `(samples, longest, channels)`; missing steps are NaN.
        """
        padded = sequences.padded() if isinstance(sequences, Ragged) else sequences
        values = torch.from_numpy(np.ascontiguousarray(padded, dtype=np.float64))
        return ((values - self.mean) / self.scale).clamp(-LARGEST, LARGEST).float()


@final
class SequenceEncoder(nn.Module):
    """Two convolutions, then mean, spread and extremes over time, beside those of the raw channels.

    Args:
        channels: Number of channels.
        out_dim: Width of the features.
        dropout: Share of pooled statistics dropped in training.

    Shape:
        `(batch, steps, channels)` to `(batch, out_dim)`. NaN steps are left out of
        every statistic; padding changes nothing.

    Raises:
        ShapeError: If a width is not positive.

    Example:
        >>> SequenceEncoder(3, 16)(torch.randn(2, 50, 3)).shape
        torch.Size([2, 16])
    """

    def __init__(self, channels: int, out_dim: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        if channels < 1 or out_dim < 1:
            raise ShapeError(f"widths must be at least 1, found {channels} and {out_dim}")
        self.out_dim = out_dim
        inner = max(8, out_dim // 2)
        self.first = nn.Conv1d(channels, inner, kernel_size=7, stride=4, padding=3)
        self.second = nn.Conv1d(inner, inner, kernel_size=5, stride=2, padding=2)
        self.drop = nn.Dropout(dropout)
        self.raw = nn.Linear(5 * channels, out_dim)
        self.learned = nn.Linear(2 * inner, out_dim)

    def forward(self, x: Float[Tensor, "batch steps channels"]) -> Float[Tensor, "batch out"]:
        """Encodes a batch; see the class for shapes."""
        known = ~torch.isnan(x)
        steps = known.any(dim=2)
        filled = torch.where(known, x, 0.0).transpose(1, 2)
        seen = steps[:, None, :].to(x.dtype)
        hidden, seen_first = _strided(self.first, filled, seen)
        hidden, seen_second = _strided(self.second, nn.functional.gelu(hidden) * seen_first, seen_first)
        learned = _mean_and_max(nn.functional.gelu(hidden), seen_second)
        raw = _statistics(filled, known.transpose(1, 2).to(x.dtype))
        return self.raw(self.drop(raw)) + self.learned(self.drop(learned))


def _strided(conv: nn.Conv1d, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """The convolution, and which of its steps are centred on a step that was seen."""
    return conv(x), seen[:, :, :: conv.stride[0]]


def _mean_and_max(x: Tensor, seen: Tensor) -> Tensor:
    mean = (x * seen).sum(dim=2) / seen.sum(dim=2).clamp(min=1)
    highest = torch.where(seen.bool(), x, -torch.inf).amax(dim=2)
    return torch.cat([mean, torch.where(torch.isfinite(highest), highest, 0.0)], dim=1)


def _statistics(x: Tensor, known: Tensor) -> Tensor:
    """Mean, log spread, minimum, maximum and log roughness of each channel."""
    count = known.sum(dim=2).clamp(min=1)
    mean = (x * known).sum(dim=2) / count
    variance = ((x - mean[:, :, None]) ** 2 * known).sum(dim=2) / count
    both = known[:, :, 1:] * known[:, :, :-1]
    rough = ((x[:, :, 1:] - x[:, :, :-1]) ** 2 * both).sum(dim=2) / both.sum(dim=2).clamp(min=1)
    lowest = torch.where(known.bool(), x, torch.inf).amin(dim=2)
    highest = torch.where(known.bool(), x, -torch.inf).amax(dim=2)
    extremes = [torch.where(torch.isfinite(e), e, 0.0) for e in (lowest, highest)]
    spreads = [0.5 * torch.log(s + 1e-4) for s in (variance, rough)]
    return torch.cat([mean, *spreads, *extremes], dim=1)
