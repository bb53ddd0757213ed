import pytest
import torch

from consilience.coordination.cca import CCA
from consilience.coordination.deep_cca import DeepCCALoss, DeepGCCALoss
from consilience.errors import ModalityError


def views(rows: int = 50) -> dict[str, torch.Tensor]:
    z = torch.randn(rows, 2, dtype=torch.float64)
    return {
        name: torch.randn(rows, k, dtype=torch.float64) + z @ torch.randn(2, k).double()
        for name, k in (("a", 3), ("b", 4), ("c", 5))
    }


def test_identity_encoders_give_minus_the_sum_of_cca() -> None:
    given = views()
    pair = {name: given[name].numpy() for name in "ab"}
    model = CCA(None).fit(pair)
    loss = DeepCCALoss(regularisation=0.0)(given["a"], given["b"])
    assert float(loss) == pytest.approx(-model.correlations_.sum(), abs=1e-12)
    first = DeepCCALoss(1, regularisation=0.0)(given["a"], given["b"])
    assert float(first) == pytest.approx(-model.correlations_[0], abs=1e-12)


def test_two_views_of_the_generalised_loss_are_the_plain_one() -> None:
    given = views()
    pair = {name: given[name] for name in "ab"}
    plain = DeepCCALoss(2, regularisation=0.0)(given["a"], given["b"])
    loss = DeepGCCALoss(2, regularisation=0.0)(pair)
    assert float(loss) == pytest.approx(2 + float(plain), abs=1e-12)


def test_presence_reaches_the_loss() -> None:
    given = views()
    here = torch.ones(50, 3, dtype=torch.bool)
    here[:10, 1] = False
    other = {**given, "b": given["b"].clone()}
    other["b"][:10] = torch.inf
    loss = DeepGCCALoss(2)
    assert torch.equal(loss(given, here), loss(other, here))
    assert float(loss(given, here)) != pytest.approx(float(loss(given)))


def test_one_view_is_refused() -> None:
    with pytest.raises(ModalityError, match=r"at least two views are needed, found \['a'\]"):
        DeepGCCALoss()({"a": torch.randn(5, 2)})
