"""Conformal thresholds: how large an error is to be expected of a new sample."""

import numpy as np
from jaxtyping import Bool, Float64, Int

MOST = 2000
"""Steps of a distribution of errors that are kept; what is left out is rounded up."""


def error_levels(
    errors: Float64[np.ndarray, " n"], units: Int[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    r"""What share of new samples is promised an error no larger than each seen one.

    The units (samples, or groups of samples) are exchangeable. Of $K$ units each holds
    the mass $1/(K+1)$, spread evenly over its errors; the mass left over stands for the
    new unit, whose error may be of any size. With one error a unit, the $k$-th
    smallest has the level $k/(K+1)$ of split conformal prediction.

    Args:
        errors: Errors on samples that the models did not see, `(n,)`.
        units: Number of the unit that each belongs to, `(n,)`.

    Returns:
        Errors, ascending and different, and their levels, ascending and below 1.
        Beyond `MOST` steps some are left out, so that thresholds can only be rounded up.

    References:
        Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005. Lee,
        Barber and Willett, Distribution-Free Inference with Hierarchical Data, 2023
        (groups).

    Example:
        >>> errors, levels = error_levels(np.array([0.3, 0.1, 0.2]), np.array([0, 1, 2]))
        >>> errors.tolist(), levels.tolist()
        ([0.1, 0.2, 0.3], [0.25, 0.5, 0.75])
    """
    if not len(errors):
        return np.empty(0), np.empty(0)
    _, unit, size = np.unique(units, return_inverse=True, return_counts=True)
    mass = 1 / ((len(size) + 1) * size[unit])
    order = np.argsort(errors, kind="stable")
    levels = np.cumsum(mass[order])
    ascending = errors[order]
    last = np.append(ascending[1:] != ascending[:-1], [True])
    kept = np.flatnonzero(last)
    if len(kept) > MOST:
        kept = kept[np.linspace(0, len(kept) - 1, MOST).round().astype(int)]
    return ascending[kept], levels[kept]


def threshold(
    errors: Float64[np.ndarray, " m"], levels: Float64[np.ndarray, " m"], level: float
) -> float:
    """The least error whose level is at least the one asked for.

    Args:
        errors: As `error_levels` gives them.
        levels: As `error_levels` gives them.
        level: Coverage to promise, in (0, 1).

    Returns:
        The error; infinite if there are too few units to promise this.

    Example:
        >>> errors, levels = np.array([0.1, 0.2, 0.3]), np.array([0.25, 0.5, 0.75])
        >>> threshold(errors, levels, 0.5), threshold(errors, levels, 0.9)
        (0.2, inf)
    """
    at = int(np.searchsorted(levels, level - 1e-12))
    return float(errors[at]) if at < len(errors) else float("inf")


def class_errors(probabilities: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n k"]:
    """How wrong each class would be: one less its probability.

    Sets made of the classes below a threshold are the smallest on average among those
    of the same coverage, if the probabilities are right.

    Args:
        probabilities: `(samples, classes)`.

    Returns:
        `(samples, classes)`, in [0, 1].

    References:
        Sadinle, Lei and Wasserman, Least Ambiguous Set-Valued Classifiers with Bounded
        Error Levels, Journal of the American Statistical Association 2019.
    """
    return 1 - probabilities


def class_sets(
    probabilities: Float64[np.ndarray, "n k"], thresholds: Float64[np.ndarray, " n"]
) -> Bool[np.ndarray, "n k"]:
    """The classes that cannot be left out, the most probable one always among them.

    Args:
        probabilities: `(samples, classes)`.
        thresholds: The largest error to allow for, `(samples,)`.

    Returns:
        Whether each class is in the set, `(samples, classes)`.

    Example:
        >>> p = np.array([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]])
        >>> class_sets(p, np.array([0.7, 0.7])).tolist()
        [[True, False, False], [True, True, False]]
    """
    sets = class_errors(probabilities) <= thresholds[:, None]
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets
