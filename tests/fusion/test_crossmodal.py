from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from consilience.errors import ConfigurationError, ModalityError
from consilience.functional.positions import sinusoidal_positions
from consilience.fusion.crossmodal import CrossModalTransformer

DIMS = {"audio": 3, "text": 2, "video": 4}
LENGTHS = {"audio": 9, "text": 4, "video": 6}
SMALL: dict[str, Any] = {"width": 8, "heads": 2}


def built(dims: dict[str, int] | None = None, **options: Any) -> CrossModalTransformer:
    fuse = CrossModalTransformer(DIMS if dims is None else dims, 5, **{**SMALL, **options})
    for parameter in fuse.parameters():
        nn.init.normal_(parameter, std=0.3)
    return fuse.double().eval()


def drawn(batch: int = 7) -> dict[str, Tensor]:
    return {n: torch.randn(batch, LENGTHS[n], d, dtype=torch.float64) for n, d in DIMS.items()}


def low_level(fuse: CrossModalTransformer, inputs: dict[str, Tensor]) -> list[Tensor]:
    """Convolution by its sum over neighbours, zero beyond the border, plus positions."""
    out: list[Tensor] = []
    for i, x in enumerate(inputs.values()):
        weight = fuse.get_parameter(f"convolutions.{i}.weight")
        bias = fuse.get_parameter(f"convolutions.{i}.bias")
        wide = nn.functional.pad(x, (0, 0, 1, 1))
        steps = x.shape[1]
        taps = [wide[:, k : k + steps] @ weight[:, :, k].T for k in range(3)]
        marks = sinusoidal_positions(steps, 8, dtype=torch.float64)
        out.append(sum(taps) + bias + marks)
    return out


def written_out(fuse: CrossModalTransformer, inputs: dict[str, Tensor]) -> Tensor:
    """Equations 1 to 5 of the paper, pair by pair, without a mask."""
    low = low_level(fuse, inputs)
    crossings = iter(fuse.crossings)
    last: list[Tensor] = []
    for target, memory in enumerate(fuse.memories):
        streams = [
            next(crossings)(low[target], source=low[s]) for s in range(len(low)) if s != target
        ]
        last.append(memory(torch.cat(streams, dim=2))[:, -1])
    h = torch.cat(last, dim=1)
    first, _, _, second = fuse.residual
    return fuse.out(h + second(torch.relu(first(h))))


