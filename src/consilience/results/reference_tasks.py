"""Synthetic tasks of known information on which fusion methods were measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, final

Family = Literal["additive", "agreement", "interacting"]
Shares = tuple[float, float, float, float]


@final
@dataclass(frozen=True, slots=True)
class ReferenceTask:
    r"""A task of `benchmarks/recommendation.py`, where every fusion method was trained.

    Attributes:
        name: What the target is.
        shares: Parts of $I(X_1, X_2; Y)$ that are redundant, unique to the first, unique to
            the second, and synergistic, in truth; they sum to 1.
        family: The family whose every method did as well as any family's: whose least
            accuracy is within one standard error of the best family's. Where several are, that
            of the kind of information that dominates.
    """

    name: str
    shares: Shares
    family: Family


REFERENCE_TASKS = (
    ReferenceTask("the same bit", (1.0, 0.0, 0.0, 0.0), "agreement"),
    ReferenceTask("two noisy views", (0.933, 0.0, 0.0, 0.067), "agreement"),
    ReferenceTask("shared, and a little own", (0.9, 0.1, 0.0, 0.0), "agreement"),
    ReferenceTask("a bit in the first", (0.0, 1.0, 0.0, 0.0), "additive"),
    ReferenceTask("a bit in each", (0.0, 0.5, 0.5, 0.0), "additive"),
    ReferenceTask("two bits in one, one in the other", (0.0, 2 / 3, 1 / 3, 0.0), "additive"),
    ReferenceTask("whether bits differ", (0.0, 0.0, 0.0, 1.0), "interacting"),
    ReferenceTask("a bit of each kind", (1 / 3, 1 / 3, 0.0, 1 / 3), "interacting"),
)
"""Those of the twelve that differ in their shares.

Where shares are mostly redundant or of one side alone, families are within an error of each
other. Where both sides have their own parts, methods that average fail; where synergy counts,
`interacting` alone has no method that fails.
"""


def shares_of(atoms: Mapping[str, float]) -> Shares | None:
    """Parts of the information of both; what is below 0 counts as 0.

    Args:
        atoms: `redundancy`, `unique_1`, `unique_2` and `synergy`, in bits.

    Returns:
        The parts, which sum to 1; None if there is none.

    Example:
        >>> shares_of({"redundancy": -0.1, "unique_1": 0.5, "unique_2": 0.0, "synergy": 0.5})
        (0.0, 0.5, 0.0, 0.5)
    """
    names = ("redundancy", "unique_1", "unique_2", "synergy")
    r, u1, u2, s = (max(atoms[name], 0.0) for name in names)
    total = r + u1 + u2 + s
    return None if total == 0 else (r / total, u1 / total, u2 / total, s / total)


def distance(one: Sequence[float], two: Sequence[float]) -> float:
    r"""$\sum_I |I - I'|$ over the four shares, whichever modality is called the first.

    Example:
        >>> distance((0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
        0.0
    """
    swapped = (two[0], two[2], two[1], two[3])
    return min(
        sum(abs(a - b) for a, b in zip(one, other, strict=True)) for other in (two, swapped)
    )


def most_alike(shares: Shares) -> ReferenceTask:
    """The reference task whose shares are nearest.

    Args:
        shares: As `shares_of` gives them.

    Returns:
        The task.

    Example:
        >>> most_alike((0.1, 0.0, 0.1, 0.8)).name
        'whether bits differ'

    References:
        Liang et al., Quantifying & Modeling Multimodal Interactions, NeurIPS 2023: the models
        that did best on the synthetic data set of the most similar interactions are recommended.
    """
    return min(REFERENCE_TASKS, key=lambda task: distance(shares, task.shares))
