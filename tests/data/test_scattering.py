from typing import Any

import numpy as np
import pytest

from consilience.data.parts import Part
from consilience.data.ragged import Ragged
from consilience.data.scattering import agreed, scattered
from consilience.errors import DataError, ShapeError

ROWS = np.array([1, -1, 0])


def test_gaps_are_absent_in_every_form() -> None:
    np.testing.assert_array_equal(scattered(np.array([[1.0], [2.0]]), ROWS), [[2], [np.nan], [1]])
    texts = scattered(np.array(["a", "b"], dtype=object), ROWS)
    assert texts.tolist() == ["b", None, "a"]
    ragged = scattered(Ragged.of([[1.0], [2.0, 3.0]]), ROWS)
    assert [len(s) for s in ragged] == [2, 0, 1]
    assert scattered(np.array([[True], [True]]), ROWS, fill=False).tolist() == [
        [True],
        [False],
        [True],
    ]


def part(name: str, target: Any) -> Part:
    """A part that only tells a target."""
    return Part(name, np.arange(len(target)), None, np.asarray(target), None, ())


def test_statements_of_several_outputs_are_compared_cell_by_cell() -> None:
    parts = [part("a", [[1.0, np.nan]]), part("b", [[1.0, 2.0]])]
    rows = {"a": np.array([0]), "b": np.array([0])}
    found = agreed("target", parts, rows, ["x"])
    assert found is not None
    assert found.tolist() == [[1, 2]]
    assert found.dtype == np.float64
    parts[0] = part("a", [[1.0, 3.0]])
    with pytest.raises(DataError, match=r"the target of id 'x' is 3\.0 in 'a' but 2\.0 in 'b'"):
        agreed("target", parts, rows, ["x"])
    parts[0] = part("a", [1.0])
    with pytest.raises(ShapeError, match="differ in shape"):
        agreed("target", parts, rows, ["x"])


def test_nothing_told_is_nothing() -> None:
    assert agreed("groups", [part("a", [1])], {"a": np.array([0])}, ["x"]) is None
