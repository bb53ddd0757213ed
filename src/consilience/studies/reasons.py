"""The sentences of a verdict that say why."""

from dataclasses import replace

from consilience.results.comparison import Verdict
from consilience.results.interactions import Interactions, PairInteractions
from consilience.results.robustness import Measured, PatternScore, Robustness
from consilience.studies.explaining import Explanation

MOST = 0.5
"""A kind of information is most of it above this share."""


def with_reasons(verdict: Verdict, found: Explanation) -> Verdict:
    """The verdict with what stands behind it.

    Args:
        verdict: The answer and its numbers.
        found: What the modalities tell, and what the examined method leans on.

    Returns:
        The same verdict with a longer paragraph.
    """
    told = [
        "" if found.interactions is None else information_sentence(found.interactions),
        "" if found.robustness is None else leaning_sentence(found.examined, found.robustness),
    ]
    return replace(verdict, paragraph=" ".join([verdict.paragraph, *(s for s in told if s)]))


def information_sentence(found: Interactions) -> str:
    """Which kind of information the pair that tells most holds.

    Args:
        found: Of all pairs.

    Returns:
        A sentence.
    """
    pair = max(found.pairs, key=lambda p: p.information_12.estimate)
    total = pair.information_12
    if total.low <= 0:
        return (
            f"The bits that {pair.title} tell of the target could not be told from none; "
            "that estimate is coarser than the scores of the methods."
        )
    kinds = sorted(_kinds(pair).items(), key=lambda item: item[1], reverse=True)
    (name, most), (second, less) = kinds[:2]
    whole = f"the {total.estimate:.2f} bits that {pair.title} tell of the target"
    if most / total.estimate < MOST:
        return f"Of {whole} {most:.2f} {name}, and {less:.2f} {second}."
    return f"Of {whole} most ({most:.2f}) {name}."


def _kinds(pair: PairInteractions) -> dict[str, float]:
    one, two = pair.names
    return {
        "is redundant, told by either": pair.redundancy.estimate,
        f"is told by {one} only": pair.unique_1.estimate,
        f"is told by {two} only": pair.unique_2.estimate,
        "is told only by both together, added up or interacting": pair.synergy.estimate,
    }


def leaning_sentence(method: str, found: Robustness) -> str:
    """What losing each single modality costs.

    Args:
        method: The method that was examined.
        found: How it stands up to absence.

    Returns:
        A sentence; empty if absence was not measured.
    """
    single = [p for p in found.patterns if len(p.absent) == 1]
    if not single:
        return ""
    worst = max(single, key=lambda p: p.loss.estimate)
    if worst.loss.low <= 0:
        return f"{method} leans on no single modality: losing any one costs nothing that was seen."
    verb = "falls" if found.higher_is_better else "rises"
    first = (
        f"{method} leans most on {worst.absent[0]}: without it {found.metric} {verb} by "
        f"{_interval(worst.loss)}"
    )
    spared = [p for p in single if p is not worst and p.loss.low <= 0]
    if not spared:
        return f"{first}."
    return f"{first}; losing {_listed(spared)} costs nothing that was seen."


def _listed(patterns: list[PatternScore]) -> str:
    names = [p.absent[0] for p in patterns]
    if len(names) == 1:
        return f"{names[0]} ({_interval(patterns[0].loss)})"
    return f"{', '.join(names[:-1])} or {names[-1]} alone"


def _interval(loss: Measured) -> str:
    return f"{loss.estimate:.3f} [{loss.low:.3f}, {loss.high:.3f}]"
