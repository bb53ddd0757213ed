from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from consilience.errors import ConfigurationError, ModalityError, ShapeError
from consilience.fusion.shifting import AdaptationGate, AttendedVariation

DIMS = {"text": 4, "audio": 3, "video": 2}
KINDS = [AdaptationGate, AttendedVariation]
Shifter = AdaptationGate | AttendedVariation


def built(kind: type[Shifter], dims: dict[str, int] | None = None, **options: Any) -> Shifter:
    if kind is AttendedVariation:
        options = {"nonverbal": 3, "hidden": 6, **options}
    fuse = kind(DIMS if dims is None else dims, 5, **options)
    for parameter in fuse.parameters():
        nn.init.normal_(parameter, std=0.7)
    return fuse.double().eval()


def drawn(batch: int = 7, words: int = 5) -> dict[str, Tensor]:
    return {n: torch.randn(batch, words, d, dtype=torch.float64) for n, d in DIMS.items()}


def without_biases(fuse: Shifter) -> Shifter:
    for bias in fuse.biases:
        nn.init.zeros_(bias)
    return fuse


def alone(fuse: Shifter) -> Shifter:
    """The same network with nothing but its primary path."""
    lone = built(type(fuse), {"text": 4})
    lone.load_state_dict({k: v for k, v in fuse.state_dict().items() if k in lone.state_dict()})
    return lone


def gate(fuse: AdaptationGate, z: Tensor, others: list[Tensor]) -> Tensor:
    """Equations of MAG for one word."""
    total = fuse.biases[0]
    for i, x in enumerate(others):
        w, b = fuse.get_parameter(f"gates.{i}.weight"), fuse.get_parameter(f"gates.{i}.bias")
        g = (w @ torch.cat([z, x]) + b).clamp(min=0)
        total = total + g * (fuse.get_parameter(f"maps.{i}.weight") @ x)
    return z + min(fuse.beta * z.norm() / total.norm(), 1) * total


def test_the_adaptation_gate_written_out_word_by_word() -> None:
    fuse, inputs = built(AdaptationGate), drawn()
    assert isinstance(fuse, AdaptationGate)
    shifted, seen = fuse.shifted(inputs)
    assert seen.all()
    lengths: list[bool] = []
    for i in range(7):
        for j in range(5):
            z, *others = (x[i, j] for x in inputs.values())
            expected = gate(fuse, z, others)
            torch.testing.assert_close(shifted[i, j], expected, rtol=0, atol=1e-12)
            lengths.append(bool((expected - z).norm() > 0.999 * z.norm()))
    assert any(lengths)
    assert not all(lengths)
    weight, bias = fuse.norm.weight, fuse.norm.bias
    normal = nn.functional.layer_norm(shifted, (4,)) * weight + bias
    torch.testing.assert_close(fuse(inputs), fuse.out(normal.mean(dim=1)), rtol=0, atol=1e-12)


def last_state(cell: nn.LSTMCell, steps: Tensor) -> Tensor:
    h = c = torch.zeros(1, cell.hidden_size, dtype=torch.float64)
    for x in steps:
        h, c = cell(x[None], (h, c))
    return h[0]


