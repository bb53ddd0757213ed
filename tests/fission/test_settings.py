"""Faults of settings read alike wherever they are found."""

import numpy as np
import pytest
from torch import nn

from consilience.fission.settings import decoders_lacking, whole


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_whole_numbers_will_do(value: int) -> None:
    assert whole("dim", value) == []


@pytest.mark.parametrize("value", ["3", 2.5, 3.0, None, True])
def test_what_is_no_whole_number_is_told(value: object) -> None:
    assert whole("dim", value) == [f"dim must be a whole number, found {value!r}"]


def test_the_least_is_told() -> None:
    assert whole("clusters", 1, least=2) == ["clusters must be at least 2, found 1"]
    assert whole("clusters", 2, least=2) == []


def test_each_module_needs_a_decoder() -> None:
    encoders = {"a": nn.Identity(), "b": 3, "c": nn.Identity()}
    assert decoders_lacking(encoders, {"c": nn.Identity()}) == [
        "modality 'a' has an encoder of its own; give its decoder too: decoders={'a': ...}"
    ]
