"""The metrics a study can be judged by."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from consilience.data.target import Task
from consilience.errors import ConfigurationError, suggestion

Score = Callable[[NDArray[Any], NDArray[Any], NDArray[np.float64] | None], float]


@final
@dataclass(frozen=True, slots=True)
class Metric:
    """A way to judge predictions.

    Attributes:
        name: Its name on the command line.
        task: The kind of target it is for.
        higher_is_better: Whether larger is better.
        best: The value of perfect predictions.
        worst: The least value possible of a score, or the largest of a loss.
        rate: Whether it is a share of samples, so that the rule of three applies.
        score: Takes targets and predictions (class codes, or quantities), and the
            probabilities `(samples, classes)` for classes; of several labels all three
            are `(samples, labels)`.
    """

    name: str
    task: Task
    higher_is_better: bool
    best: float
    worst: float
    rate: bool
    score: Score


def _auroc(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Area under the ROC curve; for several classes the mean over one against the rest."""
    return _one_against_rest(y, p, lambda truth, score: float(sk.roc_auc_score(truth, score)))


def _average_precision(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Average precision; for several classes the mean over one against the rest."""
    return _one_against_rest(
        y, p, lambda truth, score: float(sk.average_precision_score(truth, score))
    )


def _one_against_rest(
    y: NDArray[Any],
    p: NDArray[np.float64] | None,
    score: Callable[[NDArray[np.bool_], NDArray[np.float64]], float],
) -> float:
    if p is None:
        return float("nan")
    if p.shape[1] == 2:
        return score(y == 1, p[:, 1]) if 0 < (y == 1).sum() < len(y) else float("nan")
    there = [k for k in range(p.shape[1]) if 0 < (y == k).sum() < len(y)]
    return float(np.mean([score(y == k, p[:, k]) for k in there])) if there else float("nan")


def _log_loss(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Mean negative log-probability of the true class, in nats."""
    if p is None:
        return float("nan")
    return float(-np.log(np.clip(p[np.arange(len(y)), y.astype(int)], 1e-15, None)).mean())


def _brier(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Mean squared distance of the probabilities from the truth, in [0, 2]."""
    if p is None:
        return float("nan")
    return float(((p - np.eye(p.shape[1])[y.astype(int)]) ** 2).sum(axis=1).mean())


def _balanced_accuracy(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Mean over the classes that occur of the share found."""
    return float(np.mean([(guess[y == k] == k).mean() for k in np.unique(y)]))


def _accuracy(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Share of samples whose class was found."""
    return float((y == guess).mean())


def _macro_f1(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Mean over the classes or labels of the F1 score; 0 for one never guessed."""
    return float(sk.f1_score(y, guess, average="macro", zero_division=0))  # pyright: ignore[reportArgumentType]  zero_division takes a number too


def _r2(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Share of the variance explained."""
    return float(sk.r2_score(y, guess))


def _rmse(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean((y - guess) ** 2)))


def _mae(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.abs(y - guess).mean())


def _mean_over_labels(score: Callable[[NDArray[Any], NDArray[Any]], float]) -> Score:
    """Mean of a score of probabilities over the labels that occur both ways."""

    def mean(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
        there = [] if p is None else np.flatnonzero(y.min(axis=0) < y.max(axis=0)).tolist()
        if p is None or not there:
            return float("nan")
        return float(np.mean([float(score(y[:, k], p[:, k])) for k in there]))

    return mean


def _labels_right(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Share of samples all of whose labels were found, and no other."""
    return float((y == guess).all(axis=1).mean())


def _labels_wrong(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """Share of wrong pairs of sample and label."""
    return float((y != guess).mean())


def _labels_log_loss(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Mean binary cross-entropy over samples and labels, in nats."""
    if p is None:
        return float("nan")
    return float(-np.log(np.clip(np.where(y == 1, p, 1 - p), 1e-15, None)).mean())


def _labels_brier(y: NDArray[Any], _: NDArray[Any], p: NDArray[np.float64] | None) -> float:
    """Mean squared distance of probabilities from 0 and 1 over samples and labels, in [0, 1]."""
    return float("nan") if p is None else float(((p - y) ** 2).mean())


def _micro_f1(y: NDArray[Any], guess: NDArray[Any], _: object) -> float:
    """F1 of all pairs of sample and label; 0 where none is claimed and none is there."""
    return float(sk.f1_score(y, guess, average="micro", zero_division=0))  # pyright: ignore[reportArgumentType]  zero_division takes a number too


def _share(name: str, score: Score, task: Task = "classification") -> Metric:
    return Metric(name, task, True, 1.0, 0.0, True, score)


def _loss(name: str, task: Task, worst: float, score: Score) -> Metric:
    return Metric(name, task, False, 0.0, worst, False, score)


_ALL = (
    _share("accuracy", _accuracy),
    _share("balanced_accuracy", _balanced_accuracy),
    _share("auroc", _auroc),
    _share("average_precision", _average_precision),
    _share("macro_f1", _macro_f1),
    _loss("log_loss", "classification", math.inf, _log_loss),
    _loss("brier", "classification", 2.0, _brier),
    _share("auroc", _mean_over_labels(sk.roc_auc_score), "multilabel"),
    _share("average_precision", _mean_over_labels(sk.average_precision_score), "multilabel"),
    _share("accuracy", _labels_right, "multilabel"),
    _share("micro_f1", _micro_f1, "multilabel"),
    _share("macro_f1", _macro_f1, "multilabel"),
    Metric("hamming_loss", "multilabel", False, 0.0, 1.0, True, _labels_wrong),
    _loss("log_loss", "multilabel", math.inf, _labels_log_loss),
    _loss("brier", "multilabel", 1.0, _labels_brier),
    Metric("r2", "regression", True, 1.0, -math.inf, False, _r2),
    _loss("rmse", "regression", math.inf, _rmse),
    _loss("mae", "regression", math.inf, _mae),
)


_WORDS = {"multilabel": "several labels a sample"}

_ELSEWHERE = {
    "macro_auroc": "auroc",
    "macro_average_precision": "average_precision",
    "subset_accuracy": "accuracy",
    "exact_match": "accuracy",
    "hamming": "hamming_loss",
}
"""What other libraries call metrics of several labels."""


def hint(name: str, options: Collection[str]) -> str:
    """What a metric that is not known was meant to be.

    Args:
        name: What was said, such as another library's name.
        options: The names there are.

    Returns:
        The end of a sentence.
    """
    known = _ELSEWHERE.get(name)
    return f"here it is {known!r}" if known in options else suggestion(name, options)


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """All metrics of a task."""
    return tuple(m for m in _ALL if m.task == task)


def metric_named(name: str | None, task: Task, classes: int) -> Metric:
    """A metric by name, or the usual one.

    Args:
        name: Its name; None takes AUROC for two classes, accuracy for more, the mean AUROC
            for several labels, R² for quantities.
        task: The kind of target.
        classes: Number of classes; 0 for quantities and several labels.

    Returns:
        The metric.

    Raises:
        ConfigurationError: If there is no such metric for the task; names the nearest.
    """
    if name is None:
        ranked = classes == 2 or task == "multilabel"
        name = "r2" if task == "regression" else "auroc" if ranked else "accuracy"
    options = {m.name: m for m in metrics_for(task)}
    if name not in options:
        raise ConfigurationError(
            [f"metric {name!r} is not one for {_WORDS.get(task, task)}; {hint(name, options)}"]
        )
    return options[name]
