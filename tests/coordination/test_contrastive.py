"""Alone: the functions of `functional`. Over processes: `test_gathering.py`."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from consilience.coordination import contrastive
from consilience.errors import ShapeError
from consilience.functional import clip, margins, multiview
from consilience.functional import contrastive as alone


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    za, zb = (F.normalize(torch.randn(6, 3, dtype=torch.float64), dim=1) for _ in "ab")
    return za, zb


def test_alone_every_loss_is_the_one_of_functional(pair: tuple[Tensor, Tensor]) -> None:
    za, zb = pair
    bank = F.normalize(torch.randn(4, 3, dtype=torch.float64), dim=1)
    t, b = torch.tensor(1.0, dtype=torch.float64), torch.tensor(-2.0, dtype=torch.float64)
    ours, plain = (
        f(*pair, 0.2, symmetric=False, tile=2, negatives=bank)
        for f in (contrastive.info_nce, alone.info_nce)
    )
    assert ours == plain
    assert contrastive.clip_loss(*pair, t) == clip.clip_loss(*pair, t)
    assert contrastive.siglip_loss(*pair, t, b) == clip.siglip_loss(*pair, t, b)
    assert contrastive.vse_loss(*pair, 0.3, hardest=True) == margins.vse_loss(
        *pair, 0.3, hardest=True
    )
    assert contrastive.hard_negative_info_nce(
        *pair, 0.3, beta=2.0
    ) == alone.hard_negative_info_nce(*pair, 0.3, beta=2.0)
    presence = torch.tensor([[True, True], [True, True], [True, False]] * 2)
    views = {"a": za, "b": zb}
    assert contrastive.multiview_info_nce(
        views, presence, 0.3, tile=2
    ) == multiview.multiview_info_nce(views, presence, 0.3, tile=2)


@pytest.mark.usefixtures("unchecked")
def test_what_is_no_pair_is_refused_before_processes_meet() -> None:
    with pytest.raises(ShapeError, match=r"^za has 3 rows but zb has 2; row i of each"):
        contrastive.siglip_loss(
            torch.ones(3, 2), torch.ones(2, 2), torch.tensor(0.0), torch.tensor(0.0)
        )