def test_the_definition_written_out_for_sequences_of_unequal_length() -> None:
    fuse, inputs = built(), drawn()
    torch.testing.assert_close(fuse(inputs), written_out(fuse, inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("modalities", [1, 2, 3, 4])
def test_there_is_one_network_an_ordered_pair_of_different_modalities(modalities: int) -> None:
    fuse = built({f"m{i}": 2 for i in range(modalities)})
    assert len(fuse.crossings) == modalities * (modalities - 1)
    assert len(fuse.memories) == modalities
    layers = [m for m in fuse.modules() if isinstance(m, nn.ReLU)]
    assert len(layers) == 2 * modalities**2 + 1


def test_a_modality_alone_has_self_attention_only() -> None:
    fuse, inputs = built({"text": 2}), {"text": drawn()["text"]}
    (z,) = low_level(fuse, inputs)
    h = fuse.memories[0](z)[:, -1]
    torch.testing.assert_close(fuse(inputs), fuse.out(h + fuse.residual(h)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [1, 3, 7])
@pytest.mark.parametrize("front", [0, 4])
def test_padding_at_either_end_changes_nothing_whatever_it_holds(
    front: int, kernel_size: int
) -> None:
    fuse, inputs = built(kernel_size=kernel_size), drawn()
    longer = {
        n: nn.functional.pad(x, (0, 0, front, 5), value=torch.nan) for n, x in inputs.items()
    }
    padding = {n: x.isnan().any(dim=2) for n, x in longer.items()}
    found = fuse(longer, padding=padding)
    torch.testing.assert_close(found, fuse(inputs), rtol=0, atol=1e-12)


def test_padded_steps_are_as_if_cut_off_each_row_by_its_own_length() -> None:
    fuse, inputs = built(), drawn(batch=10)
    padding = {"audio": torch.arange(9) >= torch.arange(10)[:, None]}
    found = fuse(inputs, padding=padding)
    for i in range(10):
        row = {n: x[i : i + 1] for n, x in inputs.items()}
        row["audio"] = row["audio"][:, :i]
        torch.testing.assert_close(found[i], fuse(row)[0], rtol=0, atol=1e-12)


def test_an_absent_modality_is_not_heard_and_says_nothing_but_the_others_keep_their_own() -> None:
    fuse, inputs = built(), drawn()
    presence = torch.tensor([[True, False, True]] * 7)
    low = low_level(fuse, inputs)
    mute = torch.zeros(7, 4, dtype=torch.bool)
    last: list[Tensor] = []
    for target, (other, at) in {0: (2, 0), 2: (0, 2)}.items():
        to_text, to_other = (1, 0) if target == 2 else (0, 1)
        first = 2 * target
        streams = [
            fuse.crossings[first + to_text](low[target], mute, source=low[1]),
            fuse.crossings[first + to_other](low[target], source=low[other]),
        ]
        if target == 2:
            streams.reverse()
        last.append(fuse.memories[at](torch.cat(streams, dim=2))[:, -1])
    h = torch.cat([last[0], torch.zeros_like(last[0]), last[1]], dim=1)
    expected = fuse.out(h + fuse.residual(h))
    torch.testing.assert_close(fuse(inputs, presence), expected, rtol=0, atol=1e-12)


def test_one_present_modality_still_decides() -> None:
    fuse, inputs = built(), drawn()
    for i, name in enumerate(DIMS):
        presence = torch.zeros(7, 3, dtype=torch.bool)
        presence[:, i] = True
        found = fuse(inputs, presence)
        assert found.isfinite().all()
        for other in DIMS:
            changed = fuse({**inputs, other: inputs[other] + 1}, presence)
            assert torch.allclose(changed, found) == (other != name)


def test_nan_in_absent_and_padded_steps_reaches_neither_output_nor_gradient() -> None:
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


def test_with_nothing_present_there_is_one_prior() -> None:
    fuse = built()
    found = fuse(drawn(), torch.zeros(7, 3, dtype=torch.bool))
    nothing = torch.zeros(7, 48, dtype=torch.float64)
    torch.testing.assert_close(found, fuse.out(fuse.residual(nothing)), rtol=0, atol=1e-12)


def test_time_matters() -> None:
    fuse, inputs = built(kernel_size=1), drawn()
    for name, x in inputs.items():
        order = torch.arange(x.shape[1])
        order[:2] = torch.tensor([1, 0])
        assert not torch.allclose(fuse({**inputs, name: x[:, order]}), fuse(inputs))


def test_stacked_models_equal_models_one_by_one_in_value_and_gradient() -> None:
    models = [built() for _ in range(3)]
    inputs, presence = drawn(), torch.rand(7, 3) < 0.7
    parameters, _ = stack_module_state(models)  # pyright: ignore[reportArgumentType]  a list of modules is what it takes

    def error(weights: dict[str, Tensor]) -> Tensor:
        return functional_call(models[0], weights, (inputs, presence)).square().sum()

    with sdpa_kernel(SDPBackend.MATH):
        gradients = vmap(grad(error))(parameters)
    for i, model in enumerate(models):
        model(inputs, presence).square().sum().backward()
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(gradients[name][i], parameter.grad, rtol=1e-9, atol=1e-9)


def test_gradients() -> None:
    fuse = built({"a": 2, "b": 1}, width=2, heads=1, layers=1)
    presence = torch.tensor([[True, True], [True, False]])
    padding = {"a": torch.tensor([[False, False, True], [False, False, False]])}
    a, b = torch.randn(2, 3, 2).double(), torch.randn(2, 2, 1).double()

    def fused(a: Tensor, b: Tensor) -> Tensor:
        return fuse({"a": a, "b": b}, presence, padding=padding)

    assert torch.autograd.gradcheck(fused, [a.requires_grad_(), b.requires_grad_()])


@pytest.mark.parametrize("option", ["dropout", "attention_dropout"])
def test_both_kinds_of_dropout_are_of_training_only(option: str) -> None:
    options = {"dropout": 0.0, "attention_dropout": 0.0, option: 0.5}
    fuse, inputs = built(None, **options), drawn()
    assert torch.equal(fuse(inputs), fuse(inputs))
    fuse.train()
    assert not torch.equal(fuse(inputs), fuse(inputs))


def test_options_that_cannot_be_used_and_modalities_that_are_not_there() -> None:
    with pytest.raises(ConfigurationError) as raised:
        CrossModalTransformer(DIMS, 5, width=30, layers=0, kernel_size=2, attention_dropout=-1.0)
    assert raised.value.faults == (
        "layers must be at least 1, found 0",
        "attention_dropout must lie in [0, 1), found -1.0",
        "kernel_size must be odd, found 2; try kernel_size=3",
        "heads must divide the width 30, found 4; try heads=3",
    )
    with pytest.raises(ModalityError):
        CrossModalTransformer({}, 5)
    with pytest.raises(ModalityError, match=r"^modality 'video' is not among the inputs; "):
        built()({n: x for n, x in drawn().items() if n != "video"})
