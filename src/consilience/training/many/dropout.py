"""Dropout that costs little next to small matrix products."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

PARTS = 65_536
"""A unit is kept if sixteen random bits are below this many times its chance."""


def cheap_dropout(x: Tensor, p: float) -> Tensor:
    """Drops units with masks of which four come from one random number.

    Args:
        x: Any shape.
        p: Chance of dropping a unit, in (0, 1); rounded to 1/65,536. The scale is made
            to fit, so the mean is kept.

    Returns:
        A tensor of the shape of `x`.

    Example:
        >>> sorted(set(cheap_dropout(torch.ones(1000), 0.75).tolist()))
        [0.0, 4.0]
    """
    kept = min(max(round((1 - p) * PARTS), 1), PARTS - 1)
    words = -(-x.numel() // 4)
    bits = torch.randint(-(2**63), 2**63 - 1, (words,)).view(torch.int16)[: x.numel()]
    mask = (bits < kept - PARTS // 2).to(x.dtype).mul_(PARTS / kept)
    return x * mask.view(x.shape)


@contextmanager
def dropping_cheaply(modules: Iterable[nn.Module]) -> Generator[None]:
    """Within it, training dropout layers among some modules drop cheaply on a processor.

    Args:
        modules: Layers of class `nn.Dropout` among them are meant; those that work in
            place, drop nothing or drop everything stay as they are.

    Yields:
        Nothing.

    Example:
        >>> layer = nn.Dropout(0.75)
        >>> with dropping_cheaply([layer]):
        ...     sorted(set(layer(torch.ones(1000)).tolist()))
        [0.0, 4.0]
    """
    meant = [m for m in modules if type(m) is nn.Dropout and not m.inplace and 0 < m.p < 1]
    for module in meant:
        vars(module)["forward"] = partial(_forward, module)
    try:
        yield
    finally:
        for module in meant:
            del vars(module)["forward"]


def _forward(module: nn.Dropout, x: Tensor) -> Tensor:
    if module.training and x.device.type == "cpu":
        return cheap_dropout(x, module.p)
    return nn.functional.dropout(x, module.p, module.training)
