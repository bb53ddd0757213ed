import numpy as np
import pytest

from consilience.data.ragged import Ragged
from consilience.data.sequences import fixed_or_ragged, sequence_of
from consilience.errors import DataError, ShapeError


def test_columns_of_sequences_are_channels_side_by_side() -> None:
    x, y = Ragged.of([[1.0, 2.0], [3.0]]), Ragged.of([[4.0, 5.0], [6.0]])
    names, stored = sequence_of("acc", {"x": x, "y": y})
    assert names == ["x", "y"]
    assert isinstance(stored, Ragged)
    assert [s.tolist() for s in stored] == [[[1, 4], [2, 5]], [[3, 6]]]


def test_columns_of_numbers_are_steps() -> None:
    names, stored = sequence_of("s", {"0": np.array([1, 2]), "1": np.array([3, 4])})
    assert names is None
    assert np.asarray(stored)[:, :, 0].tolist() == [[1, 3], [2, 4]]


def test_channels_must_be_as_long_as_each_other() -> None:
    x, y = Ragged.of([[1.0], [3.0]]), Ragged.of([[4.0], [6.0, 7.0]])
    with pytest.raises(ShapeError, match="in row 1, 'x' has 1 steps but 'y' has 2"):
        sequence_of("acc", {"x": x, "y": y})


def test_numbers_and_sequences_do_not_mix() -> None:
    with pytest.raises(DataError, match="'age' holds single values but 'x' holds sequences"):
        sequence_of("acc", {"x": Ragged.of([[1.0]]), "age": np.array([3.0])})


def test_only_present_sequences_decide_the_length() -> None:
    assert isinstance(fixed_or_ragged(Ragged.of([None, None])), Ragged)
    assert fixed_or_ragged(Ragged.of([[1.0, 2.0], None])).shape == (2, 2, 1)
