import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from consilience.data.ragged import Ragged
from consilience.data.schema import ColumnSchema, ModalitySchema
from consilience.encoders.sequence import SequenceEncoder, SequenceStandardizer
from consilience.encoders.tabular import LARGEST
from consilience.errors import ShapeError
from consilience.functional.randomness import seeded

CHANNELS = 2


def schema(channels: int = CHANNELS) -> ModalitySchema:
    columns = tuple(ColumnSchema(name=f"c{i}") for i in range(channels))
    return ModalitySchema(name="s", kind="sequence", columns=columns)


def encoder(channels: int = CHANNELS) -> SequenceEncoder:
    with seeded(0):
        return SequenceEncoder(channels, 12).eval()


def drawn(*shape: int) -> Tensor:
    with seeded(sum(shape)):
        return torch.randn(*shape)


def test_channels_are_centred_and_scaled_over_all_known_steps() -> None:
    x = np.random.default_rng(0).normal([5, -100], [2, 30], (20, 15, 2))
    x[3, 4:, 0] = np.nan
    standard = SequenceStandardizer(schema()).fit(x)
    expected = (x - np.nanmean(x, axis=(0, 1))) / np.nanstd(x, axis=(0, 1))
    found = standard(x).numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_sequences_of_any_length_are_padded_with_nan() -> None:
    ragged = Ragged.of([[[1.0, 5.0]], [[3.0, 5.0], [5.0, np.nan]], None])
    standard = SequenceStandardizer(schema()).fit(ragged)
    found = standard(ragged)
    assert found.shape == (3, 2, 2)
    tall = 1.5**0.5
    expected = [[[-tall, 0], [np.nan] * 2], [[0, 0], [tall, np.nan]], [[np.nan] * 2] * 2]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_fixed_and_ragged_storage_are_one() -> None:
    x = np.random.default_rng(1).normal(size=(4, 6, 2)).astype(np.float32)
    fixed = SequenceStandardizer(schema()).fit(x)
    ragged = SequenceStandardizer(schema()).fit(Ragged.of(list(x)))
    assert torch.equal(fixed(x), ragged(Ragged.of(list(x))))


def test_wild_values_are_clipped_and_constant_channels_zero() -> None:
    standard = SequenceStandardizer(schema()).fit(np.array([[[-1.0, 7.0], [1.0, 7.0]]]))
    found = standard(np.array([[[1e9, 8.0], [-np.inf, 7.0], [np.nan, np.nan]]]))
    np.testing.assert_array_equal(found.numpy(), [[[LARGEST, 0], [-LARGEST, 0], [np.nan, np.nan]]])


def test_time_stamps_keep_their_precision() -> None:
    steps = np.arange(1000.0)[None, :, None]
    found = SequenceStandardizer(schema(1)).fit(steps + 1.6e9)(steps + 1.6e9)
    np.testing.assert_allclose(found.numpy(), (steps - steps.mean()) / steps.std(), atol=1e-6)


def test_arrays_are_neither_changed_nor_need_be_writable() -> None:
    x = np.ones((2, 3, 2)) * [[[1.0, 2.0]], [[3.0, 5.0]]]
    before = x.copy()
    x.flags.writeable = False
    standard = SequenceStandardizer(schema()).fit(x)
    standard(x)
    np.testing.assert_array_equal(x, before)


def test_what_was_learnt_travels_in_the_state() -> None:
    x = np.random.default_rng(2).normal(3, 9, (4, 6, 2))
    fitted = SequenceStandardizer(schema()).fit(x)
    twin = SequenceStandardizer(schema())
    twin.load_state_dict(fitted.state_dict())
    assert torch.equal(twin(x), fitted(x))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(0, 9))
def test_padding_changes_nothing(lengths: list[int], more: int) -> None:
    encode = encoder()
    alone = [drawn(1, n, CHANNELS) for n in lengths]
    batch = torch.full((len(lengths), max(lengths) + more, CHANNELS), torch.nan)
    for i, x in enumerate(alone):
        batch[i, : x.shape[1]] = x[0]
    apart = torch.cat([encode(x) for x in alone])
    torch.testing.assert_close(encode(batch), apart, rtol=0, atol=2e-6)


