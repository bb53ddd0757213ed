from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from consilience.coordination.caching import cached_step
from consilience.coordination.contrastive import clip_loss
from consilience.errors import ConfigurationError, ModalityError
from consilience.functional.randomness import seeded

Loss = Callable[[dict[str, Tensor]], Tensor]


def towers(dropout: float = 0.0) -> dict[str, nn.Module]:
    with seeded(3):
        return {
            name: nn.Sequential(
                nn.Linear(width, 6), nn.Tanh(), nn.Dropout(dropout), nn.Linear(6, 4)
            ).double()
            for name, width in (("a", 5), ("b", 3))
        }


def batch() -> dict[str, Tensor]:
    return {"a": torch.randn(10, 5).double(), "b": torch.randn(10, 3).double()}


def clip_of(log_scale: Tensor) -> Loss:
    return lambda z: clip_loss(z["a"], z["b"], log_scale)


def gradients(encoders: dict[str, nn.Module]) -> list[Tensor]:
    found = [p.grad for e in encoders.values() for p in e.parameters()]
    return [g for g in found if g is not None]


@pytest.mark.parametrize("chunk", [1, 3, 10, 64])
def test_chunks_of_any_size_have_the_gradient_of_the_whole_batch(chunk: int) -> None:
    inputs, (mine, plain) = batch(), (towers(), towers())
    scales = [torch.tensor(1.3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    value = cached_step(mine, inputs, clip_of(scales[0]), chunk)
    expected = clip_of(scales[1])({name: plain[name](x) for name, x in inputs.items()})
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), abs=1e-12)
    assert not value.requires_grad
    assert len(gradients(mine)) == 8
    torch.testing.assert_close(gradients(mine), gradients(plain), rtol=0, atol=1e-12)
    torch.testing.assert_close(scales[0].grad, scales[1].grad, rtol=0, atol=1e-12)


def test_dropout_is_the_same_in_both_passes_and_other_in_the_next_step() -> None:
    inputs, (mine, plain) = batch(), (towers(0.5), towers(0.5))
    scale = torch.tensor(1.3, dtype=torch.float64)
    with seeded(7):
        value = cached_step(mine, inputs, clip_of(scale), 4)
        after = torch.get_rng_state()
        again = cached_step(towers(0.5), inputs, clip_of(scale), 4)
    with seeded(7):
        z = {name: torch.cat([plain[name](p) for p in x.split(4)]) for name, x in inputs.items()}
        assert torch.equal(torch.get_rng_state(), after)
        clip_of(scale)(z).backward()
    torch.testing.assert_close(gradients(mine), gradients(plain), rtol=0, atol=1e-12)
    assert again.item() != value.item()


def test_only_the_graph_of_a_chunk_is_held() -> None:
    sizes: list[int] = []

    def note(kept: Tensor) -> Tensor:
        sizes.append(len(kept) if kept.ndim == 2 else 0)
        return kept

    encoders = {"a": nn.Sequential(nn.Linear(5, 50), nn.Tanh()).double()}
    with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        cached_step(encoders, {"a": torch.randn(30, 5).double()}, lambda z: z["a"].sum(), 3)
    assert max(sizes) <= 50
    assert 30 not in sizes
    assert 3 in sizes


def test_a_frozen_encoder_is_only_read() -> None:
    encoders = towers()
    encoders["b"].requires_grad_(requires_grad=False)
    cached_step(encoders, batch(), clip_of(torch.tensor(1.0)), 4)
    assert len(gradients(encoders)) == 4


def test_all_faults_of_the_settings_are_told_at_once() -> None:
    encoders = towers() | {"b": nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))}
    with pytest.raises(ConfigurationError) as raised:
        cached_step(encoders, batch(), clip_of(torch.tensor(1.0)), 0)
    assert raised.value.faults == (
        "chunk must be at least 1, found 0",
        "the encoder of 'b' normalises over the batch (BatchNorm1d), so chunks would not give "
        "the gradient of the batch; use LayerNorm or GroupNorm",
    )


def test_names_that_do_not_fit() -> None:
    loss = clip_of(torch.tensor(1.0))
    with pytest.raises(ModalityError, match=r"^modality 'c' has no encoder; there are: 'a', 'b'$"):
        cached_step(towers(), batch() | {"c": torch.ones(10, 1)}, loss, 2)
    with pytest.raises(ModalityError, match=r"^modality 'b' is not among the inputs$"):
        cached_step(towers(), {"a": batch()["a"]}, loss, 2)
