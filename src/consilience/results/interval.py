"""A number with its 95 % interval."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its 95 % interval.

    Attributes:
        estimate: The number.
        low: Lower end.
        high: Upper end.

    Example:
        >>> str(Interval(0.25, 0.2, 0.31)), format(Interval(0.02, -0.01, 0.05), "+")
        ('0.250 [0.200, 0.310]', '+0.020 [-0.010, +0.050]')
    """

    estimate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """The numbers by name."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high}

    def __str__(self) -> str:
        return format(self, "")

    def __format__(self, sign: str) -> str:
        """The numbers; with `"+"` each with its sign."""
        estimate, low, high = (f"{v:{sign}z.3f}" for v in (self.estimate, self.low, self.high))
        return f"{estimate} [{low}, {high}]"
