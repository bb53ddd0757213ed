import pytest
import torch
from torch import nn
from torch.nn import functional as F

from consilience.coordination.towers import Tower, faults_of_towers, told_width
from consilience.errors import ShapeError


def test_a_perceptron_has_one_hidden_layer_and_gives_unit_vectors() -> None:
    tower, x = Tower("a", 3, 2, hidden=5), torch.randn(4, 3)
    first = tower.below[0] if isinstance(tower.below, nn.Sequential) else None
    assert isinstance(first, nn.Linear)
    assert first.out_features == 5
    plain = tower.project(F.gelu(first(x)))
    torch.testing.assert_close(tower(x), plain / plain.norm(dim=1, keepdim=True))


def test_dropout_drops_in_training_only() -> None:
    tower, x = Tower("a", 3, 2, hidden=50, dropout=0.5), torch.randn(4, 3)
    assert not torch.equal(tower(x), tower(x))
    tower.eval()
    assert torch.equal(tower(x), tower(x))


class Told(nn.Sequential):
    out_dim = 3


def test_a_module_is_kept_and_projected() -> None:
    own = Told(nn.Tanh())
    tower, x = Tower("a", own, 2), torch.randn(4, 3)
    assert tower.below is own
    torch.testing.assert_close(tower(x), F.normalize(tower.project(x.tanh()), dim=1))


def test_a_width_is_told_by_the_module_before_its_layers() -> None:
    both = nn.Sequential(nn.Linear(2, 5), nn.Linear(5, 7), nn.Tanh())
    assert told_width(both) == 7
    assert told_width(Told(*both)) == 3
    assert told_width(nn.Tanh()) is None


def test_faults_are_collected() -> None:
    assert faults_of_towers({"a": 2, "b": nn.Linear(2, 2)}) == []
    assert faults_of_towers({"a": -1, "b": nn.Tanh()}) == [
        "the width of modality 'a' must be at least 1, found -1",
        "the tower of 'b' does not tell its width; give it an attribute out_dim",
    ]


def test_a_width_that_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"^modality 'a' must be \(batch, 3\), found \(4, 2\)$"):
        Tower("a", 3, 2)(torch.ones(4, 2))
