"""Targets of a classifier: plain classes, several labels a sample, and their weights."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from consilience.errors import ConfigurationError, DataError


def plain_classes(target: NDArray[Any]) -> NDArray[Any]:
    """Classes in an array that sorts: words as strings, the rest as it is."""
    if target.dtype.kind != "O":
        return target
    kinds = {type(v) for v in target}
    if all(issubclass(kind, bool | np.bool_) for kind in kinds):
        return target.astype(bool)
    return target.astype(str)


def labels_of(target: NDArray[Any]) -> NDArray[np.float32]:
    """Several labels a sample as numbers.

    Args:
        target: 0 and 1, or truth values, `(samples, labels)`.

    Returns:
        Float32 `(samples, labels)`.

    Raises:
        DataError: If it holds anything else, or a label is the same in all samples.
    """
    odd = ~np.isin(target, [0, 1])
    if odd.any():
        row, column = np.argwhere(odd)[0].tolist()
        found = target[row].tolist()[column]
        raise DataError(
            f"a target of {target.shape[1]} columns must hold 0 and 1, one column a label; "
            f"found {found!r} in row {row}, column {column}"
        )
    labels = target.astype(np.float32)
    same = np.flatnonzero(labels.min(axis=0) == labels.max(axis=0))
    if len(same):
        value = int(labels[0, same[0]])
        raise DataError(f"label {same[0]} is {value} in all samples; leave this column out")
    return labels


def label_names(named: Sequence[str]) -> NDArray[Any]:
    """Names of labels as a classifier's classes.

    Args:
        named: Names, or their numbers as text.

    Returns:
        `(labels,)`: the names, or integers where they are only numbered.

    Example:
        >>> label_names(["rash", "fever"]).tolist(), label_names(["0", "1"]).tolist()
        (['rash', 'fever'], [0, 1])
    """
    positions = np.arange(len(named))
    return positions if list(named) == [str(i) for i in positions] else np.array(named)


def refuse_quantities(target: NDArray[Any]) -> None:
    """Refuses a target that is no class.

    Args:
        target: `(samples,)`.

    Raises:
        DataError: If it holds numbers with a fraction.
    """
    if target.dtype.kind == "f" and (target != np.round(target)).any():
        raise DataError(
            f"the target is continuous (it holds {target[target != np.round(target)][0]:g}); "
            "a classifier needs classes, use FusionRegressor"
        )


Weights = Literal["balanced"] | Mapping[Any, float | int] | None


def faults_of_weights(weights: object) -> list[str]:
    """What is wrong with a `class_weight`, a sentence each."""
    if weights is None or weights == "balanced" or isinstance(weights, Mapping):
        return []
    return [
        f"class_weight must be None, 'balanced' or a mapping of class to weight, found {weights!r}"
    ]


def class_weights(
    codes: NDArray[np.integer], classes: NDArray[Any], weights: Weights
) -> NDArray[np.float32] | None:
    """The weight of each class.

    Args:
        codes: Class of each sample as its position in `classes`, `(samples,)`.
        classes: The classes.
        weights: `"balanced"` for the inverse of their frequency, 1 when all are as
            frequent; or by class, 1 for those not named; None for equal weights.

    Returns:
        Float32 `(classes,)`, or None.

    Raises:
        ConfigurationError: If a weight is not a positive number or names no class.

    Example:
        >>> class_weights(np.array([0, 0, 0, 1]), np.array(["a", "b"]), {"b": 3.0}).tolist()
        [1.0, 3.0]
    """
    if weights is None:
        return None
    if not isinstance(weights, Mapping):
        counts = np.bincount(codes)
        return (len(codes) / (len(counts) * counts)).astype(np.float32)
    known = classes.tolist()
    faults = [
        f"class_weight names {name!r}, which is no class; there are {known}"
        for name in weights
        if name not in known
    ]
    faults += [
        f"class_weight of {name!r} must be positive, found {value!r}"
        for name, value in weights.items()
        if not value > 0
    ]
    if faults:
        raise ConfigurationError(faults)
    return np.array([weights.get(name, 1.0) for name in known], dtype=np.float32)


def label_weights(labels: NDArray[np.float32], weights: Weights) -> NDArray[np.float32] | None:
    """Weights of the positives of several labels a sample.

    Args:
        labels: 0 and 1, `(samples, labels)`.
        weights: `"balanced"` makes up for the negatives; or by the label's
            position, 1 for those not named; None for equal weights.

    Returns:
        Float32 `(labels,)`, or None.

    Raises:
        ConfigurationError: As `class_weights`.
    """
    if weights is None or isinstance(weights, Mapping):
        positions = np.arange(labels.shape[1])
        return class_weights(positions, positions, weights)
    positive = labels.sum(axis=0)
    return ((len(labels) - positive) / positive).astype(np.float32)
