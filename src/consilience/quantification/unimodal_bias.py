"""How far a task is solved without looking at all modalities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from consilience.data.container import MultimodalData
from consilience.data.seeds import RandomState, seed_of
from consilience.data.target import require_target
from consilience.data.units import units_of
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.functional.unimodal_bias import most_frequent
from consilience.quantification.bootstrapping import Cell, bootstrap
from consilience.quantification.bounding import Bounds
from consilience.quantification.scoring import Weighted
from consilience.results.reliance import UnimodalBias
from consilience.results.robustness import Measured

MAJORITY, ALL = "majority", "all"


def unimodal_bias(
    estimator: Any,  # noqa: ANN401  whatever fits and predicts
    data: MultimodalData,
    test: MultimodalData,
    *,
    pairs: ArrayLike | None = None,
    n_boot: int = 1000,
    random_state: RandomState = None,
) -> UnimodalBias:
    """Accuracy of guessing the most frequent class, of each modality alone, and of all.

    Args:
        estimator: Not fitted, such as `FusionClassifier()`; a clone is fitted on each
            modality alone and one on all.
        data: Training samples with classes.
        test: Test samples with classes.
        pairs: The pair that each test sample belongs to, `(samples,)`, such as a question
            asked of two images with different answers; None if there are none.
        n_boot: Bootstrap draws over test samples, or groups or pairs of them.
        random_state: Seeds the draws.

    Returns:
        Accuracies, and shares of pairs with both right, with 95 % intervals.

    Raises:
        ConfigurationError: If there are too few draws.
        DataError: If a target cannot be used.
        InputTypeError: If the estimator cannot be cloned, fitted and asked.
        ShapeError: If there is not one pair a test sample.

    References:
        Goyal et al., Making the V in VQA Matter, CVPR 2017.
    """
    if not all(callable(getattr(estimator, m, None)) for m in ("fit", "predict", "get_params")):
        raise InputTypeError(
            f"unimodal_bias takes an estimator to fit, such as FusionClassifier(), found "
            f"{type(estimator).__name__}"
        )
    if n_boot < 50:
        raise ConfigurationError([f"n_boot must be at least 50 for an interval; found {n_boot}"])
    seen, truth = _classes(data), _classes(test)
    guesses: dict[str, NDArray[Any]] = {MAJORITY: np.full(len(truth), most_frequent(seen))}
    for name in data.schema.names:
        guesses[name] = _guess(estimator, data.select([name]), test.select([name]))
    guesses[ALL] = _guess(estimator, data, test)
    right = {name: np.asarray(guess == truth) for name, guess in guesses.items()}
    labels = None if pairs is None else _pairs(pairs, test)
    found = _shares(right, _units(labels, test), n_boot, seed_of(random_state))
    both: Mapping[str, Measured] = {}
    if labels is not None:
        every = {name: _both(r, labels) for name, r in right.items()}
        units = np.arange(int(labels.max()) + 1)
        both = _shares(every, units, n_boot, seed_of(random_state))
    return UnimodalBias(
        majority=found[MAJORITY],
        alone={name: found[name] for name in data.schema.names},
        together=found[ALL],
        pairs=both,
        samples=len(test),
    )


def _guess(estimator: Any, data: MultimodalData, test: MultimodalData) -> NDArray[Any]:  # noqa: ANN401  whatever fits and predicts
    model: Any = clone(estimator)
    return np.asarray(model.fit(data, data.target).predict(test))


def _classes(data: MultimodalData) -> NDArray[Any]:
    target = require_target(data.target, "unimodal_bias")
    if target.ndim == 2:
        raise DataError(
            f"unimodal_bias is about one target at a time; found {target.shape[1]} outputs"
        )
    return target


def _pairs(pairs: ArrayLike, test: MultimodalData) -> NDArray[np.int64]:
    labels = np.asarray(pairs)
    if labels.shape != (len(test),):
        raise ShapeError(
            f"pairs must be one label a test sample, ({len(test)},); found {labels.shape}"
        )
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _units(labels: NDArray[np.int64] | None, test: MultimodalData) -> NDArray[np.int64]:
    return units_of(test) if labels is None or test.groups is not None else labels


def _both(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.bincount(labels, weights=~right) == 0


def _shares(
    right: Mapping[str, NDArray[np.bool_]], units: NDArray[np.int64], n_boot: int, seed: int
) -> dict[str, Measured]:
    """Means of yes and no by name, with intervals over units."""
    cells: list[Cell] = [[_mean(r)] for r in right.values()]
    sampled = bootstrap(cells, units, n_boot, seed)
    bounds = Bounds.of_rate((0.0, 1.0), units)
    return {name: bounds.value(sampled[k]) for k, name in enumerate(right)}


def _mean(right: NDArray[np.bool_]) -> Weighted:
    values = right.astype(np.float64)
    return lambda weights: weights @ values / weights.sum(axis=1)
