import pytest
import torch
from torch import nn
from torch.func import vmap

from consilience.functional.randomness import seeded
from consilience.training.many.dropout import cheap_dropout, dropping_cheaply

UNITS = 200_003


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
def test_the_share_and_the_mean_are_right(p: float) -> None:
    """Six standard errors: one false alarm in 500 million."""
    with seeded(0):
        out = cheap_dropout(torch.ones(UNITS, dtype=torch.float64), p)
    kept = (out != 0).double().mean().item()
    assert abs(kept - (1 - p)) < 6 * (p * (1 - p) / UNITS) ** 0.5
    (value,) = set(out[out != 0].tolist())
    assert value == pytest.approx(1 / (1 - p), rel=1e-4)
    assert value * round((1 - p) * 65_536) / 65_536 == pytest.approx(1, rel=1e-15)


def test_neighbours_are_independent() -> None:
    """Units that come from one random number; six standard errors."""
    with seeded(0):
        kept = (cheap_dropout(torch.ones(4 * 50_000), 0.3) != 0).double().reshape(-1, 4)
    off = torch.corrcoef(kept.T) - torch.eye(4, dtype=torch.float64)
    assert off.abs().max() < 6 / 50_000**0.5


@pytest.mark.parametrize(("p", "scale"), [(1e-9, 65_536 / 65_535), (1 - 1e-9, 65_536.0)])
def test_the_rarest_chances_are_rounded_to_what_can_be(p: float, scale: float) -> None:
    out = cheap_dropout(torch.ones(300_000), p)
    assert set(out.tolist()) <= {0.0, pytest.approx(scale)}


def test_shapes_and_kinds_stay() -> None:
    x = torch.randn(3, 5, 7, dtype=torch.float64)
    out = cheap_dropout(x, 0.5)
    assert (out.shape, out.dtype) == (x.shape, x.dtype)
    assert ((out == 0) | (out == 2 * x)).all()
    assert cheap_dropout(torch.ones(0), 0.5).shape == (0,)


def test_gradients_pass_where_units_are_kept() -> None:
    x = torch.ones(1001, requires_grad=True)
    out = cheap_dropout(x, 0.4)
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, out.detach())


def test_each_model_drops_its_own_units_also_of_what_they_share() -> None:
    x, layer = torch.ones(64), nn.Dropout(0.5)

    def drop(weight: torch.Tensor) -> torch.Tensor:
        return layer(x) * weight

    with seeded(0), dropping_cheaply([layer]):
        out = vmap(drop, randomness="different")(torch.ones(20, 1))
    assert len({tuple(row) for row in out.tolist()}) == 20
    with seeded(0), dropping_cheaply([layer]):
        assert torch.equal(vmap(drop, randomness="different")(torch.ones(20, 1)), out)


def test_layers_in_training_drop_cheaply_within_and_as_ever_outside() -> None:
    layer = nn.Dropout(0.5)
    x = torch.ones(1000)
    with seeded(3):
        expected = nn.functional.dropout(x, 0.5)
    with seeded(3), dropping_cheaply(nn.Sequential(layer).modules()):
        cheap = layer(x)
    with seeded(3):
        assert torch.equal(cheap, cheap_dropout(x, 0.5))
    with seeded(3):
        assert torch.equal(layer(x), expected)
    assert not torch.equal(cheap, expected)
    with dropping_cheaply([layer.eval()]):
        assert torch.equal(layer(x), x)


def test_an_error_within_leaves_nothing_behind() -> None:
    layer = nn.Dropout(0.5)
    with pytest.raises(ValueError, match="stop"), dropping_cheaply([layer]):
        raise ValueError("stop")
    assert "forward" not in vars(layer)


class Own(nn.Dropout):
    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  torch's name
        return input + 1


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Dropout(0.0), {1.0}),
        (nn.Dropout(1.0), {0.0}),
        (nn.Dropout(0.5, inplace=True), {0.0, 2.0}),
        (Own(0.5), {2.0}),
        (nn.Identity(), {1.0}),
    ],
)
def test_other_layers_stay_as_they_are(layer: nn.Module, expected: set[float]) -> None:
    x = torch.ones(1000)
    with dropping_cheaply([layer]):
        assert "forward" not in vars(layer)
        assert set(layer(x).tolist()) == expected
