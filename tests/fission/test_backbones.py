"""Encoders by width or by module; absent rows are never seen."""

import numpy as np
import pytest
import torch
from torch import nn

from consilience.errors import ConfigurationError, InputTypeError, ModalityError, ShapeError
from consilience.fission.backbones import backbones, encode_present, input_of, width_of


class Double(nn.Module):
    out_dim = 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


def test_a_width_gives_a_perceptron_and_a_module_stays_itself() -> None:
    own = Double()
    found = backbones({"a": 3, "b": own}, 8)
    assert found["b"] is own
    assert [width_of(m) for m in found.values()] == [8, 2]
    assert found["a"](torch.randn(4, 3)).shape == (4, 8)


def test_absent_rows_are_zero_and_reach_no_encoder() -> None:
    norm = nn.BatchNorm1d(2)
    x = torch.tensor([[1.0, 2.0], [torch.nan, torch.nan], [3.0, 6.0]], requires_grad=True)
    out = encode_present(norm, x, torch.tensor([True, False, True]))
    assert torch.allclose(out[[0, 2]], torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=1e-4)
    assert out[1].tolist() == [0, 0]
    out.square().sum().backward()
    assert x.grad is not None
    assert x.grad[1].tolist() == [0, 0]


def test_faults_come_at_once() -> None:
    with pytest.raises(ConfigurationError) as told:
        backbones({"a": 0, "b": nn.Linear(1, 1)}, 0)
    assert told.value.faults == (
        "the width of modality 'a' must be at least 1, found 0",
        "the encoder of modality 'b' has no attribute out_dim; "
        "set it to the width of its features",
        "hidden must be at least 1, found 0",
    )
    with pytest.raises(ShapeError, match="modality 'a' has 2 columns, but its encoder takes 3"):
        backbones({"a": 3}, 4)["a"](torch.zeros(5, 2))
    with pytest.raises(ModalityError, match="encoders names no modality"):
        backbones({}, 8)


@pytest.mark.usefixtures("unchecked")
def test_what_users_pass_by_mistake_is_told() -> None:
    with pytest.raises(InputTypeError, match="widths or modules, found list"):
        backbones([3, 4], 8)  # pyright: ignore[reportArgumentType]  wrong on purpose
    with pytest.raises(
        ConfigurationError, match="the width of modality 'a' must be a whole number, found '3'"
    ):
        backbones({"a": "3"}, 8)  # pyright: ignore[reportArgumentType]  wrong on purpose
    with pytest.raises(InputTypeError, match=r"'a' holds torch\.float64, but its"):
        backbones({"a": 3}, 4)["a"](torch.zeros(5, 3, dtype=torch.float64))
    with pytest.raises(ModalityError, match="modality 'b' is not among the inputs; where it is"):
        input_of({"a": torch.zeros(1, 1)}, "b")


@pytest.mark.usefixtures("unchecked")
def test_numpy_widths_will_do() -> None:
    assert backbones({"a": np.int64(3)}, 4)["a"](torch.zeros(2, 3)).shape == (2, 4)  # pyright: ignore[reportArgumentType]  a width all the same
