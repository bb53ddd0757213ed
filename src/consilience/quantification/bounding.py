"""The intervals of a score's numbers, none of which is without width by chance."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from consilience.functional.statistics import rule_of_three
from consilience.quantification.bootstrapping import Sampled
from consilience.quantification.scoring import Score
from consilience.results.robustness import Measured


@final
@dataclass(frozen=True, slots=True)
class Bounds:
    """How numbers of a score are bounded, from their bootstrap draws.

    Where draws differ, a share of samples has the half-width of the rule of three over
    samples at least; where none does, that over what was drawn, the groups.

    Attributes:
        limits: The least and the greatest value of the score.
        least: Least half-width where draws differ.
        still: Least half-width where they do not.
    """

    limits: tuple[float, float]
    least: float
    still: float

    @classmethod
    def of(cls, score: Score, units: NDArray[np.int64]) -> "Bounds":
        """Those of a score.

        Args:
            score: What is measured.
            units: Number of what each sample is drawn with, from 0, `(samples,)`.

        Returns:
            The bounds; without a least width where the score is no share of samples.
        """
        return cls.of_rate(score.limits, units) if score.rate else cls(score.limits, 0.0, 0.0)

    @classmethod
    def of_rate(cls, limits: tuple[float, float], units: NDArray[np.int64]) -> "Bounds":
        """Those of a share of samples.

        Args:
            limits: Its least and greatest value.
            units: As in `of`.
        """
        return cls(limits, rule_of_three(len(units)), rule_of_three(int(units.max()) + 1))

    def value(self, sampled: Sampled) -> Measured:
        """A value of the score with its interval."""
        return sampled.measured(self.limits, self._least(sampled))

    def difference(self, sampled: Sampled, *, per: float = 1.0) -> Measured:
        """A difference of values with its interval.

        Args:
            sampled: The difference, divided by `per`.
            per: A positive number; others leave no least width.
        """
        least = self._least(sampled) / per if per > 0 else 0.0
        return sampled.measured((-np.inf, np.inf), least)

    def _least(self, sampled: Sampled) -> float:
        return self.still if np.ptp(sampled.draws) < 1e-12 else self.least
