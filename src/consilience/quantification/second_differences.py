"""Mixed second differences: the interaction of two modalities, without a model of it."""

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch import Tensor

from consilience.errors import DataError
from consilience.quantification.surfaces import Surface
from consilience.results.additivity import SecondDifference
from consilience.results.interval import Interval

DRAWS = 20_000
FOLDS = 20
"""Parts that are left out in turn for an interval."""

LEAST_UNITS = 20
NOISE = 64 * 2.0**-23
"""What rounding in float32 may leave of a difference, relative to the largest value."""

Index = NDArray[np.int64]


def second_differences(
    surface: Surface, units: Index, rng: np.random.Generator, *, draws: int = DRAWS
) -> tuple[SecondDifference, ...]:
    r"""The second differences of every pair of modalities at random rows.

    $$d = f(a, b) - f(a', b) - f(a, b') + f(a', b'), \qquad
    \tfrac14 E d^2 = \sum_{S \ni A, B} \sigma_S^2$$

    where $a$, $a'$, $b$, $b'$ and what every other modality is held at come from different
    rows, so that the modalities are independent. A function is known exactly: whether it is
    additive at all is no matter of chance, but of whether any difference is larger than
    rounding makes it. The interval is about how large the interaction is over the population
    that the rows come from: a t interval of the logarithm of the ratio to
    $\operatorname{Var} f$, by leaving out one part of the rows in turn.

    Args:
        surface: The function.
        units: Which rows belong together, numbered from 0, `(rows,)`.
        rng: Draws rows.
        draws: Differences a pair.

    Returns:
        One a pair of modalities; none with fewer than two.

    Raises:
        DataError: If there are fewer than 20 units.

    References:
        Liu and Owen, Estimating Mean Dimensionality of Analysis of Variance
        Decompositions, JASA 2006, equation 10.
    """
    axes = len(surface.axes)
    if axes < 2:
        return ()
    number = int(units.max()) + 1
    if number < LEAST_UNITS:
        raise DataError(
            f"second differences need at least {LEAST_UNITS} rows (or groups) that are "
            f"independent, found {number}"
        )
    folds = rng.permutation(number)[units] % FOLDS
    out: list[SecondDifference] = []
    for one, two in combinations(range(axes), 2):
        own = _distinct(units, (draws, axes + 2), rng)
        values = _corners(surface, own, one, two)
        d = values[0] - values[1] - values[2] + values[3]
        out.append(
            SecondDifference(
                pair=(surface.axes[one], surface.axes[two]),
                relative=_relative(d, values, folds[own]),
                largest=float(d.abs().max()),
                noise=NOISE * float(values.abs().max()),
                draws=len(own),
            )
        )
    return tuple(out)


def _distinct(units: Index, shape: tuple[int, int], rng: np.random.Generator) -> Index:
    """Rows of different units, a set a line."""
    rows = rng.integers(len(units), size=shape)
    held = np.sort(units[rows], axis=1)
    return rows[(held[:, 1:] != held[:, :-1]).all(axis=1)]


def _corners(surface: Surface, own: Index, one: int, two: int) -> Tensor:
    """Values at the four combinations of two modalities' two rows, `(4, draws, outputs)`."""
    index = np.empty((len(own), len(surface.axes)), dtype=np.int64)
    others = [m for m in range(len(surface.axes)) if m not in {one, two}]
    index[:, others] = own[:, 4:]
    corners: list[Tensor] = []
    for a, b in ((0, 2), (1, 2), (0, 3), (1, 3)):
        index[:, one], index[:, two] = own[:, a], own[:, b]
        tiles = np.array_split(index, -(-len(index) // surface.tile))
        corners.append(torch.cat([surface.at(tile) for tile in tiles]).cpu())
    return torch.stack(corners)


def _relative(d: Tensor, values: Tensor, folds: Index) -> Interval:
    """Half the root mean square over the standard deviation, with its t interval."""
    touched = torch.from_numpy((folds[:, :, None] == np.arange(FOLDS)).any(axis=1))
    kept = torch.cat([torch.ones(1, len(d)), (~touched).T]).double()
    kept = kept / kept.sum(dim=1, keepdim=True)
    values = values - values.mean(dim=(0, 1))
    square = kept @ d.square().sum(dim=1) / 4
    second = kept @ values.square().mean(dim=0).sum(dim=1)
    spread = second - (kept @ values.mean(dim=0)).square().sum(dim=1)
    if square.min() <= 0 or spread.min() <= 0:
        size = float((square[0] / spread[0]).sqrt()) if spread[0] > 0 else 0.0
        return Interval(size, size, size)
    ratio = (square / spread).log().numpy()
    error = np.sqrt((FOLDS - 1) / FOLDS * ((ratio[1:] - ratio[1:].mean()) ** 2).sum())
    half = error * float(student.ppf(0.975, FOLDS - 1))
    low, middle, high = (float(np.exp(z / 2)) for z in ratio[0] + np.array([-half, 0, half]))
    return Interval(middle, low, high)
