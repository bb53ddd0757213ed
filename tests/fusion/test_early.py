from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from consilience.encoders.patches import PatchEmbedding
from consilience.errors import ConfigurationError, ModalityError, ShapeError
from consilience.fusion.early import EarlyFusionTransformer
from consilience.fusion.transformer import TransformerEncoder

DIMS = {"image": 3, "text": 2, "labs": 4}
LENGTHS = {"image": 6, "text": 4, "labs": 1}
SMALL: dict[str, Any] = {"width": 8, "heads": 2, "max_length": 12}


def built(dims: dict[str, int] | None = None, **options: Any) -> EarlyFusionTransformer:
    fuse = EarlyFusionTransformer(DIMS if dims is None else dims, 5, **{**SMALL, **options})
    for parameter in fuse.parameters():
        nn.init.normal_(parameter, std=0.5)
    return fuse.double().eval()


def drawn(batch: int = 7) -> dict[str, Tensor]:
    return {n: torch.randn(batch, LENGTHS[n], d, dtype=torch.float64) for n, d in DIMS.items()}


def test_the_definition_written_out() -> None:
    fuse, inputs = built(), drawn()
    rows = [fuse.cls.expand(7, 1, 8)]
    for i, name in enumerate(DIMS):
        weight, bias = fuse.get_parameter(f"maps.{i}.weight"), fuse.get_parameter(f"maps.{i}.bias")
        marks = fuse.get_parameter(f"positions.{i}")[: LENGTHS[name]] + fuse.types[i]
        rows.append(inputs[name] @ weight.T + bias + marks)
    cls = fuse.encoder(torch.cat(rows, dim=1))[:, 0]
    expected = cls @ fuse.out.weight.T + fuse.out.bias
    torch.testing.assert_close(fuse(inputs), expected, rtol=0, atol=1e-12)


def test_one_token_may_come_without_its_axis() -> None:
    fuse, inputs = built(), drawn()
    flat = {**inputs, "labs": inputs["labs"][:, 0]}
    assert torch.equal(fuse(flat), fuse(inputs))


def test_padding_changes_nothing_whatever_it_holds() -> None:
    fuse, inputs = built(), drawn()
    longer = {n: nn.functional.pad(x, (0, 0, 0, 5), value=torch.nan) for n, x in inputs.items()}
    padding = {n: x.isnan().any(dim=2) for n, x in longer.items()}
    found = fuse(longer, padding=padding)
    torch.testing.assert_close(found, fuse(inputs), rtol=0, atol=1e-12)


def test_padded_tokens_are_as_if_cut_off_each_row_by_its_own_length() -> None:
    fuse, inputs = built(), drawn()
    padding = {"image": torch.arange(6) >= torch.arange(7)[:, None]}
    found = fuse(inputs, padding=padding)
    for i in range(7):
        row = {n: x[i : i + 1] for n, x in inputs.items()}
        row["image"] = row["image"][:, :i]
        torch.testing.assert_close(found[i], fuse(row)[0], rtol=0, atol=1e-12)


def test_an_absent_modality_is_as_if_its_tokens_were_cut_off() -> None:
    fuse, inputs = built(), drawn(batch=8)
    presence = torch.tensor([[i & 4, i & 2, i & 1] for i in range(8)]).bool()
    found = fuse(inputs, presence)
    for i in range(8):
        row = {
            n: x[i : i + 1] if here else x[i : i + 1, :0]
            for here, (n, x) in zip(presence[i], inputs.items(), strict=True)
        }
        torch.testing.assert_close(found[i], fuse(row)[0], rtol=0, atol=1e-12)


def test_nan_in_absent_and_padded_tokens_reaches_neither_output_nor_gradient() -> None:
    fuse, inputs = built(), drawn(batch=8)
    presence = torch.tensor([[i & 4, i & 2, i & 1] for i in range(8)]).bool()
    padding = {"text": torch.tensor([[False, False, True, True]] * 8)}
    expected = fuse(inputs, presence, padding=padding)
    for i, x in enumerate(inputs.values()):
        x[~presence[:, i]] = torch.nan
    inputs["text"][:, 2:] = torch.nan
    leaves = {n: x.requires_grad_() for n, x in inputs.items()}
    found = fuse(leaves, presence, padding=padding)
    assert torch.equal(found, expected)
    found.square().sum().backward()
    for x in leaves.values():
        assert x.grad is not None
        gone = x.detach().isnan()
        assert (x.grad[gone] == 0).all()
        assert (x.grad[~gone].abs() > 0).all()
    for parameter in fuse.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


def test_with_nothing_present_the_learned_token_speaks_alone() -> None:
    fuse = built()
    found = fuse(drawn(), torch.zeros(7, 3, dtype=torch.bool))
    expected = fuse.out(fuse.encoder(fuse.cls.expand(7, 1, 8))[:, 0])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_without_positions_the_order_of_tokens_does_not_matter_and_with_them_it_does() -> None:
    fuse, inputs = built(), drawn()
    turned = {**inputs, "image": inputs["image"].flip(1)}
    assert not torch.allclose(fuse(turned), fuse(inputs))
    for positions in fuse.positions:
        nn.init.zeros_(positions)
    torch.testing.assert_close(fuse(turned), fuse(inputs), rtol=0, atol=1e-12)


