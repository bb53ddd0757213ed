"""What a plain classifier finds in a modality, against what its clusters keep."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MOST_ROWS = 5_000
MOST_COLUMNS = 500
MARGIN = 0.05
"""Bits by which a classifier must beat the clusters before a reader is told."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def linear_information(values: Floats, codes: Codes, fitted: Codes, counted: Codes) -> float:
    r"""What logistic regression finds: $H(Y) - E[-\log_2 \hat p(y | x)]$ on other samples.

    A lower bound of $I(X; Y)$ up to noise; below 0 where the regression fits noise.

    Args:
        values: `(samples, columns)`, NaN where missing (taken as the mean).
        codes: Class from 0 of each sample.
        fitted: Rows to fit on.
        counted: Rows to count on.

    Returns:
        Bits.
    """
    fitted, counted = fitted[:MOST_ROWS], counted[:MOST_ROWS]
    seen = np.isin(codes[counted], codes[fitted])
    counted = counted[seen]
    if values.shape[1] > MOST_COLUMNS or not counted.size or len(np.unique(codes[fitted])) < 2:
        return 0.0
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0)[fitted].sum(0) / np.maximum(known[fitted].sum(0), 1)
    filled = np.where(known, values, mean)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(filled[fitted], codes[fitted])
    p = model.predict_proba(filled[counted])
    place = np.searchsorted(np.unique(codes[fitted]), codes[counted])
    loss = -np.log2(np.maximum(p[np.arange(len(place)), place], 1e-12)).mean()
    share = np.bincount(codes[counted]) / len(counted)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum() - loss)


def coarse(name: str, kept: float, found: float) -> str:
    """A warning where clusters lose much of what a linear classifier finds.

    Args:
        name: Name of the modality.
        kept: Information of its clusters, in bits.
        found: What logistic regression finds, in bits.

    Returns:
        The warning; empty if there is none.

    Example:
        >>> coarse("labs", 0.5, 0.52)
        ''
    """
    if found < kept + MARGIN:
        return ""
    return (
        f"the clusters of {name!r} keep {max(kept, 0.0):.2f} bits about the target where logistic "
        f"regression finds {found:.2f}, so the atoms are of the clusters, not of {name!r}: select "
        'or encode its columns, or use estimator="batch"'
    )
