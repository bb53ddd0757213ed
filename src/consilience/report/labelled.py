"""Several labels a sample: how well each of them was predicted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from consilience.report.diagnosis import Reliability, reliability
from consilience.report.words import listing, number, percent


@final
@dataclass(frozen=True, slots=True)
class LabelRow:
    """How well one label was predicted.

    Attributes:
        name: Its name.
        positive: Number of samples that have it.
        precision: Share of those predicted to have it that do; NaN if none was.
        recall: Share of those that have it that were found; NaN if none has it.
        f1: Harmonic mean of the two; NaN if no sample has it or was predicted to.
        auroc: Chance that a sample with it has the higher probability of it than one
            without, ties half; NaN without probabilities or where all are alike.
    """

    name: str
    positive: int
    precision: float
    recall: float
    f1: float
    auroc: float


def label_rows(
    target: np.ndarray,
    prediction: np.ndarray,
    probabilities: np.ndarray | None,
    names: Sequence[str],
    *,
    repeats: int = 1,
) -> tuple[LabelRow, ...]:
    """How well each label was predicted, the worst first.

    Args:
        target: 0 and 1, `(predictions, labels)`.
        prediction: 0 and 1, of the same shape.
        probabilities: Of the same shape, or None.
        names: Names of the labels.
        repeats: How many times each sample was predicted.

    Returns:
        A row a label, by rising AUROC, or F1 where there are no probabilities.

    Example:
        >>> y, guess = np.array([[1], [1], [0], [0]]), np.array([[1], [0], [1], [0]])
        >>> p = np.array([[0.9], [0.4], [0.6], [0.1]])
        >>> label_rows(y, guess, p, ["rash"])
        (LabelRow(name='rash', positive=2, precision=0.5, recall=0.5, f1=0.5, auroc=0.75),)
    """
    rows: list[LabelRow] = []
    for k, name in enumerate(names):
        there, claimed = target[:, k] == 1, prediction[:, k] == 1
        hits = int((there & claimed).sum())
        rows.append(
            LabelRow(
                name=name,
                positive=round(int(there.sum()) / repeats),
                precision=_share(hits, int(claimed.sum())),
                recall=_share(hits, int(there.sum())),
                f1=_share(2 * hits, int(there.sum() + claimed.sum())),
                auroc=math.nan if probabilities is None else auroc(there, probabilities[:, k]),
            )
        )
    return tuple(sorted(rows, key=_goodness))


def _goodness(row: LabelRow) -> float:
    known = [value for value in (row.auroc, row.f1) if math.isfinite(value)]
    return known[0] if known else -1.0


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def auroc(there: np.ndarray, scores: np.ndarray) -> float:
    """Chance that one with the label scores above one without, equal scores half.

    Args:
        there: Bool `(samples,)`.
        scores: `(samples,)`.

    Returns:
        The chance; NaN where all are alike.

    Example:
        >>> auroc(np.array([True, True, False]), np.array([0.9, 0.2, 0.2]))
        0.75
    """
    without = np.sort(scores[~there])
    pairs = int(there.sum()) * len(without)
    if not pairs:
        return math.nan
    below = np.searchsorted(without, scores[there], side="left")
    not_above = np.searchsorted(without, scores[there], side="right")
    return float((below + not_above).sum() / (2 * pairs))


def labels_answer(rows: Sequence[LabelRow], right: float, method: str) -> str:
    """Where does the best model err, for several labels?

    Args:
        rows: The labels, the worst first.
        right: Share of the samples all of whose labels were predicted correctly.
        method: The method that predicted.

    Returns:
        A sentence or two.
    """
    words = f"{method} predicts all labels of {percent(right)} of the test samples correctly."
    known = [row for row in rows if math.isfinite(row.auroc)]
    if len(known) > 1:
        worst, best = known[0], known[-1]
        words += (
            f" It tells {worst.name} worst (AUROC {number(worst.auroc)}, {worst.positive:,} "
            f"samples have it) and {best.name} best ({number(best.auroc)}, {best.positive:,})."
        )
    never = [row.name for row in rows if math.isnan(row.precision)]
    if never:
        words += f" It never predicts {listing(never)}."
    return words


def labels_reliability(
    target: np.ndarray, probabilities: np.ndarray, *, repeats: int = 1
) -> Reliability:
    """Whether probabilities of labels come true, over all labels together.

    A sample counts once in the width of the intervals, however many labels it has.

    Args:
        target: 0 and 1, `(predictions, labels)`.
        probabilities: Of the same shape.
        repeats: How many times each sample was predicted.

    Returns:
        The bins, and the Brier score between 0 and 1.
    """
    p = probabilities.reshape(-1)
    truth = np.where(target.reshape(-1) == 1, "yes", "no")
    both = np.column_stack([1 - p, p])
    found = reliability(truth, both, ["no", "yes"], repeats=repeats * target.shape[1])
    return replace(found, event="probability of a label", brier=found.brier / 2)
