"""Which family of fusion methods the atoms of information speak for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, final

from consilience.results.quantity import Quantity
from consilience.results.reference_tasks import Family, distance, most_alike, shares_of

METHODS: Mapping[Family, tuple[str, ...]] = {
    "additive": ("additive", "stacking", "concat"),
    "agreement": ("probability_mean", "additive", "gated"),
    "interacting": ("low_rank", "multiplicative", "concat"),
}
"""Methods of each family to try first, by the names of `consilience.fusion`."""

_ATOMS = ("redundancy", "unique_1", "unique_2", "synergy")
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
        family: `"agreement"`, `"additive"` or `"interacting"`: as good as any on the synthetic
            task of the most alike interactions; `"additive"`, the simplest, where noise may
            choose.
        methods: Names of `consilience.fusion` to try first.
        evidence: Sentences, the decisive one first.
        clear: Whether one kind of information stands out beyond its uncertainty, or all that
            lies within the intervals speaks for the same family.
        alike: Name of the most alike synthetic task; empty where no information is found.
    """

    family: Family
    methods: tuple[str, ...]
    evidence: tuple[str, ...]
    clear: bool
    alike: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The parts by name."""
        return {
            "family": self.family,
            "methods": list(self.methods),
            "evidence": list(self.evidence),
            "clear": self.clear,
            "alike": self.alike,
        }

    def __str__(self) -> str:
        return f"{self.family} ({', '.join(self.methods)}): {' '.join(self.evidence)}"


def recommend(
    pairs: Sequence[Mapping[str, Quantity]], *, coarse: Sequence[str] = ()
) -> Recommendation:
    r"""The family that was as good as any where interactions were most alike.

    The four atoms are summed over the pairs and divided by their sum. Of the synthetic tasks
    on which every method was measured (`REFERENCE_TASKS`) the most alike is that of the least
    $\sum_I |I - I'|$, and the family that was as good as any is recommended, if noise may not
    choose: the largest of redundancy, unique information (both sides) and synergy is found in
    some pair (interval above 0, null rejected), and either the sum of its lower ends is above
    the sum of the upper ends of each other kind, or the family is the same wherever in their
    intervals the four atoms lie (at all 16 combinations of their ends). Else the simplest family
    is taken.

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
        selection of models; that noise must not choose is our addition).
    """
    parts = {
        "redundancy": [p["redundancy"] for p in pairs],
        "unique": [p[name] for p in pairs for name in ("unique_1", "unique_2")],
        "synergy": [p["synergy"] for p in pairs],
    }
    sums = {name: sum(q.estimate for q in found) for name, found in parts.items()}
    leader = max(sums, key=lambda name: sums[name])
    others = max(sum(q.high for q in found) for name, found in parts.items() if name != leader)
    own = shares_of({name: sum(p[name].estimate for p in pairs) for name in _ATOMS})
    found = any(q.is_found for kind in parts.values() for q in kind)
    nearest = most_alike(own) if found and own else None
    clear = (
        any(q.is_found for q in parts[leader])
        and nearest is not None
        and (
            sum(q.low for q in parts[leader]) > max(others, 0.0)
            or _within_intervals(pairs) == {nearest.family}
        )
    )
    family: Family = nearest.family if clear and nearest else "additive"
    shares = ", ".join(f"{name} {value / len(pairs):z.3f}" for name, value in sums.items())
    unit = "bits" if len(pairs) == 1 else "bits, a pair on average"
    if clear and family == _FAMILY[leader]:
        first = f"{leader.capitalize()} dominates ({shares} {unit}): {_WHY[leader]}."
    elif clear:
        first = f"{leader.capitalize()} leads ({shares} {unit}), but the others count too."
    else:
        first = f"Which kind of information counts is not clear ({shares} {unit}): start simple."
    evidence = [first]
    if family != "interacting" and any(q.is_found for q in parts["synergy"]):
        evidence.append("Some synergy is found too: compare with an interacting method.")
    if coarse:
        evidence.append(f"Beware: clusters lose much of {', '.join(coarse)}.")
    if own and nearest:
        apart = distance(own, nearest.shares)
        doubt = "" if clear else ", but noise may have chosen it"
        evidence.append(
            f"Of the tasks on which every method was measured {nearest.name!r} is most alike "
            f"(shares differ by {apart:.2f} of 2), where {nearest.family} methods were as good "
            f"as any{doubt}."
        )
    evidence.append("This is a rule of thumb; cs.study measures which method is best.")
    alike = nearest.name if nearest else ""
    return Recommendation(family, METHODS[family], tuple(evidence), clear, alike)


def _within_intervals(pairs: Sequence[Mapping[str, Quantity]]) -> set[Family | None]:
    """The families of the tasks most alike at every combination of the intervals' ends."""
    ends = [(sum(p[name].low for p in pairs), sum(p[name].high for p in pairs)) for name in _ATOMS]
    found: set[Family | None] = set()
    for corner in product(*ends):
        shares = shares_of(dict(zip(_ATOMS, corner, strict=True)))
        found.add(None if shares is None else most_alike(shares).family)
    return found