def test_the_attended_variation_written_out_word_by_word() -> None:
    fuse, inputs = built(AttendedVariation), drawn()
    assert isinstance(fuse, AttendedVariation)
    inputs["audio"] = torch.randn(7, 5, 6, 3, dtype=torch.float64)
    shifted, _ = fuse.shifted(inputs)
    cells = [m for m in fuse.modules() if isinstance(m, nn.LSTMCell)]
    for i in range(7):
        for j in range(5):
            e, frames = inputs["text"][i, j], [inputs["audio"][i, j], inputs["video"][i, j, None]]
            total = fuse.biases[0]
            for m, x in enumerate(frames):
                h = last_state(cells[m], x)
                score = fuse.get_parameter(f"gates.{m}.weight") @ torch.cat([h, e])
                share = torch.sigmoid(score + fuse.get_parameter(f"gates.{m}.bias"))
                assert share.shape == (1,)
                total = total + share * (fuse.get_parameter(f"maps.{m}.weight") @ h)
            alpha = min(e.norm() / total.norm(), 1)
            torch.testing.assert_close(shifted[i, j], e + alpha * total, rtol=0, atol=1e-12)
        read = last_state(cells[2], shifted[i])
        torch.testing.assert_close(fuse(inputs)[i], fuse.out(read), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beta", [0.0, 0.3, 2.0])
def test_no_word_is_shifted_further_than_beta_times_its_length(
    kind: type[Shifter], beta: float
) -> None:
    fuse, inputs = built(kind, beta=beta), drawn(batch=50)
    shifted, _ = fuse.shifted(inputs)
    moved, bound = (shifted - inputs["text"]).norm(dim=2), beta * inputs["text"].norm(dim=2)
    assert (moved <= bound * (1 + 1e-12)).all()
    assert (moved >= 0.999 * bound).any()
    assert bool((moved > 0).any()) == (beta > 0)


def test_at_the_bound_louder_neighbours_shift_no_further() -> None:
    fuse, inputs = without_biases(built(AdaptationGate, beta=0.3)), drawn(batch=50)
    nn.init.constant_(fuse.get_parameter("gates.0.bias"), 1.0)
    louder = {n: x if n == "text" else 1e3 * x for n, x in inputs.items()}
    shifted, _ = fuse.shifted(louder)
    moved = (shifted - inputs["text"]).norm(dim=2)
    bound = 0.3 * inputs["text"].norm(dim=2)
    closed = moved == 0
    torch.testing.assert_close(moved[~closed], bound[~closed], rtol=1e-12, atol=0)
    assert closed.float().mean() < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_silent_neighbours_without_biases_shift_nothing_and_gradients_are_finite(
    kind: type[Shifter],
) -> None:
    fuse = without_biases(built(kind))
    for name, parameter in fuse.named_parameters():
        if name.startswith("frames."):
            nn.init.zeros_(parameter)
    inputs = {n: x if n == "text" else torch.zeros_like(x) for n, x in drawn().items()}
    leaves = {n: x.requires_grad_() for n, x in inputs.items()}
    shifted, _ = fuse.shifted(leaves)
    assert torch.equal(shifted, leaves["text"])
    fuse(leaves).square().sum().backward()
    everything = [*leaves.values(), *fuse.parameters()]
    assert all(x.grad is not None and x.grad.isfinite().all() for x in everything)


@pytest.mark.parametrize("kind", KINDS)
def test_with_every_neighbour_absent_the_primary_path_remains_exactly(
    kind: type[Shifter],
) -> None:
    fuse, inputs = built(kind), drawn()
    lone = alone(fuse)
    presence = torch.tensor([[True, False, False]] * 7)
    expected = lone({"text": inputs["text"]})
    assert torch.equal(fuse(inputs, presence), expected)
    assert torch.equal(lone.shifted({"text": inputs["text"]})[0], inputs["text"])
    assert not list(lone.biases)
    silent = {n: torch.ones(7, 5, dtype=torch.bool) for n in ("audio", "video")}
    assert torch.equal(fuse(inputs, padding=silent), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_neighbour_adds_no_term(kind: type[Shifter]) -> None:
    fuse, inputs = built(kind), drawn()
    fewer = built(kind, {"text": 4, "video": 2})
    kept = {k: v for k, v in fuse.state_dict().items() if "s.0." not in k}
    kept = {k.replace("s.1.", "s.0."): v for k, v in kept.items()}
    fewer.load_state_dict(kept)
    found = fuse(inputs, torch.tensor([[True, False, True]] * 7))
    expected = fewer({n: inputs[n] for n in ("text", "video")})
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_primary_modality_the_bias_of_the_last_map_remains(
    kind: type[Shifter],
) -> None:
    fuse, inputs = built(kind), drawn()
    for others in ([True, True], [True, False], [False, False]):
        found = fuse(inputs, torch.tensor([[False, *others]] * 7))
        assert torch.equal(found, fuse.out.bias.expand(7, 5))


@pytest.mark.parametrize("kind", KINDS)
def test_nan_in_absent_and_padded_words_reaches_neither_output_nor_gradient(
    kind: type[Shifter],
) -> None:
    fuse, inputs = built(kind), drawn(batch=8)
    presence = torch.tensor([[i & 4, i & 2, i & 1] for i in range(8)]).bool()
    padding = {n: torch.rand(8, 5) < 0.3 for n in DIMS}
    expected = fuse(inputs, presence, padding=padding)
    for i, (name, x) in enumerate(inputs.items()):
        x[~presence[:, i]] = torch.nan
        x[padding[name]] = torch.nan
    leaves = {n: x.requires_grad_() for n, x in inputs.items()}
    found = fuse(leaves, presence, padding=padding)
    assert torch.equal(found, expected)
    found.square().sum().backward()
    for x in leaves.values():
        assert x.grad is not None
        assert (x.grad[x.detach().isnan()] == 0).all()
        assert x.grad.abs().sum() > 0
    for parameter in fuse.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_padded_words_are_as_if_cut_out(kind: type[Shifter]) -> None:
    fuse, inputs = built(kind), drawn(batch=20)
    gone = torch.rand(20, 5) < 0.4
    gone[:, 2] = False
    found = fuse(inputs, padding=dict.fromkeys(DIMS, gone))
    for i in range(20):
        row = {n: x[i : i + 1, ~gone[i]] for n, x in inputs.items()}
        torch.testing.assert_close(found[i], fuse(row)[0], rtol=0, atol=1e-12)
    only = fuse(inputs, padding={"text": gone})
    torch.testing.assert_close(only, found, rtol=0, atol=1e-12)


def test_padded_frames_are_as_if_cut_out_and_a_word_without_frames_is_not_shifted() -> None:
    fuse = built(AttendedVariation, {"text": 4, "audio": 3})
    text, audio = torch.randn(10, 5, 4), torch.randn(10, 5, 6, 3)
    inputs = {"text": text.double(), "audio": audio.double()}
    gone = torch.rand(10, 5, 6) < 0.5
    gone[0, 0] = True
    shifted, _ = fuse.shifted(inputs, padding={"audio": gone})
    assert torch.equal(shifted[0, 0], inputs["text"][0, 0])
    for i in range(10):
        for j in range(5):
            row = {
                "text": inputs["text"][i : i + 1, j : j + 1],
                "audio": inputs["audio"][i, j, ~gone[i, j]][None, None],
            }
            word = fuse.shifted(row)[0][0, 0]
            torch.testing.assert_close(shifted[i, j], word, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_one_word(kind: type[Shifter]) -> None:
    fuse, inputs = built(kind), drawn(words=1)
    flat = {n: x[:, 0] for n, x in inputs.items()}
    assert torch.equal(fuse(flat), fuse(inputs))


@pytest.mark.parametrize("kind", KINDS)
def test_any_modality_may_be_the_primary_one(kind: type[Shifter]) -> None:
    fuse = built(kind, primary="video")
    assert fuse.primary == "video"
    assert built(kind).primary == "text"
    reordered = built(kind, {"video": 2, "text": 4, "audio": 3})
    reordered.load_state_dict(fuse.state_dict())
    inputs, presence = drawn(), torch.rand(7, 3) < 0.7
    found = reordered(inputs, presence[:, [2, 0, 1]])
    torch.testing.assert_close(found, fuse(inputs, presence), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_stacked_models_equal_models_one_by_one_in_value_and_gradient(kind: type[Shifter]) -> None:
    models = [built(kind) for _ in range(3)]
    inputs, presence = drawn(), torch.rand(7, 3) < 0.7
    parameters, _ = stack_module_state(models)  # pyright: ignore[reportArgumentType]  a list of modules is what it takes

    def error(weights: dict[str, Tensor]) -> Tensor:
        return functional_call(models[0], weights, (inputs, presence)).square().sum()

    gradients = vmap(grad(error))(parameters)
    for i, model in enumerate(models):
        model(inputs, presence).square().sum().backward()
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(gradients[name][i], parameter.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients(kind: type[Shifter]) -> None:
    fuse = built(kind)
    inputs = drawn(batch=3, words=2)
    presence = torch.tensor([[True, True, True], [True, False, False], [False, True, True]])
    padding = {"text": torch.tensor([[False, False], [False, True], [False, False]])}

    def fused(*leaves: Tensor) -> Tensor:
        return fuse(dict(zip(DIMS, leaves, strict=True)), presence, padding=padding)

    assert torch.autograd.gradcheck(fused, [x.requires_grad_() for x in inputs.values()])


def test_dropout_is_of_training_only() -> None:
    fuse, inputs = built(AdaptationGate), drawn()
    assert torch.equal(fuse(inputs), fuse(inputs))
    fuse.train()
    assert not torch.equal(fuse(inputs), fuse(inputs))


@pytest.mark.parametrize("kind", KINDS)
def test_modalities_of_another_number_of_words(kind: type[Shifter]) -> None:
    with pytest.raises(ShapeError) as raised:
        built(kind)({**drawn(), "video": torch.ones(7, 4, 2).double()})
    assert str(raised.value) == (
        "modality 'video' has 4 words but 'text' has 5; align the modalities word by word"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_options_that_cannot_be_used(kind: type[Shifter]) -> None:
    with pytest.raises(ModalityError) as raised:
        kind(DIMS, 5, primary="txt")
    assert str(raised.value) == (
        "primary names modality 'txt', which is not in dims; did you mean 'text'?"
    )
    with pytest.raises(ModalityError):
        kind({}, 5)
    with pytest.raises(ConfigurationError) as raised:
        kind(DIMS, 5, beta=-0.5)
    assert str(raised.value) == "beta must be at least 0, found -0.5"


def test_all_faults_of_options_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        AdaptationGate(DIMS, 5, beta=float("nan"), dropout=1.0)
    assert raised.value.faults == (
        "beta must be at least 0, found nan",
        "dropout must lie in [0, 1), found 1.0",
    )
    with pytest.raises(ConfigurationError) as raised:
        AttendedVariation(DIMS, 5, nonverbal=0, hidden=-1)
    assert raised.value.faults == (
        "nonverbal must be at least 1, found 0",
        "hidden must be at least 1, found -1",
    )


def test_frames_belong_to_neighbours_only() -> None:
    with pytest.raises(ShapeError, match=r"^modality 'text' must be \(batch, length, 4\) or"):
        built(AttendedVariation)({**drawn(), "text": torch.ones(7, 5, 6, 4).double()})
    with pytest.raises(ShapeError, match=r"^modality 'audio' must be \(batch, length, 3\) or"):
        built(AdaptationGate)({**drawn(), "audio": torch.ones(7, 5, 6, 3).double()})
