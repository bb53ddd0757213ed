"""Alone: the function of `functional`. Over processes: `test_gathering.py`."""

import torch

from consilience.coordination import order
from consilience.functional import order as alone


def test_alone_the_loss_is_the_one_of_functional() -> None:
    x, y = torch.rand(5, 3), torch.rand(5, 3)
    assert order.order_loss(x, y, 0.1, hardest=True) == alone.order_loss(x, y, 0.1, hardest=True)
    assert order.order_violation is alone.order_violation
