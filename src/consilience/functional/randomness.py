"""Seeds that reach torch's layers without touching its generator for good."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Runs a block under a seed and puts torch's generator back as it was.

    Args:
        seed: Seed for torch's default generator within the block.

    Yields:
        Nothing.

    Example:
        >>> with seeded(1):
        ...     first = torch.rand(2)
        >>> with seeded(1):
        ...     bool((torch.rand(2) == first).all())
        True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
