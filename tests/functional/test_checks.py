import subprocess
import sys

import pytest
import torch

from consilience.errors import ModalityError, ShapeError
from consilience.functional.checks import check_dims, check_inputs, present_or_zero, take

DIMS = {"labs": 2, "ecg": 3}


def inputs() -> dict[str, torch.Tensor]:
    return {"ecg": torch.arange(12.0).reshape(4, 3), "labs": torch.arange(8.0).reshape(4, 2)}


def test_inputs_come_in_the_order_of_dims() -> None:
    given = inputs()
    taken = take(given, DIMS, None)
    assert taken[0] is given["labs"]
    assert taken[1] is given["ecg"]


def test_absent_rows_are_zero_and_present_ones_untouched() -> None:
    given = inputs()
    given["labs"][1] = torch.nan
    given["ecg"][0] = torch.inf
    presence = torch.tensor([[True, False], [False, True], [True, True], [False, False]])
    labs, ecg = take(given, DIMS, presence)
    assert labs.tolist() == [[0, 1], [0, 0], [4, 5], [0, 0]]
    assert ecg.tolist() == [[0, 0, 0], [3, 4, 5], [6, 7, 8], [0, 0, 0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int64])
def test_zeroing_keeps_the_kind_of_number_and_any_number_of_dimensions(dtype: torch.dtype) -> None:
    x = torch.ones(2, 3, 4, 5, dtype=dtype)
    rows = present_or_zero(x, torch.tensor([True, False]))
    assert rows.dtype == dtype
    assert rows.flatten(1).sum(dim=1).tolist() == [60, 0]
    cells = torch.tensor([[True, False, True], [False, False, True]])
    assert present_or_zero(x, cells).sum(dim=(2, 3)).tolist() == [[20, 0, 20], [0, 0, 20]]


def test_an_absent_row_sends_no_gradient_back() -> None:
    x = torch.tensor([[1.0], [torch.nan]], requires_grad=True)
    (present_or_zero(x, torch.tensor([True, False])) * torch.nan).sum().backward()
    assert x.grad is not None
    assert x.grad.isnan().tolist() == [[True], [False]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"lbas": torch.ones(4, 2)},
            ModalityError,
            "modality 'lbas' is not known; did you mean 'labs'?",
        ),
        (
            {"labs": torch.ones(4, 5)},
            ShapeError,
            "modality 'labs' must be (batch, 2), found (4, 5)",
        ),
        ({"ecg": torch.ones(4)}, ShapeError, "modality 'ecg' must be (batch, 3), found (4,)"),
        ({"ecg": torch.tensor(4)}, ShapeError, "modality 'ecg' must be (batch, 3), found ()"),
        (
            {"ecg": torch.ones(1, 4, 3)},
            ShapeError,
            "modality 'ecg' must be (batch, 3), found (1, 4, 3)",
        ),
        ({"ecg": torch.ones(3, 3)}, ShapeError, "modality 'ecg' has 3 rows but 'labs' has 4"),
    ],
)
def test_inputs_that_do_not_fit(
    change: dict[str, torch.Tensor], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        take({**inputs(), **change}, DIMS, None)
    assert str(raised.value) == message


def test_a_lacking_modality() -> None:
    with pytest.raises(ModalityError) as raised:
        take({"labs": torch.ones(4, 2)}, DIMS, None)
    assert str(raised.value) == (
        "modality 'ecg' is not among the inputs; "
        "for a modality that is absent pass any tensor and presence=False"
    )


@pytest.mark.parametrize("shape", [(4, 1), (3, 2), (4,), (4, 2, 1)])
def test_presence_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as raised:
        check_inputs(inputs(), DIMS, torch.ones(shape, dtype=torch.bool))
    assert str(raised.value) == f"presence must be (batch, modalities) = (4, 2), found {shape}"


@pytest.mark.parametrize(
    ("dims", "out_dim", "error", "message"),
    [
        ({}, 1, ModalityError, "dims names no modality; pass at least one name and width"),
        ({"a": 1, "b": 0}, 1, ShapeError, "the width of modality 'b' must be at least 1, found 0"),
        (
            {"out_dim": -2},
            1,
            ShapeError,
            "the width of modality 'out_dim' must be at least 1, found -2",
        ),
        ({"a": 1}, 0, ShapeError, "out_dim must be at least 1, found 0"),
    ],
)
def test_widths_that_cannot_be_built(
    dims: dict[str, int], out_dim: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        check_dims(dims, out_dim)
    assert str(raised.value) == message


_WRONG_KINDS = """
import numpy as np
import torch
import consilience.fusion as fusion
from consilience.errors import InputTypeError

a, b = torch.ones(4, 2), torch.ones(4, 3)
calls = [
    lambda f: f([a, b]),
    lambda f: f({"labs": a, "ecg": np.ones((4, 3))}),
    lambda f: f({"labs": a, "ecg": b}, presence=torch.ones(4, 2)),
    lambda f: f({"labs": a, "ecg": b}, presence=[[True, True]] * 4),
]
for name in fusion.available():
    module = fusion.build(name, {"labs": 2, "ecg": 3}, 2)
    for call in calls:
        try:
            call(module)
        except InputTypeError as error:
            print(error)
"""


def test_wrong_kinds_of_argument_without_run_time_type_checks() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _WRONG_KINDS], capture_output=True, text=True, check=True
    )
    said = [
        "inputs must map modality names to tensors, found list; pass {'labs': ..., 'ecg': ...}",
        "modality 'ecg' must be a tensor, found ndarray; use torch.as_tensor",
        "presence must be a bool tensor, found torch.float32",
        "presence must be a bool tensor, found list",
    ]
    lines = ran.stdout.splitlines()
    assert lines == said * (len(lines) // 4)
    assert len(lines) >= 16
