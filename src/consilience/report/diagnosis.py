"""Where predictions err and whether their probabilities hold: counts, no drawing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np


@final
@dataclass(frozen=True, slots=True, eq=False)
class Confusions:
    """How often each class was predicted as each class.

    Attributes:
        classes: Names of the classes.
        counts: Whole numbers of shape `(true, predicted)`.
    """

    classes: tuple[str, ...]
    counts: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """Each count as a share of its true class; 0 where a class never occurs."""
        totals = self.counts.sum(axis=1, keepdims=True)
        return self.counts / np.maximum(totals, 1)

    def worst(self, limit: int) -> list[tuple[str, str, int, float]]:
        """The most frequent errors: true and predicted class, count, share of the true class."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
        places = np.column_stack(np.unravel_index(order, wrong.shape))
        return [
            (self.classes[i], self.classes[j], int(wrong[i, j]), float(self.shares[i, j]))
            for i, j in places
            if wrong[i, j] > 0
        ]


@final
@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar probability: the claimed mean and the share that came true.

    Attributes:
        claimed: Mean of the probabilities in the bin.
        observed: Share of the predictions in the bin that came true.
        low: Lower end of the 95 % Wilson interval of `observed`.
        high: Upper end of that interval.
        count: Number of predictions in the bin.
    """

    claimed: float
    observed: float
    low: float
    high: float
    count: int


@final
@dataclass(frozen=True, slots=True)
class Reliability:
    """Whether probabilities come true as often as they claim.

    Attributes:
        event: What the probability is of, in words.
        bins: The bins that hold predictions, by rising probability.
        brier: Brier score: squared distance between probabilities and outcome,
            summed over classes, mean over samples; between 0 and 2.
        ece: Expected calibration error over the bins.
    """

    event: str
    bins: tuple[Bin, ...]
    brier: float
    ece: float


@final
@dataclass(frozen=True, slots=True)
class Residuals:
    """How far predicted values lie from true ones.

    Attributes:
        r2: Share of the variance explained.
        rmse: Root mean squared error, in the target's unit.
        mae: Mean absolute error, in the target's unit.
        bias: Mean of predicted minus true, in the target's unit.
    """

    r2: float
    rmse: float
    mae: float
    bias: float


def confusions(
    target: Sequence[str] | np.ndarray,
    prediction: Sequence[str] | np.ndarray,
    classes: Sequence[str],
) -> Confusions:
    """Counts how often each class was predicted as each class.

    Args:
        target: True classes.
        prediction: Predicted classes, of the same length.
        classes: The classes in the order to show; others that occur are appended.

    Returns:
        The counts.

    Example:
        >>> confusions(["a", "a", "b"], ["a", "b", "b"], ["a", "b"]).counts.tolist()
        [[1, 1], [0, 1]]
    """
    true, guessed = [str(t) for t in target], [str(p) for p in prediction]
    extra = sorted({*true, *guessed} - set(classes))
    names = (*classes, *extra)
    place = {name: index for index, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, ([place[t] for t in true], [place[p] for p in guessed]), 1)
    return Confusions(names, counts)


def reliability(
    target: Sequence[str] | np.ndarray,
    probabilities: np.ndarray,
    classes: Sequence[str],
    *,
    repeats: int = 1,
    bins: int = 10,
) -> Reliability:
    """Compares probabilities with how often they came true, in bins of equal width.

    With two classes the probability is that of the second one, otherwise that
    of the predicted class. A sample predicted in several repeats counts once in
    the width of the intervals.

    Args:
        target: True classes, length `n`.
        probabilities: Shape `(n, classes)`.
        classes: The classes, in the order of the columns.
        repeats: How many times each sample was predicted.
        bins: Number of bins over the range from 0 to 1.

    Returns:
        The bins, Brier score and expected calibration error.

    References:
        Wilson, Probable Inference, the Law of Succession, and Statistical
        Inference, 1927. Guo et al., On Calibration of Modern Neural Networks,
        2017, equation 3.

    Example:
        >>> told = reliability(["no", "yes"], np.array([[0.8, 0.2], [0.4, 0.6]]), ["no", "yes"])
        >>> round(told.brier, 3), round(told.ece, 3)
        (0.2, 0.3)
    """
    names = np.asarray(classes, dtype=np.str_)
    truth = np.asarray(target, dtype=np.str_)[:, None] == names[None, :]
    if len(names) == 2:
        event = f"probability of {classes[1]}"
        claimed, came_true = probabilities[:, 1], truth[:, 1]
    else:
        event = "probability of the predicted class"
        best = probabilities.argmax(axis=1)
        claimed = probabilities[np.arange(len(best)), best]
        came_true = truth[np.arange(len(best)), best]
    place = np.clip((claimed * bins).astype(np.int64), 0, bins - 1)
    found = tuple(
        _bin(claimed[place == index], came_true[place == index], repeats)
        for index in np.unique(place)
    )
    total = max(len(claimed), 1)
    distance = np.square(probabilities - truth).sum(axis=1)
    return Reliability(
        event=event,
        bins=found,
        brier=float(distance.mean()),
        ece=sum(b.count / total * abs(b.claimed - b.observed) for b in found),
    )


def residuals(target: np.ndarray, prediction: np.ndarray) -> Residuals:
    """Summarises the distance of predicted from true values.

    Args:
        target: True values, length `n`.
        prediction: Predicted values, length `n`.

    Returns:
        The summary; `r2` is not a number where the target never varies.

    Example:
        >>> residuals(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
        Residuals(r2=0.5, rmse=0.7071067811865476, mae=0.5, bias=0.5)
    """
    error = prediction - target
    spread = float(np.square(target - target.mean()).sum())
    return Residuals(
        r2=1 - float(np.square(error).sum()) / spread if spread > 0 else math.nan,
        rmse=float(np.sqrt(np.square(error).mean())),
        mae=float(np.abs(error).mean()),
        bias=float(error.mean()),
    )


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share.

    Args:
        successes: Number of successes.
        trials: Number of trials, above 0.

    Returns:
        Lower and upper end.

    Example:
        >>> [round(end, 4) for end in wilson(8.0, 10.0)]
        [0.4902, 0.9433]
    """
    z = 1.959963984540054
    share = successes / trials
    scale = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _bin(claimed: np.ndarray, came_true: np.ndarray, repeats: int) -> Bin:
    count = len(claimed)
    observed = float(came_true.mean())
    trials = count / repeats
    low, high = wilson(observed * trials, trials)
    return Bin(float(claimed.mean()), observed, low, high, count)
