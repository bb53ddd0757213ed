"""Checks at the door of the batch estimator."""

import numpy as np
from jaxtyping import Float64, Int
from numpy.typing import ArrayLike

from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError


def checked_modality(x: ArrayLike, name: str, n: int | None = None) -> Float64[np.ndarray, "n d"]:
    """A modality as finite numbers.

    Args:
        x: `(n, d)`.
        name: What errors call it.
        n: Number of samples it must have, if known.

    Returns:
        The numbers, `(n, d)`.

    Raises:
        InputTypeError: If it does not hold real numbers.
        ShapeError: If it is not `(n, d)`.
        DataError: If a number is NaN or infinite.
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise InputTypeError(
            f"{name} must hold real numbers, found {given.dtype}; encode it first"
        )
    if given.ndim != 2 or not given.shape[1]:
        raise ShapeError(f"{name} must be (samples, columns), found shape {given.shape}")
    if n is not None and len(given) != n:
        raise ShapeError(f"{name} has {len(given)} rows but x1 has {n}")
    values = given.astype(np.float64)
    if bad := int((~np.isfinite(values)).sum()):
        raise DataError(
            f"{name} has {bad} values that are NaN or infinite; impute them or leave the rows out"
        )
    return values


def checked_classes(y: ArrayLike, n: int) -> Int[np.ndarray, " n"]:
    """Classes numbered from 0 without gaps.

    Args:
        y: `(n,)`.
        n: Number of samples.

    Returns:
        The classes, `(n,)`.

    Raises:
        InputTypeError: If they are not whole numbers.
        ShapeError: If they are not `(n,)`.
        DataError: If there is one class only, or a number between 0 and the largest is lacking.
    """
    given = np.asarray(y)
    if given.dtype.kind not in "biu":
        raise InputTypeError(f"y must hold whole numbers from 0, found {given.dtype}")
    if given.ndim != 1:
        raise ShapeError(f"y must be (samples,), found shape {given.shape}")
    if len(given) != n:
        raise ShapeError(f"y has {len(given)} rows but x1 has {n}")
    classes = np.unique(given).tolist()
    if len(classes) < 2:
        raise DataError(f"y has {len(classes)} class; information needs at least two")
    if classes != list(range(len(classes))):
        shown = ", ".join(str(c) for c in classes[:6]) + (", ..." if len(classes) > 6 else "")
        raise DataError(f"the classes must be numbered 0 to {len(classes) - 1}, found {shown}")
    return given.astype(np.int64)


def check_settings(**least: tuple[int, int]) -> None:
    """Refuses settings that are too small, all at once.

    Args:
        least: By name, the setting and its least value.

    Raises:
        ConfigurationError: If one is below its least value.
    """
    faults = [
        f"{name} must be at least {low}, found {value}"
        for name, (value, low) in least.items()
        if value < low
    ]
    if faults:
        raise ConfigurationError(faults)
