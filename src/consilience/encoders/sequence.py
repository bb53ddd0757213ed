"""Sequences: channels standardised, convolutions, statistics over time."""

from typing import final

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.ragged import Ragged
from consilience.data.schema import ModalitySchema
from consilience.encoders.tabular import LARGEST
from consilience.errors import ShapeError
from consilience.functional.scaling import centre_and_scale


@final
class SequenceStandardizer(nn.Module):
    """Centres and scales each channel over all its steps.

    Steps that are missing (NaN, or past the end of a shorter sequence) stay NaN,
    which is how the encoder knows them. A channel that was constant is zero where it
    is known, for nothing could be learnt about it.

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

    def fit(self, sequences: NDArray[np.number] | Ragged) -> "SequenceStandardizer":
        """Learns mean and scale of each channel.

        Args:
            sequences: `(samples, steps, channels)` or `Ragged`.

        Returns:
            Itself.
        """
        values = sequences.values if isinstance(sequences, Ragged) else sequences
        mean, scale = centre_and_scale(values.reshape(-1, self.width))
        self.mean = torch.from_numpy(mean)
        self.scale = torch.from_numpy(scale)
        return self

    def forward(
        self, sequences: NDArray[np.number] | Ragged
    ) -> Float[Tensor, "samples steps channels"]:
        """Standardises.

        Args:
            sequences: `(samples, steps, channels)` or `Ragged`.

        Returns:
            Float32 `(samples, longest, channels)`; missing steps are NaN.
        """
        padded = sequences.padded() if isinstance(sequences, Ragged) else sequences
        values = torch.from_numpy(padded.astype(np.float64))
        return values.sub_(self.mean).div_(self.scale).clamp_(-LARGEST, LARGEST).float()


@final
class SequenceEncoder(nn.Module):
    """Convolutions and statistics over time, side by side.

    What two strided convolutions find is pooled to its mean and maximum over time;
    of the raw channels mean, log spread, extremes and log roughness are taken.

    Args:
        channels: Number of channels.
        out_dim: Width of the features.
        dropout: Share of the pooled convolutions dropped in training; the statistics of the
            raw channels are few and stay.

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
        filled = torch.where(known, x, 0.0).transpose(1, 2)
        learned = self._convolved(filled, known.any(dim=2))
        raw = _statistics(filled, known.transpose(1, 2))
        return self.raw(raw) + self.learned(self.drop(learned))

    def _convolved(self, x: Tensor, seen: Tensor) -> Tensor:
        """Mean and maximum of what the convolutions find in `(batch, channels, steps)`."""
        seen = _blocks(seen, self.first.stride[0])
        hidden = nn.functional.gelu(self.first(x)) * seen[:, None]
        seen = _blocks(seen, self.second.stride[0])
        return _mean_and_max(nn.functional.gelu(self.second(hidden)), seen[:, None])


def _blocks(seen: Tensor, stride: int) -> Tensor:
    """Which blocks of `stride` steps hold a step that was seen; one a convolution's output."""
    short = -seen.shape[1] % stride
    return nn.functional.pad(seen, (0, short)).unflatten(1, (-1, stride)).any(dim=2)


def _mean_and_max(x: Tensor, seen: Tensor) -> Tensor:
    mean = (x * seen).sum(dim=2) / seen.sum(dim=2).clamp(min=1)
    return torch.cat([mean, _highest(x, seen)], dim=1)


def _highest(x: Tensor, known: Tensor) -> Tensor:
    """The maximum over the known steps, zero where there is none."""
    highest = torch.where(known, x, -torch.inf).amax(dim=2)
    return torch.where(known.any(dim=2), highest, 0.0)


def _statistics(x: Tensor, known: Tensor) -> Tensor:
    """Mean, log spread, log roughness, minimum and maximum of each channel.

    Args:
        x: `(batch, channels, steps)`, zero where not known.
        known: Bool of the same shape.

    Returns:
        `(batch, 5 * channels)`.
    """
    count = known.sum(dim=2).clamp(min=1)
    mean = x.sum(dim=2) / count
    variance = ((x - mean[:, :, None]).square() * known).sum(dim=2) / count
    both = known[:, :, 1:] & known[:, :, :-1]
    rough = (x.diff(dim=2).square() * both).sum(dim=2) / both.sum(dim=2).clamp(min=1)
    spreads = [0.5 * torch.log(s + 1e-4) for s in (variance, rough)]
    return torch.cat([mean, *spreads, -_highest(-x, known), _highest(x, known)], dim=1)
