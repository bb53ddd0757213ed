"""Canonical correlations of two views, and the weights that reach them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, final

import numpy as np
from scipy.linalg import svd

from consilience.errors import ConfigurationError, DataError
from consilience.functional.moments import Floats, View
from consilience.functional.whitening import Whitened, whitened


@final
@dataclass(frozen=True, slots=True, eq=False)
class Canonical:
    """Directions in which views agree.

    Attributes:
        values: Canonical correlations of two views, or eigenvalues of more, largest first.
        weights: Of each view, `(columns, components)`.
        means: Of each view, `(columns,)`, to be taken off before the weights.
    """

    values: Floats
    weights: tuple[Floats, ...]
    means: tuple[Floats, ...]


def canonical(
    x: View, y: View, *, n_components: int | None = None, ridges: tuple[float, float] = (0.0, 0.0)
) -> Canonical:
    r"""Canonical correlation analysis of two views.

    $$\max_{u, v} u^\top S_{xy} v \quad\text{with}\quad u^\top (S_{xx} + r_x I) u =
    v^\top (S_{yy} + r_y I) v = 1$$

    By the singular values of $W_x^\top S_{xy} W_y$, $W$ the inverse Cholesky factors; where
    columns are nearly dependent, by the singular vectors of the data. Without a ridge the
    variates of a view have unit variance and are uncorrelated.

    Args:
        x: `(samples, columns)`.
        y: `(samples, columns)`, the same samples.
        n_components: Number of directions; None for all, the smaller rank.
        ridges: $r_x$ and $r_y$, in squared units of each view.

    Returns:
        Correlations in [0, 1], shrunk by a ridge. The entry of each $u$ that is largest in size
        is positive.

    Raises:
        ConfigurationError: If `n_components` is not positive or more than there are, or a ridge
            is negative.
        DataError: If a view does not vary.
        ShapeError: If the views do not have the same samples, at least two.

    References:
        Hotelling, Relations Between Two Sets of Variates, Biometrika 1936; Vinod, Canonical
        Ridge and Econometrics of Joint Production, Journal of Econometrics 1976.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> z = rng.standard_normal((1000, 1))
        >>> x = np.hstack([z, rng.standard_normal((1000, 1))])
        >>> y = np.hstack([rng.standard_normal((1000, 1)), z])
        >>> canonical(x, y).values.round(2).tolist()
        [1.0, 0.01]
    """
    check_ridges(ridges)
    return of_whitened(whitened([x, y], ridges), n_components)


def of_whitened(white: Whitened, n_components: int | None) -> Canonical:
    """The canonical correlations of two views that are already white.

    Args:
        white: The two views.
        n_components: As in `canonical`.

    Returns:
        As `canonical`.

    Raises:
        ConfigurationError: If `n_components` is not positive or more than there are.
        DataError: If a view does not vary.
    """
    one, two = white.slices
    cross = white.joint[one, two]
    count = components_of(n_components, white)
    u, s, vt = cast("tuple[Floats, Floats, Floats]", svd(cross, full_matrices=False))
    weights = (white.maps[0] @ u[:, :count], white.maps[1] @ vt[:count].T)
    sign = signs(weights[0])
    return Canonical(
        np.clip(s[:count], 0.0, 1.0),
        (weights[0] * sign, weights[1] * sign),
        white.means,
    )


def check_ridges(ridges: Sequence[float]) -> None:
    """Refuses ridges that are negative or not finite.

    Raises:
        ConfigurationError: Telling every one.
    """
    faults = [
        f"the ridge of view {i} must be at least 0 and finite, found {ridge}"
        for i, ridge in enumerate(ridges)
        if not 0 <= ridge < np.inf
    ]
    if faults:
        raise ConfigurationError(faults)


def components_of(n_components: int | None, white: Whitened) -> int:
    """How many components there will be.

    Args:
        n_components: As asked for; None for the smallest rank.
        white: The views.

    Returns:
        A number between 1 and the smallest rank.

    Raises:
        ConfigurationError: If more are asked for, or fewer than 1.
        DataError: If a view does not vary.
    """
    ranks = [w.shape[1] for w in white.maps]
    most = min(ranks)
    if most == 0:
        raise DataError(f"view {ranks.index(0)} does not vary; leave it out")
    if n_components is None:
        return most
    if not 1 <= n_components <= most:
        raise ConfigurationError(
            [
                f"n_components must be between 1 and {most}, the smallest rank of the views "
                f"(ranks {ranks}), found {n_components}"
            ]
        )
    return n_components


def signs(weights: Floats) -> Floats:
    """Signs that make the entry of each column that is largest in size positive.

    Args:
        weights: `(columns, components)`.

    Returns:
        1 or -1 of each component.
    """
    largest = np.abs(weights).argmax(axis=0)
    return np.where(weights[largest, np.arange(weights.shape[1])] < 0, -1.0, 1.0)
