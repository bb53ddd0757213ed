"""Closed form for jointly Gaussian modalities and a scalar Gaussian target."""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.special import digamma

from consilience.errors import DataError
from consilience.quantification.correction import Null, Replicates, quantities
from consilience.results.quantity import Quantity

HALVES = 25
LEAST_ROWS_A_COLUMN = 5
EXACT = 1e-10

Floats = NDArray[np.float64]


def gaussian_atoms(one: Floats, two: Floats, both: Floats) -> Float64[np.ndarray, "*any 7"]:
    r"""The seven informations from three, for jointly Gaussian sources and target.

    $$R = \min(I_1, I_2), \quad U_i = I_i - R, \quad S = I_{12} - \max(I_1, I_2)$$

    Args:
        one: $I(X_1; Y)$.
        two: $I(X_2; Y)$.
        both: $I(X_1, X_2; Y)$, of the same shape.

    Returns:
        $R, U_1, U_2, S, I_1, I_2, I_{12}$ along the last axis.

    Example:
        >>> gaussian_atoms(np.array(0.5), np.array(0.25), np.array(1.0)).tolist()
        [0.25, 0.25, 0.0, 0.5, 0.5, 0.25, 1.0]

    References:
        Barrett, Exploration of synergistic and redundant information sharing in static and
        dynamical Gaussian systems, Physical Review E 2015.
    """
    r = np.minimum(one, two)
    return np.stack([r, one - r, two - r, both - np.maximum(one, two), one, two, both], axis=-1)


def information_of_moments(
    moments: Float64[np.ndarray, "*b d d"], columns: NDArray[np.int64]
) -> Float64[np.ndarray, "*b"]:
    r"""$I(X; Y) = -\frac12 \log_2(1 - \rho^2)$ from covariances, $\rho$ the multiple correlation.

    Args:
        moments: Covariances of all columns, the target last.
        columns: The columns that are $X$; collinear ones count once.

    Returns:
        The information in bits.

    Example:
        >>> cov = np.array([[1.0, 0.6], [0.6, 1.0]])
        >>> round(float(information_of_moments(cov, np.array([0]))), 4)
        0.3219
    """
    if not len(columns):
        return np.zeros(moments.shape[:-2])
    inner = moments[..., columns[:, None], columns]
    cross = moments[..., columns, -1]
    explained = np.einsum(
        "...i,...ij,...j->...", cross, np.linalg.pinv(inner, rcond=EXACT, hermitian=True), cross
    )
    left = 1 - explained / np.maximum(moments[..., -1, -1], 1e-300)
    return np.asarray(-0.5 * np.log2(np.clip(left, EXACT, 1.0)))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    columns: Floats
    one: NDArray[np.int64]
    two: NDArray[np.int64]
    ranks: tuple[int, int, int]

    def atoms(self, weights: Floats, *, corrected: bool = False) -> Float64[np.ndarray, "b 7"]:
        """Informations of the samples under rows of weights `(b, samples)`."""
        moments = np.stack([_covariance(self.columns, w) for w in weights])
        parts = (self.one, self.two, np.concatenate([self.one, self.two]))
        found = [information_of_moments(moments, part) for part in parts]
        if corrected:
            n = float(weights[0].sum())
            found = [i - _bias(n, rank) for i, rank in zip(found, self.ranks, strict=True)]
        return gaussian_atoms(*found)


def _covariance(columns: Floats, weights: Floats) -> Floats:
    centred = columns - weights @ columns / weights.sum()
    return (centred * weights[:, None]).T @ centred / weights.sum()


def _bias(rows: float, rank: int) -> float:
    freedom = rows - 1
    return float(digamma(freedom / 2) - digamma((freedom - rank) / 2)) / (2 * np.log(2))