def test_types_alone_tell_modalities_apart() -> None:
    fuse = built({"a": 3, "b": 3})
    fuse.maps[1].load_state_dict(fuse.maps[0].state_dict())
    for positions in fuse.positions:
        nn.init.zeros_(positions)
    a, b = torch.randn(2, 7, 6, 3, dtype=torch.float64)
    assert not torch.allclose(fuse({"a": a, "b": b}), fuse({"a": b, "b": a}))
    nn.init.zeros_(fuse.types)
    torch.testing.assert_close(fuse({"a": a, "b": b}), fuse({"a": b, "b": a}))


def test_a_word_hears_of_pixels_in_the_first_layer() -> None:
    patches = PatchEmbedding(4, 2, channels=1, width=8).double()
    encoder = TransformerEncoder(8, depth=1, heads=2).double()
    image = torch.randn(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    words = torch.randn(1, 3, 8, dtype=torch.float64)
    encoder(torch.cat([patches(image), words], dim=1))[0, -1, 0].backward()
    assert image.grad is not None
    assert (image.grad.abs() > 0).all()


def test_vit_base_of_patches_of_16_has_its_published_number_of_parameters() -> None:
    """The patches replace the linear map of the modality; its type counts as the
    position of the class token."""
    with torch.device("meta"):
        patches = PatchEmbedding(224, 16, channels=3, width=768)
        fuse = EarlyFusionTransformer(
            {"image": 768}, 1000, width=768, depth=12, heads=12, max_length=patches.length
        )
    whole = sum(p.numel() for m in (patches, fuse) for p in m.parameters())
    assert patches.length == 196
    assert whole - sum(p.numel() for p in fuse.maps.parameters()) == 86_567_656


def test_stacked_models_equal_models_one_by_one() -> None:
    models = [built() for _ in range(3)]
    inputs, presence = drawn(), torch.rand(7, 3) < 0.7
    parameters, _ = stack_module_state(models)  # pyright: ignore[reportArgumentType]  a list of modules is what it takes

    def one(weights: dict[str, Tensor]) -> Tensor:
        return functional_call(models[0], weights, (inputs, presence))

    with sdpa_kernel(SDPBackend.MATH):
        stacked = vmap(one)(parameters)
    expected = torch.stack([m(inputs, presence) for m in models])
    torch.testing.assert_close(stacked, expected, rtol=0, atol=1e-12)


def test_gradients() -> None:
    fuse = built({"a": 2, "b": 1}, width=2, heads=1, depth=1, mlp_ratio=1, max_length=3)
    presence = torch.tensor([[True, True], [True, False]])
    padding = {"a": torch.tensor([[False, False, True], [False, False, False]])}
    a, b = torch.randn(2, 3, 2).double(), torch.randn(2, 2, 1).double()

    def fused(a: Tensor, b: Tensor, *_: Tensor) -> Tensor:
        return fuse({"a": a, "b": b}, presence, padding=padding)

    leaves = [a.requires_grad_(), b.requires_grad_(), *fuse.parameters()]
    assert torch.autograd.gradcheck(fused, leaves)


def test_dropout_is_of_training_only() -> None:
    fuse, inputs = built(dropout=0.5), drawn()
    assert torch.equal(fuse(inputs), fuse(inputs))
    fuse.train()
    assert not torch.equal(fuse(inputs), fuse(inputs))


def test_learns_which_word_goes_with_which_patch() -> None:
    """The class is whether the word names the patch that is lit: no single token knows."""
    lit, named = torch.tensor([(i, j) for i in range(3) for j in (*range(3), i)]).T
    inputs = {
        "image": nn.functional.one_hot(lit, 3).float()[:, :, None],
        "text": nn.functional.one_hot(named, 3).float()[:, None],
    }
    y = (lit == named).float()
    fuse = EarlyFusionTransformer({"image": 1, "text": 3}, 1, dropout=0.0, max_length=3)
    update = torch.optim.Adam(fuse.parameters(), lr=0.001)
    for _ in range(120):
        update.zero_grad()
        error = nn.functional.binary_cross_entropy_with_logits(fuse(inputs)[:, 0], y)
        error.backward()
        update.step()
    assert torch.equal(fuse(inputs)[:, 0] > 0, y > 0)


def test_more_tokens_than_positions() -> None:
    with pytest.raises(ShapeError) as raised:
        built()({**drawn(), "image": torch.zeros(7, 13, 3).double()})
    assert str(raised.value) == (
        "modality 'image' has 13 tokens but positions for 12; "
        "build the fusion with max_length=13 or shorten it"
    )
    assert built()({**drawn(), "image": torch.zeros(7, 12, 3).double()}).shape == (7, 5)


def test_options_that_cannot_be_used_and_modalities_that_are_not_there() -> None:
    with pytest.raises(ConfigurationError) as raised:
        EarlyFusionTransformer(DIMS, 5, width=10, depth=0, mlp_ratio=0, dropout=2.0, max_length=0)
    assert raised.value.faults == (
        "depth must be at least 1, found 0",
        "mlp_ratio must be at least 1, found 0",
        "max_length must be at least 1, found 0",
        "dropout must lie in [0, 1), found 2.0",
        "heads must divide the width 10, found 4; try heads=5",
    )
    with pytest.raises(ModalityError):
        EarlyFusionTransformer({}, 5)
    with pytest.raises(ModalityError, match=r"^modality 'labs' is not among the inputs; "):
        built()({n: x for n, x in drawn().items() if n != "labs"})
