"""Seeds that reach torch's layers without touching its generators for good."""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Runs a block under a seed and puts torch's generators back as they were.

    Args:
        seed: Seed for torch's default generators, of the CPU and of every CUDA
            device, within the block.

    Yields:
        Nothing.

    Example:
        >>> with seeded(1):
        ...     first = torch.rand(2)
        >>> with seeded(1):
        ...     bool((torch.rand(2) == first).all())
        True
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield
