"""The informations of resampled predictions, quickly: near posteriors are merged once."""

from typing import final

import numpy as np
from jaxtyping import Float64, Int
from scipy.special import xlogy

from consilience.quantification.batch.compression import Side
from consilience.quantification.batch.coupling import certified

CELLS = 128
MOST_POINTS = 64
FEWEST_POINTS = 16

Posteriors = Float64[np.ndarray, "3 n k"]
Classes = Int[np.ndarray, " n"]


@final
class Resampler:
    """Merges near posteriors of a sample, for the informations of its resamples.

    Args:
        posteriors: Calibrated log-probabilities, `(3, n, k)`.
        seed: Of the clustering.
    """

    def __init__(self, posteriors: Posteriors, *, seed: int) -> None:
        points = max(FEWEST_POINTS, min(MOST_POINTS, CELLS // posteriors.shape[2]))
        self._places = [Side.of(log_p).merged(points, seed) for log_p in posteriors[:2]]

    def informations(
        self, posteriors: Posteriors, y: Classes, often: Int[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " 7"]:
        r"""The seven informations where each sample occurs some times.

        Args:
            posteriors: Calibrated log-probabilities of the same samples, `(3, n, k)`.
            y: Classes, `(n,)`.
            often: How often each sample occurs.

        Returns:
            $R, U_1, U_2, S, I_1, I_2, I_{12}$ in bits.
        """
        k = posteriors.shape[2]
        weight = often / often.sum()
        share = np.bincount(y, weight, minlength=k)
        entropy = -xlogy(share, share).sum() / np.log(2)
        one, two, both = (
            entropy + posteriors[:, np.arange(len(y)), y] @ weight / np.log(2)
        ).tolist()
        found = certified(
            *(
                _side((np.exp(log_p) * weight[:, None])[:, share > 0], places)
                for log_p, places in zip(posteriors[:2], self._places, strict=True)
            )
        )
        least = found.value + (one - found.singles[0] + two - found.singles[1]) / 2
        least = max(least, one, two)
        atoms = (one + two - least, least - two, least - one, both - least)
        return np.array([*atoms, one, two, both])


def _side(masses: Float64[np.ndarray, "n k"], places: Int[np.ndarray, " n"]) -> Side:
    table = np.stack([np.bincount(places, column) for column in masses.T], axis=1)
    return Side(table[table.sum(1) > 0] / table.sum())
