"""The batch estimator with intervals: classifiers and a coupling, fitted once, resampled."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from consilience.quantification.batch import BatchEstimate, assemble, batch_pid
from consilience.quantification.correction import Null, Replicates, quantities
from consilience.results.interactions import ATOMS
from consilience.results.quantity import Quantity

MOST_RESAMPLES = 50
"""Bootstrap samples at most: each is coupled anew, which takes some tenths of a second."""
FIXED = "intervals hold the classifiers fixed: what other classifiers would find is not in them"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class NeuralMeasure:
    """What classifiers and a coupling found.

    Attributes:
        quantities: The seven informations by name; atoms have no null.
        notes: What to heed.
    """

    quantities: dict[str, Quantity]
    notes: tuple[str, ...]


def filled(values: Floats) -> Floats:
    """Values with the mean of their column where missing, 0 where a column is all missing.

    Example:
        >>> filled(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])).tolist()
        [[1.0, 0.0], [3.0, 0.0], [2.0, 0.0]]
    """
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(known, values, mean)


def measure_neural(
    first: Floats,
    second: Floats,
    codes: Codes,
    groups: Codes | None,
    *,
    n_boot: int,
    n_null: int,
    seed: int,
) -> NeuralMeasure:
    """The seven informations by the batch estimator, with bootstrap intervals.

    Classifiers are fitted once; held-out predictions are resampled, and coupled anew. The
    null of an information permutes the target against the predictions.

    Args:
        first: `(samples, columns)`, NaN where missing (taken as the mean).
        second: `(samples, columns)`, NaN where missing (taken as the mean).
        codes: Class from 0 of each sample.
        groups: Number of each sample's group, or None; resampled together.
        n_boot: Bootstrap samples; at most 50 are made.
        n_null: Permutations; none are made where there are groups.
        seed: Seeds classifiers, coupling, bootstrap and permutations.

    Returns:
        The informations and notes.
    """
    found = batch_pid(filled(first), filled(second), codes, groups=groups, random_state=seed)
    rng = np.random.default_rng(seed)
    draws: list[Float64[np.ndarray, " 7"]] = []
    for _ in range(min(n_boot, MOST_RESAMPLES)):
        rows = _resampled(len(codes), groups, rng)
        again = assemble(found.log_posteriors[:, rows], codes[rows], seed=seed)
        draws.append(_row(again))
    plain = _row(found)
    same = np.tile(plain, (1, 1))
    null = _null(found, codes, 0 if groups is not None else n_null, rng)
    out = quantities(Replicates(plain, plain, same, same, np.stack(draws)), null)
    nothing = {"null_high": np.nan, "p_value": np.nan}
    out |= {name: replace(out[name], **nothing) for name in ATOMS}
    return NeuralMeasure(out, (*found.notes, FIXED))


def _row(found: BatchEstimate) -> Float64[np.ndarray, " 7"]:
    return np.array([found.redundancy, *found.unique, found.synergy, *found.information])


def _resampled(rows: int, groups: Codes | None, rng: np.random.Generator) -> Codes:
    if groups is None:
        return rng.integers(0, rows, rows)
    numbers = np.unique(groups, return_inverse=True)[1]
    often = rng.multinomial(numbers.max() + 1, np.full(numbers.max() + 1, 1 / (numbers.max() + 1)))
    return np.repeat(np.arange(rows), often[numbers])


def _null(found: BatchEstimate, codes: Codes, number: int, rng: np.random.Generator) -> Null:
    observed = _row(found)
    draws = np.tile(observed, (number, 1))
    rows = np.arange(len(codes))
    for draw in draws:
        gains = found.log_posteriors[:, rows, rng.permutation(codes)].mean(1) / np.log(2)
        draw[4:] = gains + found.entropy
    centre = draws.mean(0) if number else observed
    return Null(observed, draws, centre)
