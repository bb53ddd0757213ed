import pytest
import torch
from torch import Tensor

from consilience.errors import InputTypeError, ModalityError, ShapeError
from consilience.functional.sequences import (
    first_seen,
    last_seen,
    mean_of_seen,
    step_at,
    take_sequences,
)

DIMS = {"labs": 2, "ecg": 3}
PRESENCE = torch.tensor([[True, True], [True, False], [False, True], [False, False]])


def inputs() -> dict[str, Tensor]:
    return {"ecg": torch.arange(60.0).reshape(4, 5, 3), "labs": torch.arange(8.0).reshape(4, 2)}


def test_without_masks_the_inputs_come_as_they_are_in_the_order_of_dims() -> None:
    given = inputs()
    (labs, seen_labs), (ecg, seen_ecg) = take_sequences(given, DIMS)
    assert torch.equal(labs, given["labs"][:, None])
    assert ecg is given["ecg"]
    assert seen_labs.shape == (4, 1)
    assert seen_ecg.shape == (4, 5)
    assert seen_labs.all()
    assert seen_ecg.all()


def test_a_step_is_seen_if_its_modality_is_present_and_it_is_not_padding() -> None:
    given = inputs()
    padding = torch.zeros(4, 5, dtype=torch.bool)
    padding[0, 3:] = padding[2, 0] = padding[1, 2] = True
    for i, j in ((0, 3), (0, 4), (2, 0), (1, 1), (3, 0)):
        given["ecg"][i, j] = torch.nan
    given["labs"][2:] = torch.nan
    before = {n: x.clone() for n, x in given.items()}
    (labs, seen_labs), (ecg, seen_ecg) = take_sequences(given, DIMS, PRESENCE, {"ecg": padding})
    assert seen_labs[:, 0].tolist() == [True, True, False, False]
    assert seen_ecg.int().tolist() == [[1, 1, 1, 0, 0], [0] * 5, [0, 1, 1, 1, 1], [0] * 5]
    for name, x, seen in (("labs", labs, seen_labs), ("ecg", ecg, seen_ecg)):
        assert torch.equal(x[seen], before[name].reshape(x.shape)[seen])
        assert (x[~seen] == 0).all()
    for name, x in given.items():
        assert torch.equal(x.nan_to_num(-1), before[name].nan_to_num(-1))


def test_what_was_not_seen_gets_no_gradient() -> None:
    given = {n: x.requires_grad_() for n, x in inputs().items()}
    padding = {"ecg": torch.ones(4, 5, dtype=torch.bool).triu()}
    taken = take_sequences(given, DIMS, PRESENCE, padding)
    torch.cat([(x * torch.nan).flatten() for x, _ in taken]).sum().backward()
    for name, (_, seen) in zip(DIMS, taken, strict=True):
        gradient = given[name].grad
        assert gradient is not None
        assert torch.equal(gradient.isnan().any(dim=-1).reshape(seen.shape), seen)
        assert (gradient.reshape(*seen.shape, -1)[~seen] == 0).all()


def test_a_name_that_is_missing_from_padding_or_none_has_none() -> None:
    for padding in ({}, {"ecg": None}, {"labs": torch.zeros(4, 1, dtype=torch.bool)}):
        assert all(seen.all() for _, seen in take_sequences(inputs(), DIMS, None, padding))


