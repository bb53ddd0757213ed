import numpy as np
import pytest
import torch

from consilience.training.many.leaf import Leaf, Which

SHAPES = [(), (3,), (2, 3), (2, 3, 4)]


def tensors(shape: tuple[int, ...], count: int = 5) -> list[torch.Tensor]:
    return [torch.randn(shape) for _ in range(count)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("which", [slice(1, 4), torch.tensor([3, 0])])
def test_models_are_taken_as_they_were_put_in(shape: tuple[int, ...], which: Which) -> None:
    given = tensors(shape)
    leaf = Leaf(given)
    assert torch.equal(leaf.take(which), torch.stack(given)[which])
    assert all(torch.equal(leaf.row(i), x) for i, x in enumerate(given))
    assert leaf.decays == (len(shape) >= 2)


@pytest.mark.parametrize("which", [slice(1, 4), torch.tensor([3, 0])])
def test_a_gradient_that_comes_transposed_is_not_copied(which: Which) -> None:
    """The values turn round instead, and are the same to all who ask."""
    given = tensors((2, 3))
    leaf = Leaf(given)
    transposed = torch.randn(len(leaf.take(which)), 3, 2).mT
    flat = leaf.flat(transposed)
    assert flat.data_ptr() == transposed.data_ptr()
    assert torch.equal(leaf.take(which), torch.stack(given)[which])
    assert all(torch.equal(leaf.row(i), x) for i, x in enumerate(given))
    plain = transposed.contiguous()
    assert torch.equal(leaf.flat(plain), flat)


def test_the_first_gradient_decides_the_order() -> None:
    leaf = Leaf(tensors((2, 3)))
    gradient = torch.randn(5, 2, 3)
    assert leaf.flat(gradient).data_ptr() == gradient.data_ptr()
    later = torch.randn(5, 3, 2).mT
    assert torch.equal(leaf.flat(later), later.reshape(5, 6))
    assert not leaf.transposed


@pytest.mark.parametrize("shape", SHAPES)
def test_expanded_gradients_are_written_out(shape: tuple[int, ...]) -> None:
    leaf = Leaf(tensors(shape))
    flat = leaf.flat(torch.ones(()).expand(5, *shape))
    assert flat.is_contiguous()
    assert torch.equal(flat, torch.ones(5, int(np.prod(shape))))


@pytest.mark.parametrize("transposed", [False, True])
def test_best_values_are_kept_by_model(*, transposed: bool) -> None:
    given = tensors((2, 3))
    leaf = Leaf(given)
    if transposed:
        leaf.flat(torch.randn(5, 3, 2).mT)
    leaf.keep(slice(0, 5))
    leaf.values += 1
    leaf.keep(torch.tensor([3, 1]))
    leaf.values += 1
    for i, x in enumerate(given):
        assert torch.equal(leaf.row(i, best=True), x + 1 if i in {1, 3} else x)
        assert torch.equal(leaf.row(i), x + 1 + 1)


def test_without_best_values_the_last_are_the_best() -> None:
    leaf = Leaf(tensors((3,)))
    assert torch.equal(leaf.row(2, best=True), leaf.row(2))


def test_those_selected_keep_all_they_had() -> None:
    leaf = Leaf(tensors((2, 3)))
    leaf.flat(torch.randn(5, 3, 2).mT)
    leaf.mean, leaf.square = torch.randn(5, 6), torch.randn(5, 6)
    leaf.steps = np.arange(5)
    leaf.keep(slice(0, 5))
    leaf.values = leaf.values + 1
    expected = [(leaf.row(i), leaf.row(i, best=True), *leaf.moments(i)) for i in (0, 3)]
    leaf.select(torch.tensor([0, 3]))
    for i, values in enumerate(expected):
        found = (leaf.row(i), leaf.row(i, best=True), *leaf.moments(i))
        assert all(torch.equal(a, b) for a, b in zip(found, values, strict=True))
    assert leaf.steps.tolist() == [0, 3]
    assert len(leaf.take(slice(0, 9))) == 2
