"""The variational information bottleneck: a code that costs bits."""

import math
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from consilience.errors import ShapeError


def gaussian_rate(
    mean: Float[Tensor, "batch dim"], log_variance: Float[Tensor, "batch dim"]
) -> Float[Tensor, " batch"]:
    r"""Bits a sample's code costs against a standard normal prior.

    $$\frac{1}{2 \ln 2} \sum_k \mu_k^2 + \sigma_k^2 - 1 - \ln \sigma_k^2$$

    Its mean over samples is at least $I(X; Z)$.

    Args:
        mean: $\mu$.
        log_variance: $\ln \sigma^2$.

    Returns:
        Bits, at least 0.

    Example:
        >>> gaussian_rate(torch.zeros(1, 2), torch.zeros(1, 2)).tolist()
        [0.0]
    """
    nats = (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1) / 2
    return nats / math.log(2)


@final
class VariationalBottleneck(nn.Module):
    r"""A noisy code of features whose rate in bits is told, to be paid for in the loss.

    Add `beta` times the mean rate to a task's loss: what does not help the task is not worth
    its bits and is dropped, whatever its variance.

    Args:
        in_dim: Width of the features.
        dim: Width of the code.

    Shape:
        `(batch, in_dim)` to a code `(batch, dim)` and a rate `(batch,)`, in bits. The code is
        drawn where a generator is given, else it is its mean.

    Raises:
        ShapeError: If a width is not positive.

    References:
        Alemi et al., Deep Variational Information Bottleneck, ICLR 2017, equation 17.

    Example:
        >>> code, rate = VariationalBottleneck(5, 2)(torch.randn(3, 5))
        >>> code.shape, rate.shape
        (torch.Size([3, 2]), torch.Size([3]))
    """

    def __init__(self, in_dim: int, dim: int) -> None:
        super().__init__()
        if min(in_dim, dim) < 1:
            raise ShapeError(f"widths must be at least 1, found {in_dim} and {dim}")
        self.dim = dim
        self.head = nn.Linear(in_dim, 2 * dim)

    def forward(
        self, x: Float[Tensor, "batch width"], generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """The code and its rate; see the class."""
        mean, log_variance = self.head(x).split(self.dim, dim=1)
        rate = gaussian_rate(mean, log_variance)
        if generator is None:
            return mean, rate
        noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype).to(mean.device)
        return mean + (log_variance / 2).exp() * noise, rate
