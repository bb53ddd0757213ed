"""Regularisation by cross-validation: folds of samples, and the share that holds best."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold

from consilience.coordination.views import NamedViews
from consilience.data.seeds import RandomState, seed_of
from consilience.errors import ConfigurationError, DataError, ShapeError
from consilience.functional.canonical import check_ridges
from consilience.functional.ridge_choice import RidgeChoice

Floats = NDArray[np.float64]
Arrays = Mapping[str, NDArray[Any]]

SHARES = tuple(10.0**power for power in range(-4, 3))
"""What `"cv"` tries, beside 0 where 0 can be fitted."""


def shares_to_try(
    name: str, wanted: str | Sequence[float], also: Sequence[float] = ()
) -> list[float]:
    """The regularisations that are to be tried.

    Args:
        name: Of the setting, for errors.
        wanted: `"cv"`, or a list.
        also: What `"cv"` tries before `SHARES`.

    Returns:
        Shares.

    Raises:
        ConfigurationError: If it is another word, empty, or a share is negative or not finite.

    Example:
        >>> shares_to_try("kappa", [0.1, 1.0])
        [0.1, 1.0]
    """
    if isinstance(wanted, str):
        if wanted != "cv":
            raise ConfigurationError(
                [f'{name} must be a number, "cv" or a list, found {wanted!r}']
            )
        return [*also, *SHARES]
    if not len(wanted):
        raise ConfigurationError([f"{name} lists nothing to try"])
    check_ridges(wanted)
    return [float(share) for share in wanted]


def folds_of(
    given: NamedViews, rows: NDArray[np.int64], folds: int, random_state: RandomState
) -> list[NDArray[np.int64]]:
    """Deals samples into folds; a group stays together.

    Args:
        given: The views, with groups where they are known.
        rows: Positions of the samples to deal.
        folds: Number of folds.
        random_state: Deals.

    Returns:
        Of each fold the positions within `rows`.

    Raises:
        ConfigurationError: If there are fewer samples or groups than folds, or fewer than two
            folds.
    """
    known = None if given.groups is None else given.groups[rows]
    units = len(rows) if known is None else len(np.unique(known))
    if not 2 <= folds <= units:
        what = "samples" if known is None else "groups"
        raise ConfigurationError([f"folds must be from 2 to the {units} {what}, found {folds}"])
    seed = seed_of(random_state)
    if known is None:
        parts = KFold(folds, shuffle=True, random_state=seed).split(rows)
    else:
        parts = GroupKFold(folds, shuffle=True, random_state=seed).split(rows, groups=known)
    return [held_out for _, held_out in parts]


def choose_share(
    scored: Callable[[float, Arrays, Arrays], Floats],
    given: NamedViews,
    rows: NDArray[np.int64],
    shares: Sequence[float],
    folds: Sequence[NDArray[np.int64]],
) -> RidgeChoice:
    """Tries shares on held-out samples, and takes the one whose correlations hold best.

    Args:
        scored: From a share, views to fit and views held out to the held-out correlations,
            `(components,)`; a `DataError` or `ShapeError` means that nothing can be
            fitted with this share.
        given: The views; absent rows come to `scored` as NaN.
        rows: Positions of the samples.
        shares: What to try.
        folds: Of each fold the positions within `rows`.

    Returns:
        The scores and the best.

    Raises:
        DataError: If no share could be scored in every fold.
    """
    scores = np.full((len(shares), len(folds)), -np.inf)
    for j, fold in enumerate(folds):
        train, test = (_part(given, part) for part in (np.delete(rows, fold), rows[fold]))
        for i, share in enumerate(shares):
            try:
                found = float(scored(share, train, test).sum())
            except (DataError, ShapeError):
                continue
            scores[i, j] = found if np.isfinite(found) else -np.inf
    means = scores.mean(axis=1)
    if not np.isfinite(means).any():
        raise DataError(
            f"no share of {list(shares)} could be scored in every fold; take fewer folds or "
            "larger shares"
        )
    return RidgeChoice(tuple(shares), scores, float(shares[int(means.argmax())]))


def _part(given: NamedViews, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    out: dict[str, NDArray[Any]] = {}
    for i, (name, view) in enumerate(given.arrays.items()):
        present = given.presence[rows, i]
        part = view[rows]
        if not present.all():
            part = np.where(present[:, None], part, np.nan)
        out[name] = part
    return out
