"""Scores as functions of the samples' weights, so that many resamples cost one product."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.target import Task
from consilience.errors import ConfigurationError, DataError, suggestion

Floats = NDArray[np.float64]
Weighted = Callable[[Floats], Floats]
"""Takes weights `(draws, samples)` and gives scores `(draws,)`."""

Metric = Callable[[NDArray[Any], NDArray[Any]], float]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a model said about samples, and the truth.

    Attributes:
        truth: Targets `(samples,)`, or 0 and 1 for several labels, `(samples, labels)`.
        guess: Predictions of the same shape.
        codes: True class of each sample in the model's order, -1 where it does not know the
            class; None for quantities and several labels.
        probabilities: `(samples, classes)` or `(samples, labels)`; None if there are none.
    """

    truth: NDArray[Any]
    guess: NDArray[Any]
    codes: NDArray[np.int64] | None = None
    probabilities: Floats | None = None

    def part(self, rows: NDArray[np.int64] | slice) -> "Outputs":
        """Outputs of some samples."""
        return Outputs(
            self.truth[rows],
            self.guess[rows],
            None if self.codes is None else self.codes[rows],
            None if self.probabilities is None else self.probabilities[rows],
        )


@final
@dataclass(frozen=True, slots=True)
class Score:
    """A way to judge outputs.

    Attributes:
        name: Its name.
        task: The kind of target it is for; None for either.
        higher_is_better: Whether larger is better.
        limits: The least and the greatest value it can take.
        rate: Whether it is a share of samples, so that the rule of three applies.
        prepare: Takes outputs, gives the score as a function of weights.
    """

    name: str
    task: Task | None
    higher_is_better: bool
    limits: tuple[float, float]
    rate: bool
    prepare: Callable[[Outputs], Weighted]


def score_named(name: str | None, task: Task, *, classes: int, probable: bool) -> Score:
    """A score by name, or the usual one.

    Args:
        name: Its name; None takes AUROC for two classes and several labels, accuracy for
            more classes and for models without probabilities, R² for quantities.
        task: The kind of target.
        classes: Number of classes or labels; 0 for quantities.
        probable: Whether the model gives probabilities.

    Returns:
        The score.

    Raises:
        ConfigurationError: If there is no such score for the task; names the nearest.
    """
    if name is None and task == "regression":
        name = "r2"
    if name is None:
        ranked = classes == 2 or task == "multilabel"
        name = "auroc" if ranked and probable else "accuracy"
    options = {s.name: s for s in SCORES if s.task == task}
    if name not in options:
        raise ConfigurationError(
            [f"metric {name!r} is not one for {task}; {suggestion(name, options)}"]
        )
    if name in {"auroc", "log_loss", "brier"} and not probable:
        raise ConfigurationError(
            [f"metric {name!r} needs predict_proba, which the model lacks; use 'accuracy'"]
        )
    return options[name]


def score_of(metric: Metric, *, higher_is_better: bool) -> Score:
    """A score out of a function of truth and predictions, as scikit-learn has many.

    Args:
        metric: Takes targets and predictions `(samples,)`, gives a number.
        higher_is_better: Whether larger is better.

    Returns:
        The score; it is computed on the resampled rows one resample after the other.
    """

    def prepare(out: Outputs) -> Weighted:
        def one(counts: Floats) -> float:
            rows = np.repeat(np.arange(len(counts)), counts.astype(np.int64))
            return float(metric(out.truth[rows], out.guess[rows]))

        return lambda weights: np.array([one(counts) for counts in weights])

    name = str(getattr(metric, "__name__", type(metric).__name__))
    return Score(name, None, higher_is_better, (-math.inf, math.inf), False, prepare)


def _mean_of(losses: Floats) -> Weighted:
    return lambda weights: weights @ losses / weights.sum(axis=1)


def _accuracy(out: Outputs) -> Weighted:
    return _mean_of(np.asarray(out.truth == out.guess, dtype=np.float64))


def _log_loss(out: Outputs) -> Weighted:
    codes, probabilities = _probable(out)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise DataError(
            f"log loss needs classes the model knows; row {row} has {out.truth[row]!r}"
        )
    return _mean_of(-np.log(np.clip(probabilities[np.arange(len(codes)), codes], 1e-15, None)))


def _auroc(out: Outputs) -> Weighted:
    """Of two classes the second against the first, of more the mean of each against the rest."""
    codes, probabilities = _probable(out)
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return _mean_where_defined([_separation(codes == k, probabilities[:, k]) for k in classes])


