import numpy as np
import pytest

from consilience.data.seeds import seed_of
from consilience.errors import InputTypeError


def test_whole_numbers_stand_for_themselves() -> None:
    assert seed_of(7) == seed_of(np.int64(7)) == 7
    assert 0 <= seed_of(2**40 + 3) < 2**31


def test_generators_are_drawn_from_and_none_is_fresh() -> None:
    assert seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))
    rng = np.random.default_rng(1)
    assert seed_of(rng) != seed_of(rng)
    legacy = np.random.RandomState(1)
    assert seed_of(legacy) != seed_of(legacy)
    assert seed_of(None) != seed_of(None)


def test_anything_else_is_refused() -> None:
    with pytest.raises(InputTypeError, match="a NumPy generator or None, found bool"):
        seed_of(True)
