"""One information with its interval and null."""

import math

from consilience.results.quantity import ZERO, Quantity


def test_found_needs_interval_and_null() -> None:
    assert Quantity(0.3, 0.2, 0.4, 0.1, 0.01).is_found
    assert Quantity(0.3, 0.2, 0.4).is_found
    assert not Quantity(0.3, 0.2, 0.4, 0.3, 0.2).is_found
    assert not Quantity(0.3, -0.1, 0.4, 0.1, 0.01).is_found
    assert not ZERO.is_found


def test_words_and_plain_values() -> None:
    assert str(Quantity(-0.00001, -0.1, 0.1)) == "0.000 [-0.100, 0.100]"
    assert Quantity(0.5, 0.4, 0.6, math.nan, math.nan).to_dict() == {
        "estimate": 0.5,
        "low": 0.4,
        "high": 0.6,
        "null_high": None,
        "p_value": None,
    }
