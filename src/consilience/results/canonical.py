"""Canonical correlations with the p-value of each."""

from dataclasses import asdict, dataclass
from typing import Any, final


@final
@dataclass(frozen=True, slots=True)
class CanonicalTest:
    r"""A permutation test of canonical correlations, one after another.

    Attributes:
        correlations: Largest first.
        p_values: Of each: whether anything is left once those before it are taken out.
            Corrected for their number: they never fall.
        statistics: Wilks's statistic of what is left, $-\sum_{i \ge k} \ln(1 - r_i^2)$.
        samples: Samples used.
        permutations: Permutations made.

    Example:
        >>> CanonicalTest((0.9, 0.1), (0.001, 0.4), (1.67, 0.01), 200, 999).significant()
        1
    """

    correlations: tuple[float, ...]
    p_values: tuple[float, ...]
    statistics: tuple[float, ...]
    samples: int
    permutations: int

    def significant(self, level: float = 0.05) -> int:
        """How many correlations are real at a level, counted from the largest.

        Args:
            level: Chance to count one too many.

        Returns:
            A number of leading correlations.
        """
        return next((k for k, p in enumerate(self.p_values) if p > level), len(self.p_values))

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    def __str__(self) -> str:
        head = f"{len(self.correlations)} canonical correlations of {self.samples:,} samples, "
        lines = [head + f"{self.permutations:,} permutations"]
        lines += [
            f"{k:>3}  r = {r:.3f}  p = {p:.3g}"
            for k, (r, p) in enumerate(zip(self.correlations, self.p_values, strict=True), 1)
        ]
        return "\n".join(lines)
