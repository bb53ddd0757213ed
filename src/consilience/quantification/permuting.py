"""Tables of permuted samples, drawn without permuting a sample."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import random_table

Tables = NDArray[np.int64]


def permuted_target(table: NDArray[np.int64], number: int, rng: np.random.Generator) -> Tables:
    """Tables of samples whose target was permuted: nothing tells anything.

    Args:
        table: Counts `(x1, x2, y)`.
        number: Number of permutations.
        rng: Generator to draw from.

    Returns:
        Counts `(number, x1, x2, y)`, each with the pair counts and class counts of `table`.

    Example:
        >>> drawn = permuted_target(np.ones((2, 3, 2), int), 4, np.random.default_rng(0))
        >>> drawn.shape, bool((drawn.sum(3) == 2).all())
        ((4, 2, 3, 2), True)
    """
    pairs, classes = table.sum(2).ravel(), table.sum((0, 1))
    return _drawn(pairs, classes, number, rng).reshape(number, *table.shape)


def permuted_within(table: NDArray[np.int64], number: int, rng: np.random.Generator) -> Tables:
    """Tables of samples whose second source was permuted within each class.

    Each source tells what it told, but given the class the two are independent.

    Args:
        table: Counts `(x1, x2, y)`.
        number: Number of permutations.
        rng: Generator to draw from.

    Returns:
        Counts `(number, x1, x2, y)`, each with the counts of `table` of either source and
        the class.

    Example:
        >>> drawn = permuted_within(np.ones((2, 3, 2), int), 4, np.random.default_rng(0))
        >>> bool((drawn.sum(1) == 2).all()), bool((drawn.sum(2) == 3).all())
        (True, True)
    """
    first, second = table.sum(1), table.sum(0)
    layers = [_drawn(first[:, y], second[:, y], number, rng) for y in range(table.shape[2])]
    return np.stack(layers, axis=3)


def _drawn(
    rows: NDArray[np.int64], columns: NDArray[np.int64], number: int, rng: np.random.Generator
) -> Tables:
    # SciPy 1.17 draws nonsense for a margin of one entry, where there is nothing to draw.
    out = np.zeros((number, len(rows), len(columns)), dtype=np.int64)
    some_rows, some_columns = np.flatnonzero(rows), np.flatnonzero(columns)
    place = (slice(None), some_rows[:, None], some_columns)
    if not number or len(some_rows) < 2 or len(some_columns) < 2:
        out[place] = np.minimum(rows[some_rows, None], columns[some_columns])
    else:
        margins = random_table(rows[some_rows], columns[some_columns])
        out[place] = margins.rvs(number, method="patefield", random_state=rng)
    return out
