"""What the door refuses, in which words, and what the reduction keeps."""

import numpy as np
import pytest

from consilience.errors import ConsilienceError, DataError, InputTypeError, ShapeError
from consilience.functional.pid import pid
from consilience.functional.pid.table import Reduction, checked

EVEN = np.full((2, 2, 2), 0.125)


def with_cell(value: float) -> np.ndarray:
    table = EVEN.copy()
    table[1, 0, 1] = value
    return table


BATCH = np.stack([EVEN, EVEN * 3])
BAD = {
    "nan": (
        with_cell(np.nan),
        DataError,
        "joint has 1 values that are NaN or infinite, the first at x1=1, x2=0, y=1",
    ),
    "infinite": (with_cell(np.inf), DataError, "NaN or infinite, the first at x1=1, x2=0, y=1"),
    "negative": (
        with_cell(-0.25),
        DataError,
        "joint has 1 negative values, the lowest -0.25 at x1=1, x2=0, y=1",
    ),
    "counts": (
        np.full((2, 2, 2), 12),
        DataError,
        "joint sums to 96, off from 1 by +95; if these are counts, pass counts / counts.sum()",
    ),
    "short": (EVEN * 0.5, DataError, "joint sums to 0.5, off from 1 by -0.5"),
    "nothing": (EVEN * 0, DataError, "joint sums to 0, off from 1 by -1"),
    "batch of counts": (
        BATCH,
        DataError,
        "joint[1] sums to 3, off from 1 by +2; if these are counts, "
        "pass counts / counts.sum((-3, -2, -1), keepdims=True)",
    ),
    "negative in a batch": (
        np.stack([EVEN, with_cell(-1)]),
        DataError,
        "at batch 0=1, x1=1, x2=0, y=1",
    ),
    "two axes": (
        np.full((4, 2), 0.125),
        ShapeError,
        "joint has shape (4, 2), 2 axes; it needs (..., x1, x2, y), at least 3",
    ),
    "scalar": (1.0, ShapeError, "joint has shape (), 0 axes"),
    "empty source": (np.ones((2, 0, 2)), ShapeError, "shape (2, 0, 2): axis x2 is empty"),
    "empty batch": (np.ones((0, 2, 2, 2)), ShapeError, "axis of the batch is empty"),
    "words": (np.full((2, 2, 2), "a"), InputTypeError, "must hold real numbers, found <U1"),
    "complex": (EVEN.astype(complex), InputTypeError, "real numbers, found complex128"),
    "truths": (EVEN > 0, InputTypeError, "real numbers, found bool"),
    "objects": (EVEN.astype(object), InputTypeError, "real numbers, found object"),
    "ragged": ([[[0.5, 0.5]], [[0.5]]], InputTypeError, "its parts do not fit together"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_refused_with_one_clear_error(case: str) -> None:
    table, kind, message = BAD[case]
    with pytest.raises(ConsilienceError) as caught:
        pid(table)
    assert type(caught.value) is kind
    assert message in str(caught.value)


@pytest.mark.parametrize("table", [EVEN * (1 + 5e-7), EVEN.astype(np.float32)])
def test_rounding_of_the_sum_is_set_right(table: np.ndarray) -> None:
    assert checked(table).sum() == pytest.approx(1.0, abs=1e-15)


def test_the_reduction_drops_what_never_occurs_and_comes_back() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((3, 4, 7, 5))
    p[:, 2] = 0
    p[:, :, [0, 3]] = 0
    p[..., 4] = 0
    p[0, 0] = 0
    reduction = Reduction.of(p)
    small = reduction.apply(p)
    assert reduction.swapped
    assert small.shape == (3, 5, 3, 4)
    assert np.array_equal(reduction.undo(small), p)
