"""From held-out predictions to redundancy, uniqueness and synergy."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float64, Int

from consilience.quantification.batch.calibration import calibrated
from consilience.quantification.batch.compression import Side
from consilience.quantification.batch.coupling import Coupler, Least, certified
from consilience.quantification.batch.outcome import BatchEstimate, TrendPoint

CELLS = 512
MOST_POINTS = 256
FEWEST_POINTS = 16
MOST_BATCHES = 8
NOTABLE = 0.01

Posteriors = Float64[np.ndarray, "3 n k"]
Classes = Int[np.ndarray, " n"]
Lost = tuple[float, float]
Coupled = tuple[np.ndarray, Coupler]
"""Rows, and who couples them."""


def calibrate(log_p: Posteriors, y: Classes) -> Posteriors:
    """Calibrated posteriors, the joint one stacked upon all three.

    Args:
        log_p: Held-out log-probabilities given the first, the second and both modalities.
        y: Classes.

    Returns:
        Log-probabilities, `(3, n, k)`; on average the joint ones are never worse than the others.
    """
    return np.stack(
        [calibrated([log_p[0]], y), calibrated([log_p[1]], y), calibrated(list(log_p), y)]
    )


def assemble(
    posteriors: Posteriors,
    y: Classes,
    *,
    couplers: Sequence[Coupled] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    converged: bool = True,
    judged: Posteriors | None = None,
) -> BatchEstimate:
    r"""Redundancy, uniqueness and synergy from calibrated held-out posteriors.

    $I_1, I_2, I_{12}$ are the entropy of the classes minus the log losses. The least information
    $I^*$ depends on a modality only through its posteriors, so these are coupled: all samples
    at once, near posteriors merged. What the merging costs each modality is given back to $I^*$
    by half the sum, and $I^* \ge \max(I_1, I_2)$ as for every coupling.

    Args:
        posteriors: Calibrated log-probabilities, `(3, n, k)`; see `calibrate`.
        y: Classes, `(n,)`.
        couplers: Who finds the coupling of which rows; None for the exact solver and all rows.
        batch_size: Smallest batch of the trend; None leaves the trend out.
        seed: Of the clustering and the batches.
        converged: Whether the classifiers did.
        judged: What the classifiers said before calibration, if known.

    Returns:
        The estimate; it takes some tenths of a second. `Resampler` is quicker for resamples.
    """
    rows = np.arange(len(y))
    share = np.bincount(y, minlength=posteriors.shape[2]) / len(y)
    prior = np.log(np.where(share > 0, share, 1.0))
    gains = (posteriors[:, rows, y] - prior[y]).T / np.log(2)
    one, two, both = (float(v) for v in gains.mean(0))
    entropy = -float(share @ prior) / math.log(2)
    parts = couplers or [(rows, certified)]
    found, lost = _mean([_coupled(posteriors[:, part], who, seed) for part, who in parts])
    trend = tuple(_trend(posteriors, batch_size, seed)) if batch_size else ()
    least = found.value + (one - found.singles[0] + two - found.singles[1]) / 2
    least = max(least, one, two)
    synergy = both - least
    return BatchEstimate(
        redundancy=one + two - least,
        unique=(least - two, least - one),
        synergy=synergy,
        information=(one, two, both),
        log_losses=(entropy - one, entropy - two, entropy - both),
        entropy=entropy,
        least=least,
        gap=found.gap,
        compression=lost,
        trend=trend,
        contributions=gains,
        log_posteriors=posteriors,
        judged=posteriors if judged is None else judged,
        classifiers_converged=converged,
        coupling_converged=found.converged,
        notes=tuple(_notes(synergy, lost, found, trend, converged=converged)),
    )


def points_for(classes: int) -> int:
    """Most points a side is merged to, so that a coupling stays quick."""
    return max(FEWEST_POINTS, min(MOST_POINTS, CELLS // classes))


def _coupled(posteriors: Posteriors, coupler: Coupler, seed: int) -> tuple[Least, Lost]:
    whole = [Side.of(log_p) for log_p in posteriors[:2]]
    few = [side.compressed(points_for(posteriors.shape[2]), seed) for side in whole]
    lost = [a.information() - b.information() for a, b in zip(whole, few, strict=True)]
    return coupler(few[0], few[1]), (lost[0], lost[1])


def _mean(parts: list[tuple[Least, Lost]]) -> tuple[Least, Lost]:
    if len(parts) == 1:
        return parts[0]
    every = [[found.value, found.gap, *found.singles, *lost] for found, lost in parts]
    value, gap, one, two, lost1, lost2 = np.mean(every, axis=0).tolist()
    converged = all(found.converged for found, _ in parts)
    return Least(value, gap, (one, two), converged), (lost1, lost2)


def _trend(posteriors: Posteriors, smallest: int, seed: int) -> Iterator[TrendPoint]:
    rng = np.random.default_rng(seed)
    n, size = posteriors.shape[1], smallest
    while size < n:
        order = rng.permutation(n)
        starts = range(0, n - size + 1, size)[:MOST_BATCHES]
        batches = [posteriors[:, order[s : s + size]] for s in starts]
        yield _trend_point(batches, size, seed)
        size *= 2
    yield _trend_point([posteriors], n, seed)


def _trend_point(batches: list[Posteriors], size: int, seed: int) -> TrendPoint:
    unique = np.array([_coupled(batch, certified, seed)[0].unique for batch in batches])
    many = len(batches)
    errors = unique.std(0, ddof=1) / np.sqrt(many) if many > 1 else np.zeros(2)
    one, two = unique.mean(0).tolist()
    return TrendPoint(size, many, (one, two), (float(errors[0]), float(errors[1])))


def _notes(
    synergy: float,
    lost: tuple[float, float],
    found: Least,
    trend: tuple[TrendPoint, ...],
    *,
    converged: bool,
) -> Iterator[str]:
    if synergy < -NOTABLE / 10:
        yield (
            f"synergy is {synergy:.4f} bits: the joint classifier knows less than any coupling "
            "of the two modalities holds; more samples or a better classifier are needed"
        )
    if max(lost) > NOTABLE:
        yield (
            f"merging near posteriors lost {max(lost):.4f} bits of one modality; "
            "the split into redundancy and uniqueness is that much uncertain"
        )
    if found.gap > NOTABLE or not found.converged:
        yield f"the least coupling is known to {found.gap:.4f} bits only"
    if not converged:
        yield (
            "a classifier was still improving when its epochs ran out, so information may be told "
            "too low; more epochs (max_epochs) would tell"
        )
    if len(trend) > 1 and (fall := _fall(trend)) > NOTABLE:
        yield (
            f"uniqueness still falls by {fall:.4f} bits from batches of {trend[-2].size} to all "
            f"{trend[-1].size} samples, so it may be too high by as much"
        )


def _fall(trend: tuple[TrendPoint, ...]) -> float:
    before, last = trend[-2], trend[-1]
    falls = [
        b - a - 2 * error
        for b, a, error in zip(before.unique, last.unique, before.standard_error, strict=True)
    ]
    return max(falls)
