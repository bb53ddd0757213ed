import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from consilience.coordination.objectives import HingeObjective, InfoNCEObjective, SigLIPObjective
from consilience.functional.clip import clip_loss, siglip_loss
from consilience.functional.margins import vse_loss

PRESENCE = torch.tensor([[True, True, True]] * 3 + [[True, True, False], [False, True, True]])


def views() -> dict[str, Tensor]:
    return {m: F.normalize(torch.randn(5, 4), dim=1).requires_grad_() for m in "abc"}


def pairs(z: dict[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    rows = {"ab": [0, 1, 2, 3], "ac": [0, 1, 2], "bc": [0, 1, 2, 4]}
    return [(z[p[0]][r], z[p[1]][r]) for p, r in rows.items()]


def test_infonce_is_clip_of_every_pair() -> None:
    z, objective = views(), InfoNCEObjective(0.1)
    expected = [clip_loss(a, b, torch.tensor(math.log(10))).item() for a, b in pairs(z)]
    assert objective(z, PRESENCE).item() == pytest.approx(sum(expected) / 3, rel=1e-5)
    assert objective.temperature == pytest.approx(0.1)


def test_siglip_of_every_pair() -> None:
    z, objective = views(), SigLIPObjective()
    t, b = torch.tensor(math.log(10)), torch.tensor(-10.0)
    expected = [siglip_loss(x, y, t, b).item() for x, y in pairs(z)]
    assert objective(z, PRESENCE).item() == pytest.approx(sum(expected) / 3, rel=1e-5)


@pytest.mark.parametrize("hardest", [True, False])
def test_hinge_of_every_pair(hardest: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    z, objective = views(), HingeObjective(0.4, hardest=hardest)
    expected = [vse_loss(x, y, 0.4, hardest=hardest).item() for x, y in pairs(z)]
    assert objective(z, PRESENCE).item() == pytest.approx(sum(expected) / 3, rel=1e-5)


@pytest.mark.parametrize("make", [InfoNCEObjective, SigLIPObjective])
def test_scale_and_bias_are_learnt(make: type[nn.Module]) -> None:
    objective = make()
    objective(views()).backward()
    assert all(p.grad is not None and p.grad != 0 for p in objective.parameters())


@pytest.mark.parametrize("make", [InfoNCEObjective, SigLIPObjective, HingeObjective])
def test_a_batch_that_shares_nothing_costs_nothing(make: type[nn.Module]) -> None:
    z = views()
    loss = make()(z, torch.zeros(5, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0


def test_the_temperature_stays_above_a_hundredth() -> None:
    objective = InfoNCEObjective()
    objective.log_scale.data.fill_(7.0)
    assert objective.temperature == pytest.approx(0.01)
