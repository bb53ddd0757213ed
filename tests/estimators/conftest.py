"""Small data sets that several files of this folder fit."""

import numpy as np
import pytest

import consilience as cs


@pytest.fixture(scope="package")
def product() -> cs.MultimodalData:
    """The sign of a product: no single modality and no sum of two tells it."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 240, 3))
    return cs.MultimodalData({"a": a, "b": b}, target=np.where(a[:, 0] * b[:, 0] > 0, "yes", "no"))


@pytest.fixture(scope="package")
def mixed() -> cs.MultimodalData:
    """Every kind of modality, each absent in some rows."""
    rng = np.random.default_rng(1)
    rows = 80
    y = rng.integers(2, size=rows)
    table = rng.normal(size=(rows, 3)) + y[:, None]
    table[::7] = np.nan
    words = np.where(y == 1, "chest pain and fever", "routine check of a healthy person")
    note = [None if i % 5 == 0 else f"{w} number {i}" for i, w in enumerate(words)]
    wave = [rng.normal(size=(rng.integers(3, 30), 2)) + k for k in y]
    return cs.MultimodalData(
        {"labs": table, "note": note, "wave": wave, "sex": np.where(y == 1, "f", "m")},
        target=y,
        kinds={"note": "text"},
    )
