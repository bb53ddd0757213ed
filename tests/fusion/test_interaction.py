from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ModalityError
from consilience.functional.randomness import seeded
from consilience.fusion.concat import ConcatFusion
from consilience.fusion.interaction import (
    MultiplicativeInteraction,
    ScalarInteraction,
    VectorInteraction,
)

DIMS = {"x": 3, "z": 4}
OUT = 3
Kind = Callable[..., nn.Module]
KINDS: list[Kind] = [MultiplicativeInteraction, VectorInteraction, ScalarInteraction]


def drawn(batch: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(batch)
    x, z = (torch.randn(batch, d, generator=generator, dtype=torch.float64) for d in (3, 4))
    return x, z


def built(kind: Kind, out_dim: int = OUT, **options: str) -> nn.Module:
    with seeded(0):
        fuse = kind(DIMS, out_dim, **options).double()
        for parameter in fuse.parameters():
            nn.init.normal_(parameter)
    return fuse


def parts(fuse: nn.Module, *names: str) -> list[Tensor]:
    return [fuse.get_parameter(name).detach() for name in names]


def test_each_sample_of_the_primary_meets_the_matrix_that_the_other_generates() -> None:
    x, z = drawn()
    fuse = built(MultiplicativeInteraction)
    tensor, v, u, b = parts(fuse, "weight", "linear.weight", "shift.weight", "shift.bias")
    fused = fuse({"x": x, "z": z})
    for i in range(6):
        generated = sum((z[i, k] * tensor[:, k] for k in range(4)), start=v)
        expected = generated @ x[i] + u @ z[i] + b
        torch.testing.assert_close(fused[i], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("out_dim", [3, 5])
def test_vector_form_is_the_matrix_form_with_diagonal_slices(out_dim: int) -> None:
    x, z = drawn()
    vector = built(VectorInteraction, out_dim)
    a, v, u, b = parts(vector, "scale.weight", "scale.bias", "shift.weight", "shift.bias")
    p = torch.eye(3).double() if out_dim == 3 else parts(vector, "project.weight")[0]
    matrix = built(MultiplicativeInteraction, out_dim)
    state = {
        "weight": torch.stack([torch.diag(a[:, k]) @ p for k in range(4)], dim=1),
        "linear.weight": torch.diag(v) @ p,
        "shift.weight": u,
        "shift.bias": b,
    }
    matrix.load_state_dict(state)
    inputs = {"x": x, "z": z}
    torch.testing.assert_close(vector(inputs), matrix(inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("out_dim", [3, 5])
def test_scalar_form_is_the_vector_form_with_one_number_for_all(out_dim: int) -> None:
    x, z = drawn()
    scalar, vector = built(ScalarInteraction, out_dim), built(VectorInteraction, out_dim)
    state = scalar.state_dict()
    state["scale.weight"] = state["scale.weight"].expand(out_dim, 4)
    state["scale.bias"] = state["scale.bias"].expand(out_dim)
    vector.load_state_dict(state)
    inputs = {"x": x, "z": z}
    torch.testing.assert_close(scalar(inputs), vector(inputs), rtol=0, atol=1e-12)


def test_without_the_tensor_it_is_concatenation_and_a_linear_map() -> None:
    x, z = drawn()
    fuse = built(MultiplicativeInteraction)
    fuse.get_parameter("weight").data.zero_()
    v, u, b = parts(fuse, "linear.weight", "shift.weight", "shift.bias")
    concat = ConcatFusion(DIMS, OUT).double()
    concat.load_state_dict({"linear.weight": torch.cat([v, u], dim=1), "linear.bias": b})
    inputs = {"x": x, "z": z}
    torch.testing.assert_close(fuse(inputs), concat(inputs), rtol=0, atol=1e-12)


def hessians(fuse: nn.Module, x: Tensor, z: Tensor) -> Tensor:
    """Second derivatives of each output by all inputs of one sample, `(out, 7, 7)`."""

    def at(point: Tensor) -> Tensor:
        return fuse({"x": point[None, :3], "z": point[None, 3:]})[0]

    point = torch.cat([x, z])
    return torch.stack(
        [
            torch.autograd.functional.hessian(lambda p, o=o: at(p)[o], point)  # pyright: ignore[reportUnknownLambdaType, reportArgumentType]  autograd gives lambdas no type
            for o in range(OUT)
        ]
    )


def test_second_derivatives_across_are_the_parameter_and_within_are_nought() -> None:
    fuse = built(MultiplicativeInteraction)
    tensor = parts(fuse, "weight")[0]
    for x, z in zip(*drawn(2), strict=True):
        found = hessians(fuse, x, z)
        torch.testing.assert_close(found[:, 3:, :3], tensor, rtol=0, atol=1e-12)
        assert found[:, :3, :3].abs().max() < 1e-12
        assert found[:, 3:, 3:].abs().max() < 1e-12


def test_second_derivatives_of_the_vector_form_are_its_diagonal() -> None:
    fuse = built(VectorInteraction)
    a = parts(fuse, "scale.weight")[0]
    x, z = drawn(1)
    found = hessians(fuse, x[0], z[0])[:, 3:, :3]
    expected = torch.einsum("oi,oj->oij", a, torch.eye(3).double())
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_modality_takes_its_terms_along(kind: Kind) -> None:
    fuse = built(kind, out_dim=5)
    presence = torch.tensor([[True, False], [False, True], [False, False]])
    x, z = drawn(3)
    x.requires_grad_()
    z.requires_grad_()
    bad = [
        torch.where(presence[:, m, None], v, torch.nan).detach().requires_grad_()
        for m, v in enumerate((x, z))
    ]
    fused = fuse({"x": bad[0], "z": bad[1]}, presence)
    u, b = parts(fuse, "shift.weight", "shift.bias")
    if kind is MultiplicativeInteraction:
        v = parts(fuse, "linear.weight")[0]
    else:
        p, scale = parts(fuse, "project.weight", "scale.bias")
        v = scale[:, None] * p
    expected = torch.stack([v @ x[0] + b, u @ z[1] + b, b])
    torch.testing.assert_close(fused, expected, rtol=0, atol=1e-12)
    fused.square().sum().backward()
    for m, leaf in enumerate(bad):
        assert leaf.grad is not None
        assert (leaf.grad[~presence[:, m]] == 0).all()
        assert (leaf.grad[presence[:, m]] != 0).all()
    for parameter in fuse.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_primary_can_be_named(kind: Kind) -> None:
    x, z = drawn()
    fuse = built(kind, primary="z")
    swapped = kind({"z": 4, "x": 3}, OUT).double()
    swapped.load_state_dict(fuse.state_dict())
    inputs = {"x": x, "z": z}
    assert torch.equal(fuse(inputs), swapped(inputs))
    only_x = torch.tensor([[True, False]] * 6)
    assert torch.equal(fuse(inputs, only_x), swapped(inputs, ~only_x))
    first = built(kind, primary="x")
    assert torch.equal(first(inputs), built(kind)(inputs))
    assert [p.shape for p in first.parameters()] != [p.shape for p in fuse.parameters()]


@pytest.mark.parametrize("kind", KINDS)
def test_roles_that_cannot_be(kind: Kind) -> None:
    with pytest.raises(ModalityError) as raised:
        kind({"image": 2, "text": 2}, 2, primary="txt")
    assert str(raised.value) == "primary 'txt' is not a modality; did you mean 'text'?"
    with pytest.raises(ModalityError) as raised:
        kind({"a": 2, "b": 2, "c": 2}, 2)
    assert str(raised.value) == (
        "a multiplicative interaction takes two modalities, found 3 ('a', 'b', 'c'); for another "
        "number use LowRankTensorFusion ('low_rank') or TensorFusion ('tensor')"
    )


def test_a_small_width_is_projected_and_an_equal_one_is_not() -> None:
    for kind in (VectorInteraction, ScalarInteraction):
        assert not list(built(kind, 3).get_submodule("project").parameters())
        (weight,) = built(kind, 2).get_submodule("project").parameters()
        assert weight.shape == (2, 3)


def test_fits_an_inner_product_exactly_where_a_network_of_its_size_does_not() -> None:
    """y = x'z of width 8; it is linear in its parameters, so least squares finds them."""
    generator = torch.Generator().manual_seed(0)
    x, z = torch.randn(2, 600, 8, generator=generator, dtype=torch.float64)
    y = (x * z).sum(dim=1, keepdim=True)
    pairs = (z[:, :, None] * x[:, None, :]).flatten(1)
    design = torch.cat([pairs, x, z, torch.ones(600, 1).double()], dim=1)
    found = torch.linalg.lstsq(design[:300], y[:300]).solution[:, 0]
    tensor, v, u, b = found.split([64, 8, 8, 1])
    fuse = MultiplicativeInteraction({"x": 8, "z": 8}, 1).double()
    state = {"weight": tensor.view(1, 8, 8), "linear.weight": v[None], "shift.weight": u[None]}
    fuse.load_state_dict({**state, "shift.bias": b})
    assert (fuse({"x": x, "z": z}) - y).square().max() < 1e-16

    with seeded(0):
        peer = nn.Sequential(nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 1)).double()
    assert sum(p.numel() for p in peer.parameters()) >= sum(p.numel() for p in fuse.parameters())
    both = torch.cat([x, z], dim=1)
    update = torch.optim.LBFGS(peer.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        update.zero_grad()
        error = (peer(both[:300]) - y[:300]).square().mean()
        error.backward()
        return error

    update.step(loss)
    assert loss().item() > 1
