"""What fitted weights make of views, and how the results correlate."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.coordination.views import NamedViews
from consilience.data import MultimodalData
from consilience.errors import ShapeError

Floats = NDArray[np.float64]


def project(
    given: NamedViews, weights: Mapping[str, Floats], means: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Each view less its means, times its weights.

    Args:
        given: The views.
        weights: By name, `(columns, components)`.
        means: By name, `(columns,)`.

    Returns:
        By name, `(samples, components)`; NaN where a view is absent.

    Raises:
        ShapeError: If a view has other columns than its weights.
    """
    out: dict[str, Floats] = {}
    for i, (name, view) in enumerate(given.arrays.items()):
        w = weights[name]
        if view.shape[1] != len(w):
            raise ShapeError(
                f"view {name!r} has {view.shape[1]} columns but was fitted with {len(w)}"
            )
        variates = view @ w - means[name] @ w
        variates[~given.presence[:, i]] = np.nan
        out[name] = variates
    return out


def put_back(given: object, variates: dict[str, Floats]) -> Any:  # noqa: ANN401  as given
    """Variates in the form of what they were made from.

    Args:
        given: `MultimodalData` or a mapping.
        variates: By name, `(samples, components)`.

    Returns:
        `MultimodalData` with the same target, ids and groups, or the mapping.
    """
    if not isinstance(given, MultimodalData):
        return variates
    order = [given.schema.names.index(name) for name in variates]
    return MultimodalData(
        variates,
        given.target,
        presence=given.presence[:, order],
        ids=given.ids,
        groups=given.groups,
    )


def pairwise_correlations(variates: Sequence[Floats]) -> Floats:
    """The correlation of each component, on average over the pairs of views.

    Args:
        variates: Of each view, `(samples, components)`; NaN where absent.

    Returns:
        `(components,)`; 0 of a pair whose variates do not vary, NaN of a pair with fewer than
        two samples in common left out.

    Example:
        >>> x = np.array([[0.0], [1.0], [2.0]])
        >>> pairwise_correlations([x, -x, x]).round(3).tolist()
        [-0.333]
    """
    pairs = [_correlation(one, two) for one, two in combinations(variates, 2)]
    return np.nanmean(np.stack(pairs), axis=0)


def _correlation(one: Floats, two: Floats) -> Floats:
    both = ~(np.isnan(one).any(axis=1) | np.isnan(two).any(axis=1))
    if both.sum() < 2:
        return np.full(one.shape[1], np.nan)
    a, b = (v[both] - v[both].mean(axis=0) for v in (one, two))
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return np.where(size > 0, (a * b).sum(axis=0) / np.where(size > 0, size, 1.0), 0.0)
