import math

import pytest
import torch
from torch import Tensor

from consilience.errors import InputTypeError, ShapeError
from consilience.functional.embedding import (
    at_least_single,
    check_pair,
    effective_rank,
    modality_gap,
)


def test_no_gap_between_a_modality_and_itself_at_any_length() -> None:
    z = torch.randn(9, 4, dtype=torch.float64)
    lengths = torch.rand(9, 1).double() + 0.1
    assert modality_gap(z, z * lengths) == pytest.approx(0, abs=1e-12)


def test_the_gap_is_between_centres_of_directions() -> None:
    za = torch.tensor([[10.0, 0.0], [0.0, 0.1]])
    zb = torch.tensor([[-1.0, 0.0]], requires_grad=True)
    assert modality_gap(za, zb) == pytest.approx(math.hypot(1.5, 0.5), abs=1e-6)


def test_effective_rank_of_known_spectra() -> None:
    turn = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64)).Q
    values = torch.tensor([8.0, 4.0, 4.0, 0.0, 0.0, 0.0], dtype=torch.float64)
    assert effective_rank(turn * values @ turn.T, centre=False) == pytest.approx(2**1.5)
    assert effective_rank(torch.ones(5, 3)) == 0
    assert effective_rank(torch.ones(5, 3), centre=False) == pytest.approx(1)


def test_effective_rank_sees_a_collapse_onto_a_line_and_no_scale() -> None:
    line = torch.randn(20, 1) * torch.ones(1, 5) + 3
    assert effective_rank(line) == pytest.approx(1, abs=1e-3)
    spread = torch.randn(500, 5)
    assert 4.9 < effective_rank(spread) <= 5
    assert effective_rank(spread * 1e-6) == pytest.approx(effective_rank(spread), abs=1e-3)


def test_only_half_precision_is_widened() -> None:
    kinds = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
    widened = [at_least_single(torch.ones(1, dtype=kind)).dtype for kind in kinds]
    assert widened == [torch.float32] * 3 + [torch.float64]


@pytest.mark.parametrize(
    ("za", "zb", "kind", "words"),
    [
        (3, None, InputTypeError, "za must be a tensor of floating point, found int"),
        (
            torch.ones(2, 2),
            torch.ones(2, 2).long(),
            InputTypeError,
            "zb must be a tensor of floating point, found torch.int64",
        ),
        (
            torch.ones(0, 2),
            torch.ones(2, 2),
            ShapeError,
            "za must be (rows, dim) with a row or more, found (0, 2)",
        ),
        (
            torch.ones(2, 2),
            torch.ones(2),
            ShapeError,
            "zb must be (rows, dim) with a row or more, found (2,)",
        ),
    ],
)
def test_what_cannot_be_compared(
    za: Tensor | int, zb: Tensor | None, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as raised:
        check_pair(za, zb)
    assert str(raised.value) == words


def test_unpaired_sets_may_differ_in_rows() -> None:
    check_pair(torch.ones(2, 3), torch.ones(5, 3), paired=False)
