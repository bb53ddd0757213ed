import numpy as np

import consilience as cs
from consilience.data.units import units_of


def test_groups_are_numbered_as_they_appear() -> None:
    data = cs.MultimodalData({"a": np.arange(4.0)}, groups=["x", "w", "x", "v"])
    assert units_of(data).tolist() == [0, 1, 0, 2]


def test_without_groups_each_sample_is_its_own() -> None:
    assert units_of(cs.MultimodalData({"a": [1.0, 2.0]})).tolist() == [0, 1]