@pytest.mark.parametrize("shape", [(4, 0, 3), (0, 0, 3)])
def test_a_sequence_of_no_step_is_one_that_was_not_seen(shape: tuple[int, ...]) -> None:
    given = {"ecg": torch.zeros(shape)}
    none = torch.zeros(shape[:2], dtype=torch.bool)
    ((x, seen),) = take_sequences(given, {"ecg": 3}, None, {"ecg": none})
    assert x.shape == (shape[0], 1, 3)
    assert (x == 0).all()
    assert seen.shape == (shape[0], 1)
    assert not seen.any()


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3), (4, 2, 6, 3)])
def test_a_modality_with_frames_always_has_them(shape: tuple[int, ...]) -> None:
    given = {"labs": torch.ones(4, 2, 2), "ecg": torch.rand(shape)}
    full = (*shape[:1], *(*shape[1:-1], 1, 1)[:2], 3)
    padding = {"ecg": torch.rand(shape[:-1] if len(shape) > 2 else (4, 1)) < 0.5}
    labs, (ecg, seen) = take_sequences(given, DIMS, PRESENCE, padding, framed=["ecg"])
    assert labs[0].shape == (4, 2, 2)
    assert ecg.shape == full
    expected = ~padding["ecg"].reshape(full[:-1]) & PRESENCE[:, 1, None, None]
    assert torch.equal(seen, expected)
    assert torch.equal(ecg, torch.where(seen[..., None], given["ecg"].reshape(full), 0.0))
    none = {"labs": torch.ones(4, 2, 2), "ecg": torch.ones(4, 2, 0, 3)}
    (_, (ecg, seen)) = take_sequences(none, DIMS, framed=["ecg"])
    assert ecg.shape == (4, 2, 1, 3)
    assert not seen.any()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"ecg": torch.ones(4)},
            ShapeError,
            "modality 'ecg' must be (batch, length, 3) or (batch, 3), found (4,)",
        ),
        (
            {"ecg": torch.ones(4, 5, 2)},
            ShapeError,
            "modality 'ecg' must be (batch, length, 3) or (batch, 3), found (4, 5, 2)",
        ),
        (
            {"ecg": torch.ones(4, 5, 6, 3)},
            ShapeError,
            "modality 'ecg' must be (batch, length, 3) or (batch, 3), found (4, 5, 6, 3)",
        ),
        (
            {"ecg": torch.ones(3, 5, 3)},
            ShapeError,
            "modality 'ecg' has 3 rows but 'labs' has 4",
        ),
        (
            {"egc": torch.ones(4, 5, 3)},
            ModalityError,
            "modality 'egc' is not known; did you mean 'ecg'?",
        ),
    ],
)
def test_inputs_that_do_not_fit(
    change: dict[str, Tensor], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        take_sequences({**inputs(), **change}, DIMS)
    assert str(raised.value) == message


def test_frames_of_another_width() -> None:
    with pytest.raises(ShapeError) as raised:
        take_sequences({"a": torch.ones(4, 2, 5, 2)}, {"a": 3}, framed=["a"])
    assert str(raised.value) == (
        "modality 'a' must be (batch, length, frames, 3), (batch, length, 3) or (batch, 3), "
        "found (4, 2, 5, 2)"
    )


def test_a_lacking_modality_and_presence_of_another_shape() -> None:
    with pytest.raises(ModalityError, match=r"^modality 'labs' is not among the inputs; "):
        take_sequences({"ecg": torch.ones(4, 5, 3)}, DIMS)
    with pytest.raises(ShapeError) as raised:
        take_sequences(inputs(), DIMS, PRESENCE[:, :1])
    assert str(raised.value) == "presence must be (batch, modalities) = (4, 2), found (4, 1)"


@pytest.mark.parametrize(
    ("padding", "error", "message"),
    [
        (
            {"egc": torch.ones(4, 5, dtype=torch.bool)},
            ModalityError,
            "padding names modality 'egc', which is not known; did you mean 'ecg'?",
        ),
        (
            {"ecg": torch.ones(4, 6, dtype=torch.bool)},
            ShapeError,
            "padding of modality 'ecg' must be (batch, length) = (4, 5), found (4, 6)",
        ),
        (
            {"labs": torch.ones(4, dtype=torch.bool)},
            ShapeError,
            "padding of modality 'labs' must be (batch, length) = (4, 1), found (4,)",
        ),
        (
            {"ecg": torch.ones(4, 5)},
            InputTypeError,
            "padding of modality 'ecg' must be a bool tensor, found torch.float32",
        ),
    ],
)
def test_padding_that_does_not_fit(
    padding: dict[str, Tensor], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        take_sequences(inputs(), DIMS, None, padding)
    assert str(raised.value) == message


def test_padding_of_frames_of_another_shape() -> None:
    padding = {"a": torch.ones(4, 2, dtype=torch.bool)}
    with pytest.raises(ShapeError) as raised:
        take_sequences({"a": torch.ones(4, 2, 5, 3)}, {"a": 3}, None, padding, framed=["a"])
    assert str(raised.value) == (
        "padding of modality 'a' must be (batch, length, frames) = (4, 2, 5), found (4, 2)"
    )


@pytest.mark.usefixtures("unchecked")
def test_arguments_of_another_kind() -> None:
    calls = [
        ([torch.ones(4, 2)], None, "inputs must map modality names to tensors, found list"),
        ({"labs": [1], "ecg": torch.ones(4, 3)}, None, "modality 'labs' must be a tensor, found"),
        (inputs(), torch.ones(4, 5), "padding must map modality names to bool tensors, found T"),
        (inputs(), {"ecg": [1]}, "padding of modality 'ecg' must be a bool tensor, found list"),
    ]
    for given, padding, message in calls:
        with pytest.raises(InputTypeError) as raised:
            take_sequences(given, DIMS, None, padding)  # pyright: ignore[reportArgumentType]  wrong on purpose
        assert str(raised.value).startswith(message)


def test_first_and_last_step_that_was_seen() -> None:
    seen = torch.tensor([[0, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]])
    assert last_seen(seen.bool()).tolist() == [3, 4, 0, 4]
    assert first_seen(seen.bool()).tolist() == [1, 0, 0, 4]


def test_a_step_of_each_row() -> None:
    x = torch.arange(12.0).reshape(2, 3, 2)
    assert step_at(x, torch.tensor([2, 0])).tolist() == [[[4, 5]], [[6, 7]]]


def test_the_mean_leaves_out_what_was_not_seen() -> None:
    x = torch.tensor([[[1.0], [3.0], [torch.nan]], [[5.0], [6.0], [7.0]]])
    seen = torch.tensor([[True, True, False], [False, False, False]])
    assert mean_of_seen(x, seen).tolist() == [[2.0], [0.0]]
