"""One information, in bits, with its interval and its permutation null."""

import math
from dataclasses import asdict, dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Quantity:
    """An estimate of an information.

    An estimate is corrected for bias and never clipped: where the truth is 0 it falls below
    0 about half the time, and its interval says so.

    Attributes:
        estimate: Bias-corrected estimate, in bits.
        low: Lower end of the 95 % interval, in bits.
        high: Upper end of the 95 % interval, in bits.
        null_high: What 95 % of permuted data sets stay below, in bits; NaN without a null.
        p_value: Share of permuted data sets that reach the estimate; NaN without a null.

    Example:
        >>> str(Quantity(0.31, 0.27, 0.35, 0.01, 0.005))
        '0.310 [0.270, 0.350]'
        >>> Quantity(0.31, 0.27, 0.35, 0.01, 0.005).is_found
        True
    """

    estimate: float
    low: float
    high: float
    null_high: float = math.nan
    p_value: float = math.nan

    @property
    def is_found(self) -> bool:
        """Whether the interval lies above 0 and the null, if there is one, is rejected at 5 %."""
        return self.low > 0 and not self.p_value > 0.05

    def to_dict(self) -> dict[str, float | None]:
        """The numbers by name; what is not known is None."""
        return {k: None if math.isnan(v) else v for k, v in asdict(self).items()}

    def __str__(self) -> str:
        return f"{self.estimate:z.3f} [{self.low:z.3f}, {self.high:z.3f}]"


ZERO = Quantity(0.0, 0.0, 0.0, 0.0, 1.0)
"""What is zero for certain, as all that a constant could tell."""
