from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from consilience.errors import ShapeError
from consilience.functional.randomness import seeded
from consilience.fusion.stacking import StackingFusion, ValueStackingFusion

DIMS = {"a": 3, "b": 2, "c": 4}
Stacked = StackingFusion | ValueStackingFusion
STACKED: list[Callable[[dict[str, int], int], Stacked]] = [StackingFusion, ValueStackingFusion]
F = TypeVar("F", bound=nn.Module)


def stacked(parts: dict[str, Tensor]) -> Tensor:
    """What the modalities say, `(batch, modalities, out)`."""
    return torch.stack(list(parts.values()), dim=1)


def built(kind: Callable[[dict[str, int], int], F]) -> F:
    with seeded(0):
        fuse = kind(DIMS, 5).double()
        for parameter in fuse.parameters():
            nn.init.normal_(parameter)
    return fuse


def drawn(batch: int = 8) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(batch)
    return {
        name: torch.randn(batch, d, generator=generator, dtype=torch.float64)
        for name, d in DIMS.items()
    }


def test_stacking_begins_as_the_mean() -> None:
    two, inputs = {"a": 3, "b": 2}, drawn()
    del inputs["c"]
    with seeded(0):
        classes, values = StackingFusion(two, 5).double(), ValueStackingFusion(two, 5).double()
    expected = stacked(classes.unimodal(inputs)).mean(dim=1).softmax(dim=1)
    torch.testing.assert_close(classes(inputs).softmax(dim=1), expected, rtol=0, atol=1e-12)
    expected = stacked(values.unimodal(inputs)).mean(dim=1)
    torch.testing.assert_close(values(inputs), expected, rtol=0, atol=1e-12)


def test_the_second_level_sees_log_probabilities_or_values() -> None:
    inputs = drawn()
    for kind in (StackingFusion, ValueStackingFusion):
        fuse = built(kind)
        seen = stacked(fuse.unimodal(inputs))
        seen = seen.log_softmax(dim=2) if kind is StackingFusion else seen
        weight, bias = (fuse.get_parameter(f"second.{p}") for p in ("weight", "bias"))
        expected = torch.einsum("bmi,omi->bo", seen, weight.unflatten(1, (3, 5))) + bias
        torch.testing.assert_close(fuse(inputs), expected, rtol=0, atol=1e-12)


def gradients(fuse: Stacked, loss: Tensor, prefix: str) -> dict[str, Tensor | None]:
    named = {n: p for n, p in fuse.named_parameters() if n.startswith(prefix)}
    found = torch.autograd.grad(loss, list(named.values()), retain_graph=True, allow_unused=True)
    return dict(zip(named, found, strict=True))


@pytest.mark.parametrize("kind", STACKED)
def test_each_level_learns_from_its_own_loss(
    kind: Callable[[dict[str, int], int], Stacked],
) -> None:
    """Each map's gradient is that of its own loss, untouched by the second level or others."""
    fuse, inputs = built(kind), drawn()
    target = torch.randint(5, (8,), generator=torch.Generator().manual_seed(0))
    criterion = nn.CrossEntropyLoss()
    loss = fuse.training_loss(criterion, inputs, target)
    own = [criterion(says, target) for says in stacked(fuse.unimodal(inputs)).unbind(dim=1)]
    plain = criterion(fuse(inputs), target)
    torch.testing.assert_close(loss, torch.stack(own).sum() + plain, rtol=0, atol=1e-12)
    for m, alone in enumerate(own):
        got, wanted = (gradients(fuse, value, f"maps.{m}.") for value in (loss, alone))
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)
    got, wanted = (gradients(fuse, value, "second.") for value in (loss, plain))
    torch.testing.assert_close(got, wanted, rtol=0, atol=1e-12)
    assert all(g is not None and g.abs().sum() > 0 for g in got.values())


@pytest.mark.parametrize("kind", STACKED)
def test_the_losses_heed_presence(kind: Callable[[dict[str, int], int], Stacked]) -> None:
    fuse, inputs = built(kind), drawn()
    target = torch.randint(5, (8,), generator=torch.Generator().manual_seed(0))
    criterion = nn.CrossEntropyLoss()
    presence = torch.tensor([[True, True, False]] * 3 + [[False, True, False]] * 5)
    bad = {"a": inputs["a"].clone(), "b": inputs["b"], "c": inputs["c"] * torch.nan}
    bad["a"][3:] = torch.nan
    loss = fuse.training_loss(criterion, bad, target, presence)
    logits = stacked(fuse.unimodal(inputs))
    expected = criterion(logits[:3, 0], target[:3]) + criterion(logits[:, 1], target)
    expected = expected + criterion(fuse(inputs, presence), target)
    torch.testing.assert_close(loss, expected, rtol=0, atol=1e-12)
    found = {n: g for n, g in gradients(fuse, loss, "").items() if not n.startswith("maps.2.")}
    assert all(g is not None and g.isfinite().all() for g in found.values())
    nothing = fuse.training_loss(criterion, bad, target, presence & False)
    nothing.backward()
    assert nothing.isfinite()


def test_stacking_trains_to_weigh_the_modality_that_knows() -> None:
    """`a` carries the class and `b` is noise; by hand-written steps of the training loss."""
    with seeded(0):
        fuse = StackingFusion({"a": 1, "b": 1}, 2)
        target = torch.randint(2, (200,))
        inputs = {"a": target[:, None] * 2.0 - 1 + 0.5 * torch.randn(200, 1)}
        inputs["b"] = torch.randn(200, 1)
    update = torch.optim.Adam(fuse.parameters(), lr=0.1)
    for _ in range(100):
        update.zero_grad()
        fuse.training_loss(nn.CrossEntropyLoss(), inputs, target).backward()
        update.step()
    share = fuse.second.weight.detach().unflatten(1, (2, 2))
    own = (share[0] - share[1]) @ torch.tensor([1.0, -1.0])
    assert own[0] > 1
    assert (fuse(inputs).argmax(dim=1) == target).float().mean() > 0.95
    first = nn.functional.cross_entropy(stacked(fuse.unimodal(inputs))[:, 0], target)
    assert first < 0.2


def test_log_probabilities_of_one_class_are_refused() -> None:
    with pytest.raises(ShapeError) as raised:
        StackingFusion(DIMS, 1)
    assert str(raised.value) == (
        "StackingFusion combines probabilities of classes, so out_dim must be at least 2, "
        "found 1; for a quantity use ValueStackingFusion ('value_stacking')"
    )
