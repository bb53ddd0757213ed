"""How much two variables tell of each other, as a bound or an estimate."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

BoundKind = Literal["lower", "upper", "estimate"]

_WORDS = {"lower": "at least", "upper": "at most", "estimate": "about"}

NEAR = 0.95
"""Share of a ceiling from which an estimate says little more than that it is reached."""


@final
@dataclass(frozen=True, slots=True)
class MutualInformation:
    """Mutual information of two variables, in bits.

    Attributes:
        estimate: The mean over blocks of held-out samples, in bits.
        low: Lower end of its 95 % interval, in bits; NaN if there are too few blocks.
        high: Upper end, in bits. The interval is that of the bound, not of the truth, which
            lies on the bound's side of it.
        bound: Name of the bound or estimator.
        kind: `"lower"`, `"upper"` or `"estimate"` (no side is certain).
        samples: Held-out samples that were scored.
        batch: Pairs a block; None for what does not work in blocks.
        ceiling: What the bound cannot exceed, log2 of `batch`; None if there is no such.
        warnings: What to heed.

    Example:
        >>> str(MutualInformation(1.2, 1.1, 1.3, "infonce", "lower", 2000, 128, 7.0))
        'at least 1.200 [1.100, 1.300] bits (infonce, ceiling 7.00)'
    """

    estimate: float
    low: float
    high: float
    bound: str
    kind: BoundKind
    samples: int
    batch: int | None = None
    ceiling: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_at_ceiling(self) -> bool:
        """Whether the estimate is within 5 % of the ceiling."""
        return self.ceiling is not None and self.estimate >= NEAR * self.ceiling

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, in plain values that JSON can hold; NaN is None."""
        plain = {**asdict(self), "warnings": list(self.warnings)}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in plain.items()}

    def __str__(self) -> str:
        limit = "" if self.ceiling is None else f", ceiling {self.ceiling:.2f}"
        interval = "" if math.isnan(self.low) else f" [{self.low:z.3f}, {self.high:z.3f}]"
        head = f"{_WORDS[self.kind]} {self.estimate:z.3f}{interval} bits ({self.bound}{limit})"
        return "\n".join([head, *(f"Beware: {warning}" for warning in self.warnings)])
