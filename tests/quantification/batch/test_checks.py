import numpy as np
import pytest

from consilience.errors import ConfigurationError, ShapeError
from consilience.quantification.batch.checks import (
    check_settings,
    checked_classes,
    checked_modality,
)


def test_numbers_of_any_kind_become_floats() -> None:
    found = checked_modality([[1], [0]], "x1")
    assert found.dtype == np.float64
    assert found.tolist() == [[1.0], [0.0]]


def test_truth_values_are_classes() -> None:
    assert checked_classes([True, False, True], 3).tolist() == [1, 0, 1]


def test_the_caller_s_array_is_not_touched() -> None:
    x = np.ones((3, 1))
    checked_modality(x, "x1")[0] = 7
    assert x.tolist() == [[1.0], [1.0], [1.0]]


def test_no_column_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"x1 must be \(samples, columns\), found shape \(4, 0\)"):
        checked_modality(np.ones((4, 0)), "x1")


def test_settings_are_told_together() -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_settings(a=(1, 2), b=(3, 3), c=(0, 1))
    assert caught.value.faults == (
        "a must be at least 2, found 1",
        "c must be at least 1, found 0",
    )
