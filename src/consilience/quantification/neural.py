"""The batch estimator with intervals and nulls: classifiers fitted once, predictions resampled."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

from consilience.quantification.batch import BatchEstimate, batch_pid
from consilience.quantification.batch.assembly import calibrate
from consilience.quantification.batch.calibration import calibrated
from consilience.quantification.batch.remembering import Remembered
from consilience.quantification.batch.resampling import Resampler
from consilience.quantification.correction import Null, Replicates, quantities
from consilience.results.quantity import Quantity

MOST_ROWS = 10_000
"""Rows used at most, drawn at random: half a minute for two classes."""
LEAST_BATCH = 64
"""The trend compares all rows with halves of them, or with as many."""
MOST_RESAMPLES = 100
MOST_PERMUTATIONS = 50
"""Each is calibrated anew, which takes up to half a second."""
LEAST_APART = 40
LEAST_OF_A_CLASS = 5
"""Independent samples, in all and of each class, that a permutation null takes."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@final
@dataclass(frozen=True, slots=True)
class NeuralMeasure:
    """What classifiers and a coupling found.

    Attributes:
        quantities: The seven informations by name.
        rows: Rows used.
        notes: What to heed.
    """

    quantities: dict[str, Quantity]
    rows: int
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
    remembered: Remembered | None = None,
) -> NeuralMeasure:
    r"""The seven informations by the batch estimator, with intervals and nulls.

    Classifiers are cross-fitted twice: on all of their training samples, and on half of them.
    An interval is that of the bootstrap of the predictions, and it reaches as far again as the
    estimate moved from half to all: what classifiers lose falls about as $1 / n$, so all
    samples still lack about what the second half brought.

    The null permutes the target against the predictions and calibrates them anew. That of
    the synergy permutes the second modality's predictions within each class: where modalities
    are independent given the class, the best joint prediction is the calibrated product of
    both. Of a group, nulls take one sample.

    Args:
        first: `(samples, columns)`, NaN where missing (taken as the mean).
        second: `(samples, columns)`, NaN where missing (taken as the mean).
        codes: Class from 0 of each sample.
        groups: Number of each sample's group, or None; resampled together.
        n_boot: Bootstrap samples; at most 100 are made.
        n_null: Permutations; at most 50 are made, none where a null would have fewer than 40
            independent samples, or fewer than 5 of a class.
        seed: Seeds classifiers, coupling, bootstrap and permutations.
        remembered: What classifiers of a modality said in earlier calls; added to.

    Returns:
        The informations and notes.
    """
    rng = np.random.default_rng(seed)
    rows, notes = _drawn(codes, rng)
    first, second, codes = filled(first[rows]), filled(second[rows]), codes[rows]
    groups = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
    whole, half = (
        batch_pid(
            first,
            second,
            codes,
            groups=groups,
            train_share=share,
            batch_size=max(LEAST_BATCH, len(codes) // 2),
            trend=share == 1,
            remembered=remembered,
            random_state=seed,
        )
        for share in (1.0, 0.5)
    )
    resampler = Resampler(whole.log_posteriors, seed=seed)
    once = np.ones(len(codes), dtype=np.int64)
    plain, centre = resampler.informations(whole.log_posteriors, codes, once), _row(whole)
    boots = [
        resampler.informations(whole.log_posteriors, codes, often)
        for often in _resamples(len(codes), groups, min(n_boot, MOST_RESAMPLES), rng)
    ]
    same = plain[None]
    found = quantities(
        Replicates(plain, centre, same, same, np.stack(boots)),
        null_of(whole, codes, groups, min(n_null, MOST_PERMUTATIONS), seed),
    )
    moved = centre - _row(half)
    out = {
        name: replace(q, low=q.low + min(0.0, move), high=q.high + max(0.0, move))
        for (name, q), move in zip(found.items(), moved.tolist(), strict=True)
    }
    return NeuralMeasure(beyond_tie(out), len(codes), (*notes, *whole.notes))


def beyond_tie(found: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The informations with upper ends that heed that both modalities may tell the same.

    Where they do, noise makes something look unique to either, which redundancy and synergy
    then lack. If nothing unique is found, the upper ends of these are those as though there
    were none: redundancy the mean of what each modality tells.

    Args:
        found: The informations by name.

    Returns:
        The same, with redundancy and synergy perhaps reaching further up.

    Example:
        >>> unsure, other = Quantity(0.02, -0.01, 0.05), Quantity(0.5, 0.4, 0.6)
        >>> names = ("redundancy", "unique_1", "unique_2", "synergy")
        >>> atoms = dict(zip(names, (other, unsure, unsure, other), strict=True))
        >>> round(beyond_tie(atoms)["redundancy"].high, 3)
        0.62
    """
    unique = [found["unique_1"], found["unique_2"]]
    spare = sum(q.estimate for q in unique) / 2
    out = dict(found)
    if spare > 0 and all(q.low <= 0 for q in unique):
        for name in ("redundancy", "synergy"):
            out[name] = replace(out[name], high=out[name].high + spare)
    return out


def _drawn(codes: Codes, rng: np.random.Generator) -> tuple[Codes, tuple[str, ...]]:
    if len(codes) <= MOST_ROWS:
        return np.arange(len(codes)), ()
    rows = np.sort(rng.choice(len(codes), MOST_ROWS, replace=False))
    return rows, (f"{MOST_ROWS} of {len(codes)} rows were drawn at random, to save time",)


def _row(found: BatchEstimate) -> Float64[np.ndarray, " 7"]:
    return np.array([found.redundancy, *found.unique, found.synergy, *found.information])


def _resamples(
    rows: int, groups: Codes | None, number: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    units = np.arange(rows) if groups is None else groups
    many = int(units.max()) + 1
    return rng.multinomial(many, np.full(many, 1 / many), size=number)[:, units]


def null_of(
    found: BatchEstimate, codes: Codes, groups: Codes | None, number: int, seed: int
) -> Null:
    """The informations of permuted samples, from what classifiers said of the sample.

    Args:
        found: The estimate.
        codes: Class of each sample.
        groups: Number of each sample's group, or None.
        number: Permutations.
        seed: Of the permutations.

    Returns:
        The null.
    """
    rng = np.random.default_rng(seed)
    apart = _one_of_each(groups, rng) if groups is not None else np.arange(len(codes))
    raw, y = found.judged[:, apart], codes[apart]
    rarest = np.bincount(y, minlength=raw.shape[2]).min()
    few = len(apart) < LEAST_APART or rarest < LEAST_OF_A_CLASS
    number = 0 if few else number
    resampler = Resampler(found.log_posteriors[:, apart], seed=seed)
    once = np.ones(len(y), dtype=np.int64)

    def informations(target: Codes) -> Float64[np.ndarray, " 7"]:
        return resampler.informations(calibrate(raw, target), target, once)

    observed = informations(y) if number and groups is not None else _row(found)
    draws = np.zeros((number, 7))
    for draw in draws:
        draw[:] = informations(rng.permutation(y))
        draw[3] = _without_interaction(raw, y, rng)
    centre = draws.mean(0) if number else np.zeros(7)
    centre[3] -= observed[6] - observed[3]
    observed[3] = observed[6]
    return Null(observed, draws, centre)


def _one_of_each(groups: Codes, rng: np.random.Generator) -> Codes:
    order = rng.permutation(len(groups))
    return order[np.unique(groups[order], return_index=True)[1]]


def _without_interaction(
    raw: Float64[np.ndarray, "3 n k"], y: Codes, rng: np.random.Generator
) -> float:
    shuffled = rng.permutation(len(y))
    partner = np.empty_like(y)
    partner[np.argsort(y, kind="stable")] = shuffled[np.argsort(y[shuffled], kind="stable")]
    log_p = calibrated([raw[0], raw[1, partner]], y)
    share = np.bincount(y) / len(y)
    share = share[share > 0]
    entropy = -(share * np.log2(share)).sum()
    return float(entropy + log_p[np.arange(len(y)), y].mean() / np.log(2))
