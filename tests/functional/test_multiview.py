import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from consilience.errors import ModalityError, ShapeError
from consilience.functional.contrastive import info_nce
from consilience.functional.multiview import multiview_info_nce, shared_pairs


def views(names: str = "abc", n: int = 6) -> dict[str, Tensor]:
    drawn = {m: F.normalize(torch.randn(n, 4, dtype=torch.float64), dim=1) for m in names}
    return {m: z.requires_grad_() for m, z in drawn.items()}


def test_two_views_are_infonce() -> None:
    z = views("ab")
    assert multiview_info_nce(z).item() == info_nce(z["a"], z["b"]).item()


def test_three_views_are_the_mean_of_three_pairs() -> None:
    z = views()
    each = [info_nce(z[i], z[j], 0.3).item() for i, j in ("ab", "ac", "bc")]
    assert multiview_info_nce(z, temperature=0.3).item() == pytest.approx(sum(each) / 3)


@pytest.mark.parametrize("tile", [None, 2])
def test_absent_rows_are_neither_anchors_nor_negatives(tile: int | None) -> None:
    z = views()
    presence = torch.ones(6, 3, dtype=torch.bool)
    presence[0, 0] = presence[3, 1] = presence[4] = False
    poisoned = {m: v.detach().clone() for m, v in z.items()}
    for i, v in enumerate(poisoned.values()):
        v[~presence[:, i]] = torch.nan
        v.requires_grad_()
    kept = {"ab": [1, 2, 5], "ac": [1, 2, 3, 5], "bc": [0, 1, 2, 5]}
    each = [info_nce(z[p[0]][rows], z[p[1]][rows], 0.3) for p, rows in kept.items()]
    loss = multiview_info_nce(poisoned, presence, 0.3, tile=tile)
    expected = torch.stack(each).mean()
    torch.testing.assert_close(loss, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad(loss, list(poisoned.values())),
        torch.autograd.grad(expected, list(z.values())),
        rtol=0,
        atol=1e-12,
    )


def test_pairs_that_share_no_two_rows_are_left_out() -> None:
    z = views()
    presence = torch.tensor([[True, True, False]] * 3 + [[True, False, True]] + [[False] * 3] * 2)
    assert list(shared_pairs(z, presence)) == [("a", "b")]
    loss = multiview_info_nce(z, presence)
    assert loss.item() == pytest.approx(info_nce(z["a"][:3], z["b"][:3]).item())


def test_nothing_shared_is_a_loss_of_zero_that_can_be_stepped() -> None:
    z = views()
    loss = multiview_info_nce(z, torch.zeros(6, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert all(v.grad is not None and not v.grad.any() for v in z.values())


def test_equal_logits_are_chance_for_any_number_of_views() -> None:
    z = dict.fromkeys("abcd", torch.ones(8, 4) / 2)
    assert multiview_info_nce(z).item() == pytest.approx(math.log(8), abs=1e-6)


def test_one_view_has_nothing_to_be_compared_with() -> None:
    with pytest.raises(ModalityError) as raised:
        multiview_info_nce(views("a"))
    assert str(raised.value) == "contrast needs two views or more, found 1: ['a']"


def test_views_of_different_widths() -> None:
    z = views("ab")
    with pytest.raises(ShapeError) as raised:
        multiview_info_nce({**z, "c": torch.ones(6, 2, dtype=torch.float64)})
    assert str(raised.value) == "modality 'c' must be (batch, 4), found (6, 2)"
