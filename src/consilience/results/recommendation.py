"""Which family of fusion methods the atoms of information speak for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from consilience.results.quantity import Quantity

Family = Literal["additive", "agreement", "interacting"]

METHODS: Mapping[Family, tuple[str, ...]] = {
    "additive": ("additive", "stacking", "concat"),
    "agreement": ("probability_mean", "additive", "gated"),
    "interacting": ("low_rank", "multiplicative", "concat"),
}
"""Methods of each family to try first, by the names of `consilience.fusion`."""

_FAMILY: Mapping[str, Family] = {
    "redundancy": "agreement",
    "unique": "additive",
    "synergy": "interacting",
}
_WHY: Mapping[str, str] = {
    "redundancy": "the modalities repeat each other, so methods that let them agree suffice",
    "unique": "each modality adds its own part, so methods that add them up suffice",
    "synergy": "only both together tell, so a method must multiply or attend across them",
}


@final
@dataclass(frozen=True, slots=True)
class Recommendation:
    """A family of fusion methods, with the evidence for it.

    Attributes:
        family: `"agreement"` where redundancy dominates, `"additive"` where unique
            information does, `"interacting"` where synergy does; `"additive"`, the simplest,
            where none clearly does.
        methods: Names of `consilience.fusion` to try first.
        evidence: Sentences, the decisive one first.
        clear: Whether one kind of information stands out beyond its uncertainty.
    """

    family: Family
    methods: tuple[str, ...]
    evidence: tuple[str, ...]
    clear: bool

    def to_dict(self) -> dict[str, Any]:
        """The parts by name."""
        return {
            "family": self.family,
            "methods": list(self.methods),
            "evidence": list(self.evidence),
            "clear": self.clear,
        }

    def __str__(self) -> str:
        return f"{self.family} ({', '.join(self.methods)}): {' '.join(self.evidence)}"


def recommend(
    pairs: Sequence[Mapping[str, Quantity]], *, coarse: Sequence[str] = ()
) -> Recommendation:
    """The family that the dominant kind of information speaks for.

    Redundancy, unique information (both sides) and synergy are summed over the pairs. The
    largest is dominant if it is found in some pair (interval above 0, null rejected) and the
    sum of its lower ends is above the sum of the upper ends of each other kind.

    Args:
        pairs: For each pair of modalities `redundancy`, `unique_1`, `unique_2`, `synergy`.
        coarse: Modalities whose clusters lose much, of which the evidence warns.

    Returns:
        The recommendation; a rule of thumb, whose test is a study.

    Example:
        >>> zero, one = Quantity(0.0, -0.01, 0.01, 0.01, 0.6), Quantity(0.5, 0.4, 0.6, 0.01, 0.005)
        >>> atoms = {"redundancy": zero, "unique_1": zero, "unique_2": zero, "synergy": one}
        >>> recommend([atoms]).family
        'interacting'

    References:
        Liang et al., Quantifying & Modeling Multimodal Interactions, NeurIPS 2023 (its
        selection of models).
    """
    parts = {
        "redundancy": [p["redundancy"] for p in pairs],
        "unique": [p[name] for p in pairs for name in ("unique_1", "unique_2")],
        "synergy": [p["synergy"] for p in pairs],
    }
    sums = {name: sum(q.estimate for q in found) for name, found in parts.items()}
    leader = max(sums, key=lambda name: sums[name])
    least = sum(q.low for q in parts[leader])
    others = max(sum(q.high for q in found) for name, found in parts.items() if name != leader)
    clear = any(q.is_found for q in parts[leader]) and least > max(others, 0.0)
    family: Family = _FAMILY[leader] if clear else "additive"
    shares = ", ".join(f"{name} {value:z.3f}" for name, value in sums.items())
    if clear:
        first = f"{leader.capitalize()} dominates ({shares} bits): {_WHY[leader]}."
    else:
        first = f"No kind of information clearly dominates ({shares} bits): start simple."
    evidence = [first]
    if family != "interacting" and any(q.is_found for q in parts["synergy"]):
        evidence.append("Some synergy is found too: compare with an interacting method.")
    if coarse:
        evidence.append(f"Beware: clusters lose much of {', '.join(coarse)}.")
    evidence.append("This is a rule of thumb; cs.study measures which method is best.")
    return Recommendation(family, METHODS[family], tuple(evidence), clear)