def _mean_where_defined(parts: Sequence[Weighted]) -> Weighted:
    """Mean of scores, of each draw over those that are defined in it."""

    def score(weights: Floats) -> Floats:
        values = np.stack([part(weights) for part in parts])
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        total = np.where(known, values, 0.0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    return score


def _separation(positive: NDArray[np.bool_], scores: Floats) -> Weighted:
    """Chance that a positive scores above a negative, equal scores half."""
    order = np.argsort(scores, kind="stable")
    first = np.unique(scores[order], return_index=True)[1]
    truth = positive[order]

    def score(weights: Floats) -> Floats:
        sorted_weights = weights[:, order]
        good = np.add.reduceat(np.where(truth, sorted_weights, 0.0), first, axis=1)
        bad = np.add.reduceat(np.where(truth, 0.0, sorted_weights), first, axis=1)
        below = np.cumsum(bad, axis=1) - bad / 2
        pairs = good.sum(axis=1) * bad.sum(axis=1)
        return np.where(
            pairs > 0, (good * below).sum(axis=1) / np.where(pairs > 0, pairs, 1), np.nan
        )

    return score


def _probable(out: Outputs) -> tuple[NDArray[np.int64], Floats]:
    if out.codes is None or out.probabilities is None:
        raise DataError("this score needs probabilities")
    return out.codes, out.probabilities


def _labels_right(out: Outputs) -> Weighted:
    return _mean_of((out.truth == out.guess).all(axis=1).astype(np.float64))


def _labels_wrong(out: Outputs) -> Weighted:
    return _mean_of((out.truth != out.guess).mean(axis=1))


def _labels_auroc(out: Outputs) -> Weighted:
    """Mean over the labels that occur both ways."""
    p = _chances(out)
    columns = range(p.shape[1])
    return _mean_where_defined([_separation(out.truth[:, k] == 1, p[:, k]) for k in columns])


def _labels_log_loss(out: Outputs) -> Weighted:
    p = _chances(out)
    right = np.where(out.truth == 1, p, 1 - p)
    return _mean_of(-np.log(np.clip(right, 1e-15, None)).mean(axis=1))


def _labels_brier(out: Outputs) -> Weighted:
    return _mean_of(((_chances(out) - out.truth) ** 2).mean(axis=1))


def _chances(out: Outputs) -> Floats:
    if out.probabilities is None:
        raise DataError("this score needs probabilities")
    return out.probabilities


def _micro_f1(out: Outputs) -> Weighted:
    """F1 of all pairs of sample and label; 0 where none is claimed."""
    both, either = _hits(out)
    return lambda weights: _ratio((2 * weights @ both).sum(1), (weights @ either).sum(1))


def _macro_f1(out: Outputs) -> Weighted:
    """Mean over the labels of the F1 score; 0 for a label that is neither claimed nor there."""
    both, either = _hits(out)
    return lambda weights: _ratio(2 * weights @ both, weights @ either).mean(axis=1)


def _hits(out: Outputs) -> tuple[Floats, Floats]:
    truth, guess = (np.asarray(v, dtype=np.float64) for v in (out.truth, out.guess))
    return truth * guess, truth + guess


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)


def _residuals(out: Outputs) -> Floats:
    return np.asarray(out.truth, dtype=np.float64) - np.asarray(out.guess, dtype=np.float64)


def _r2(out: Outputs) -> Weighted:
    truth = np.asarray(out.truth, dtype=np.float64)
    centred = truth - truth.mean()
    first, second, errors = (_mean_of(v) for v in (centred, centred**2, _residuals(out) ** 2))
    least = 1e-12 * float(np.mean(centred**2))

    def score(weights: Floats) -> Floats:
        variance = second(weights) - first(weights) ** 2
        known = variance > least
        return np.where(known, 1 - errors(weights) / np.where(known, variance, 1.0), np.nan)

    return score


def _rmse(out: Outputs) -> Weighted:
    squares = _mean_of(_residuals(out) ** 2)
    return lambda weights: np.sqrt(squares(weights))


def _mae(out: Outputs) -> Weighted:
    return _mean_of(np.abs(_residuals(out)))


SCORES = (
    Score("accuracy", "classification", True, (0.0, 1.0), True, _accuracy),
    Score("auroc", "classification", True, (0.0, 1.0), True, _auroc),
    Score("log_loss", "classification", False, (0.0, math.inf), False, _log_loss),
    Score("auroc", "multilabel", True, (0.0, 1.0), True, _labels_auroc),
    Score("accuracy", "multilabel", True, (0.0, 1.0), True, _labels_right),
    Score("micro_f1", "multilabel", True, (0.0, 1.0), True, _micro_f1),
    Score("macro_f1", "multilabel", True, (0.0, 1.0), True, _macro_f1),
    Score("hamming_loss", "multilabel", False, (0.0, 1.0), True, _labels_wrong),
    Score("log_loss", "multilabel", False, (0.0, math.inf), False, _labels_log_loss),
    Score("brier", "multilabel", False, (0.0, 1.0), False, _labels_brier),
    Score("r2", "regression", True, (-math.inf, 1.0), False, _r2),
    Score("rmse", "regression", False, (0.0, math.inf), False, _rmse),
    Score("mae", "regression", False, (0.0, math.inf), False, _mae),
)
"""The scores that have a name."""
