"""Canonical correlation of any number of views, each of which may lack rows."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from consilience.functional.canonical import Canonical, check_ridges, components_of, signs
from consilience.functional.moments import BLOCK, Floats, View, mirrored, moments, with_gram
from consilience.functional.whitening import Whitened, by_svd, inverse_factor


def generalized_canonical(
    views: Sequence[View],
    presence: NDArray[np.bool_],
    *,
    n_components: int | None = None,
    ridges: Sequence[float] | None = None,
) -> Canonical:
    r"""Directions of several views that best predict one shared score each.

    $$\min_{G, U} \sum_m \lVert K_m (G - X_m U_m) \rVert^2 \quad\text{with}\quad
    G^\top K G = J (n - 1) I, \qquad K = \sum_m K_m$$

    $K_m$ selects the rows where view $m$ is present. With all present this is the usual
    constraint $G^\top G = (n - 1) I$.

    Args:
        views: $J$ matrices `(samples, columns)`; what absent rows hold does not matter.
        presence: Bool `(samples, views)`.
        n_components: Number of directions; None for the smallest rank.
        ridges: Added to each view's variances, in squared units of the view; None for none.

    Returns:
        Eigenvalues of $J K^{-1/2} \sum_m P_m K^{-1/2}$, $P_m$ the projections on the views'
        present rows: between 0 and $J$, and 1 plus the canonical correlation where there are
        two complete views. Weights as in the equation.

    Raises:
        ConfigurationError: If `n_components` is not positive or more than there are, or a ridge
            is negative.
        DataError: If a view does not vary.
        ShapeError: If a view is present in fewer than two rows.

    References:
        Carroll, Generalization of Canonical Correlation Analysis to Three or More Sets of
        Variables, APA 1968; van de Velden and Bijmolt, Generalized Canonical Correlation
        Analysis of Matrices with Missing Rows, Psychometrika 2006.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0], [5.0]])
        >>> every = np.ones((4, 3), dtype=bool)
        >>> generalized_canonical([x, 2 * x, -x], every).values.round(12).tolist()
        [3.0]
    """
    given = [0.0] * len(views) if ridges is None else list(ridges)
    check_ridges(given)
    return of_whitened(_whitened_present(views, presence, given), n_components)


def of_whitened(white: Whitened, n_components: int | None) -> Canonical:
    """The generalised canonical correlations of views that are already white.

    Args:
        white: The views.
        n_components: Number of directions; None for the smallest rank.

    Returns:
        As `generalized_canonical`.

    Raises:
        ConfigurationError: If `n_components` is not positive or more than there are.
        DataError: If a view does not vary.
    """
    count = components_of(n_components, white)
    size = len(white.joint)
    subset = [size - count, size - 1]
    values, vectors = cast(
        "tuple[Floats, Floats]", eigh(white.joint, subset_by_index=subset, driver="evr")
    )
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    parts = [vectors[part] * np.sqrt(values) for part in white.slices]
    weights = [w @ part for w, part in zip(white.maps, parts, strict=True)]
    sign = signs(weights[0])
    return Canonical(
        values,
        tuple(w * sign for w in weights),
        white.means,
    )


def _whitened_present(
    views: Sequence[View], presence: NDArray[np.bool_], ridges: Sequence[float]
) -> Whitened:
    """Each view white over its rows; rows that fewer views share weigh more."""
    often = presence.sum(axis=1)
    used = np.flatnonzero(often)
    means: list[Floats] = []
    maps: list[Floats] = []
    for view, present, ridge in zip(views, presence.T, ridges, strict=True):
        mean, inverse = _whitened_one(view, np.flatnonzero(present), ridge)
        means.append(mean)
        maps.append(inverse * np.sqrt((len(used) - 1) / (present.sum() - 1)))
    size = sum(w.shape[1] for w in maps)
    scatter = np.zeros((size, size), order="F")
    for start in range(0, len(used), BLOCK):
        rows = used[start : start + BLOCK]
        weight = np.sqrt(len(views) / often[rows])[:, None]
        parts = [
            np.where(present[rows, None], view[rows] - mean, 0.0) @ w
            for view, present, mean, w in zip(views, presence.T, means, maps, strict=True)
        ]
        block = np.concatenate(parts, axis=1) * weight
        scatter = with_gram(scatter, block)
    joint = mirrored(scatter) / (len(used) - 1)
    return Whitened(tuple(means), tuple(maps), joint, by_svd=False)


def _whitened_one(view: View, rows: NDArray[np.int64], ridge: float) -> tuple[Floats, Floats]:
    found = moments([view], rows)
    inverse = inverse_factor(found.covariance, ridge) if found.varies.all() else None
    if inverse is None:
        centred = np.where(found.varies, view[rows] - found.mean, 0.0)
        _, inverse = by_svd(centred, ridge)
    return found.mean, inverse
