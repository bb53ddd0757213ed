"""What plain scikit-learn reaches on the built-in data: the points not to fall below.

Run as `python benchmarks/reference_points.py`; it prints a table and takes less than a
minute on one core. Accuracy is the mean over five folds: by group where there are
groups, stratified elsewhere.
"""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from consilience.data import datasets
from consilience.data.container import MultimodalData

Features = NDArray[np.floating]


def logistic() -> BaseEstimator:
    """Logistic regression on standardised features."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def forest() -> BaseEstimator:
    """A random forest of 100 trees."""
    return RandomForestClassifier(100, random_state=0)


def network() -> BaseEstimator:
    """A perceptron of one hidden layer of 100 on standardised features."""
    return make_pipeline(
        StandardScaler(), MLPClassifier(max_iter=60, tol=0.0, n_iter_no_change=60, random_state=0)
    )


def windows(values: Features) -> Features:
    """Statistics of each channel of each window: place, spread, extremes, roughness."""
    low, high = np.percentile(values, [25, 75], axis=1)
    parts = [values.mean(1), values.std(1), values.min(1), values.max(1), low, high]
    return np.hstack([*parts, np.abs(np.diff(values, axis=1)).mean(1)])


@final
@dataclass(frozen=True)
class Point:
    """One number to reach.

    Attributes:
        data: Name of the data set.
        modalities: Which of them are seen.
        models: What is tried; the best counts.
        expected: The accuracy measured before.
    """

    data: str
    modalities: tuple[str, ...]
    models: tuple[Callable[[], BaseEstimator], ...]
    expected: float


DIGITS = ("fourier", "profile", "karhunen", "pixel", "zernike", "morphological")
BOTH = ("left", "right")

POINTS = (
    Point("watch", ("accelerometer",), (logistic, forest), 0.79),
    Point("watch", ("gyroscope",), (logistic, forest), 0.71),
    Point("watch", ("accelerometer", "gyroscope"), (logistic, forest), 0.84),
    Point("mfeat", ("pixel",), (forest,), 0.97),
    Point("mfeat", DIGITS, (logistic,), 0.985),
    Point("nutrimouse/diet", ("lipid",), (logistic,), 1.0),
    Point("nutrimouse/diet", ("gene",), (logistic, forest), 0.63),
    Point("mfeat-pairs", ("left",), (logistic,), 0.5),
    Point("mfeat-pairs", ("right",), (logistic,), 0.5),
    Point("mfeat-pairs", BOTH, (logistic,), 0.51),
    Point("mfeat-pairs", BOTH, (forest,), 0.83),
    Point("mfeat-pairs", BOTH, (network,), 0.855),
)


def features(data: MultimodalData, names: tuple[str, ...]) -> Features:
    """Columns of some modalities side by side, sequences as statistics."""
    arrays: Mapping[str, Features] = {n: np.asarray(data.modalities[n]) for n in names}
    return np.hstack([windows(a) if a.ndim == 3 else a for a in arrays.values()])


def accuracy(data: MultimodalData, names: tuple[str, ...], model: BaseEstimator) -> float:
    """Mean accuracy over five folds that keep groups together."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    if data.groups is not None:
        folds = GroupKFold(5)
    x = features(data, names)
    return float(cross_val_score(model, x, data.target, groups=data.groups, cv=folds).mean())


def main() -> None:
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    start = time.perf_counter()
    print(f"{'data':<16}{'modalities':<28}{'model':<10}{'measured':>9}{'reference':>11}")
    for point in POINTS:
        data = datasets.load(point.data)
        scores = {m.__name__: accuracy(data, point.modalities, m()) for m in point.models}
        best = max(scores, key=lambda name: scores[name])
        seen = "+".join(point.modalities) if len(point.modalities) < 3 else "all"
        print(
            f"{point.data:<16}{seen:<28}{best:<10}{scores[best]:>9.3f}{point.expected:>11.3f}",
            flush=True,
        )
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