def measure_gaussian(
    first: Floats,
    second: Floats,
    target: Floats,
    groups: NDArray[np.int64] | None,
    *,
    n_boot: int,
    n_null: int,
    rng: np.random.Generator,
) -> dict[str, Quantity]:
    """The seven informations of jointly Gaussian samples, with intervals and nulls.

    The bias of each information is known exactly for independent Gaussian samples and taken
    away. The null of the synergy permutes what the target does not explain of the second
    modality; that of all others permutes the target.

    Args:
        first: `(samples, columns)` without missing values.
        second: `(samples, columns)` without missing values.
        target: `(samples,)`.
        groups: Number of each sample's group, or None.
        n_boot: Bootstrap samples, of groups where given.
        n_null: Permutations; of one random sample a group where groups are given.
        rng: Generator to draw from.

    Returns:
        The informations by name.

    Raises:
        DataError: If samples are too few for the columns, or the target is an exact linear
            function of them.
    """
    design = _design(first, second, target)
    rows, rank = len(target), design.ranks[2]
    if rows < LEAST_ROWS_A_COLUMN * (rank + 1):
        raise DataError(
            f"the Gaussian estimator needs {LEAST_ROWS_A_COLUMN * (rank + 1)} rows for "
            f"{rank} independent columns and a target; found {rows}"
        )
    every = np.ones((1, rows))
    plain = design.atoms(every)
    if plain[0, 6] > -0.5 * np.log2(100 * EXACT):
        raise DataError(
            "the target is an exact linear function of the modalities: its information has no "
            'bound; use estimator="clustered"'
        )
    units = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    number = int(units.max()) + 1
    halves = rng.permuted(np.tile(np.arange(number) < number // 2, (HALVES, 1)), axis=1)
    one = halves[:, units].astype(np.float64)
    often = rng.multinomial(number, np.full(number, 1 / number), size=n_boot)[:, units]
    boots = design.atoms(often.astype(np.float64))
    replicates = Replicates(
        plain[0],
        design.atoms(every, corrected=True)[0],
        design.atoms(one),
        design.atoms(1 - one),
        boots,
        beyond=_beyond_tie(plain[0], boots),
    )
    apart = _one_of_each(units, rng)
    null = _null(_Design(design.columns[apart], design.one, design.two, design.ranks), n_null, rng)
    return quantities(replicates, null)


def _beyond_tie(plain: Floats, boots: Floats) -> Floats:
    """How much further the upper ends of redundancy and synergy must reach, in bits.

    Redundancy is the lesser of both informations, which noise lowers where they are equal. If
    they do not differ at 5 %, upper ends are those as though both were their mean.
    """
    gap, gaps = abs(float(plain[4] - plain[5])), boots[:, 4] - boots[:, 5]
    out = np.zeros(7)
    if gap < 1.96 * gaps.std(ddof=1):
        out[[0, 3]] = gap / 2
    return out


def _design(first: Floats, second: Floats, target: Floats) -> _Design:
    columns = np.column_stack([first, second, target])
    spread = columns.std(0)
    columns = (columns - columns.mean(0)) / np.where(spread > 0, spread, 1.0)
    one = np.arange(first.shape[1])
    two = np.arange(second.shape[1]) + len(one)
    ranks = [
        int(np.linalg.matrix_rank(columns[:, part], tol=1e-5 * len(target) ** 0.5))
        for part in (one, two, np.concatenate([one, two]))
    ]
    return _Design(columns, one, two, (ranks[0], ranks[1], ranks[2]))


def _one_of_each(units: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    order = rng.permutation(len(units))
    return order[np.unique(units[order], return_index=True)[1]]


def _null(design: _Design, number: int, rng: np.random.Generator) -> Null:
    columns = design.columns
    every = np.ones((1, len(columns)))
    y = columns[:, -1] - columns[:, -1].mean()
    second = columns[:, design.two]
    told = np.outer(y, y @ second / max(float(y @ y), 1e-300)) + second.mean(0)
    draws = np.zeros((number, 7))
    for i in range(number):
        order = rng.permutation(len(columns))
        permuted = columns.copy()
        permuted[:, -1] = columns[order, -1]
        draws[i] = _Design(permuted, design.one, design.two, design.ranks).atoms(every)[0]
        within = columns.copy()
        within[:, design.two] = told + (second - told)[order]
        draws[i, 3] = _Design(within, design.one, design.two, design.ranks).atoms(every)[0, 3]
    plain, corrected = design.atoms(every)[0], design.atoms(every, corrected=True)[0]
    centre = np.zeros(7)
    centre[3] = draws[:, 3].mean() - (plain[3] - corrected[3]) if number else 0.0
    return Null(plain, draws, centre)