def pooled(x: Tensor) -> np.ndarray:
    """What the encoder knows of the raw channels, read off through an identity."""
    encode = encoder(x.shape[2])
    size = 5 * x.shape[2]
    encode.raw = torch.nn.Linear(size, size)
    encode.learned = torch.nn.Linear(encode.learned.in_features, size)
    for layer, weight in ((encode.raw, torch.eye(size)), (encode.learned, None)):
        layer.weight.data = torch.zeros_like(layer.weight) if weight is None else weight
        layer.bias.data.zero_()
    return encode(x).detach().numpy()


def test_raw_statistics_as_numpy_with_missing_steps_left_out() -> None:
    x = drawn(6, 40, 3)
    x[torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) < 0.3] = torch.nan
    found = pooled(x)
    a = x.numpy().astype(np.float64)
    rough = np.nanmean(np.diff(a, axis=1) ** 2, axis=1)
    expected = [
        np.nanmean(a, axis=1),
        0.5 * np.log(np.nanvar(a, axis=1) + 1e-4),
        0.5 * np.log(rough + 1e-4),
        np.nanmin(a, axis=1),
        np.nanmax(a, axis=1),
    ]
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), atol=2e-6)


def test_the_values_behind_missing_steps_do_not_matter_to_the_rest() -> None:
    x = drawn(1, 30, CHANNELS)
    x[0, 10:20] = torch.nan
    one_known = torch.full((1, 30, CHANNELS), torch.nan)
    one_known[0, 13] = x[0, 0]
    assert encoder()(x).isfinite().all()
    assert encoder()(one_known).isfinite().all()


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_convolutions_see_a_channel_sampled_more_rarely(kept: int) -> None:
    """Known steps need not fall on the centres of the strided convolutions."""
    x = torch.full((2, 40, 1), torch.nan)
    x[:, kept::4] = drawn(2, 10, 1)
    encode = encoder(1)
    encode.raw.weight.data.zero_()
    assert (encode(x)[0] - encode(x)[1]).abs().max() > 1e-3


def test_order_in_time_matters_and_a_slow_and_a_fast_wave_differ() -> None:
    t = torch.linspace(0, 6.28, 100)
    waves = torch.stack([torch.sin(t), torch.sin(5 * t)])[:, :, None]
    features = pooled(waves)
    assert features[1, 2] - features[0, 2] > 1
    assert not torch.allclose(encoder(1)(waves), encoder(1)(waves.flip(1)), atol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 7, 8])
def test_short_and_unknown_sequences_are_finite_with_finite_gradients(steps: int) -> None:
    encode = encoder().train()
    x = torch.full((3, steps, CHANNELS), torch.nan)
    x[0] = drawn(steps, CHANNELS)
    x[1, 0, 0] = 1.0
    x.requires_grad_()
    features = encode(x)
    assert features.isfinite().all()
    features.square().sum().backward()
    for variable in (x, *encode.parameters()):
        assert variable.grad is not None
        assert variable.grad.isfinite().all()
    assert x.grad is not None
    assert (x.grad[2] == 0).all()


def test_every_parameter_learns() -> None:
    encode = encoder().train()
    encode(drawn(8, 40, CHANNELS)).square().sum().backward()
    for name, parameter in encode.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_gradients() -> None:
    encode = encoder().double()
    x = drawn(2, 11, CHANNELS).double().requires_grad_()
    assert torch.autograd.gradcheck(encode, x)


@pytest.mark.parametrize("widths", [(0, 3), (3, 0)])
def test_widths_that_cannot_be(widths: tuple[int, int]) -> None:
    with pytest.raises(ShapeError) as raised:
        SequenceEncoder(*widths)
    assert str(raised.value) == f"widths must be at least 1, found {widths[0]} and {widths[1]}"
