"""Levels, copies and streams."""

import numpy as np
import pytest
from numpy.typing import NDArray

from consilience.data.corruption.levels import (
    cast_like,
    check_level,
    copied,
    corruption,
    streams,
)
from consilience.errors import ConfigurationError


def test_the_function_is_not_called_at_level_0() -> None:
    @corruption
    def doubled(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
        """Doubles."""
        return values * 2 * level

    one = np.ones(2)
    assert doubled(one, 0.0).tolist() == [1.0, 1.0]
    assert doubled(one, 0.5).tolist() == [1.0, 1.0]
    assert doubled(one, 1.0).tolist() == [2.0, 2.0]
    assert doubled.__doc__ == "Doubles."
    with pytest.raises(ConfigurationError, match=r"^level must be in \[0, 1\], found 2.0$"):
        doubled(one, 2.0)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("level", [0, 1, 0.5, np.float32(0.25)])
def test_levels_within_are_taken(level: float) -> None:
    check_level(level)


def test_a_list_is_copied_as_objects() -> None:
    assert copied(["a", None]).tolist() == ["a", None]  # pyright: ignore[reportAttributeAccessIssue]  an object array


def test_streams_differ_and_come_again() -> None:
    a, b = streams(4, 2)
    c, d = streams(4, 2)
    first = a.random(3)
    assert first.tolist() == c.random(3).tolist()
    assert first.tolist() != b.random(3).tolist()
    assert (
        streams(np.random.default_rng(1), 1)[0].random()
        == streams(np.random.default_rng(1), 1)[0].random()
    )
    d.random()


def test_whole_numbers_are_rounded_to_the_nearest_not_cut() -> None:
    assert cast_like(np.array([1.6, 254.7, -0.6]), np.zeros(1, np.uint8)).tolist() == [2, 255, 0]
    assert cast_like(np.array([1.6]), np.zeros(1, np.float32)).dtype == np.float32
