from dataclasses import replace

from consilience.results.comparison import Verdict
from consilience.results.interactions import Interactions, PairInteractions
from consilience.results.quantity import Quantity
from consilience.results.robustness import Measured, PatternScore, Robustness
from consilience.studies.explaining import Explanation
from consilience.studies.reasons import information_sentence, leaning_sentence, with_reasons


def bits(value: float) -> Quantity:
    return Quantity(value, value - 0.1, value + 0.1, 0.01, 0.01)


def pair(r: float, u1: float, u2: float, s: float) -> PairInteractions:
    return PairInteractions(
        names=("labs", "ecg"),
        redundancy=bits(r),
        unique_1=bits(u1),
        unique_2=bits(u2),
        synergy=bits(s),
        information_1=bits(r + u1),
        information_2=bits(r + u2),
        information_12=bits(r + u1 + u2 + s),
        estimator="discrete",
        reason="Because.",
        rows_used=100,
        rows_left_out=0,
    )


def interactions(*pairs: PairInteractions) -> Interactions:
    return Interactions(pairs, None, "Target of 2 classes")


def robustness(*losses: tuple[str, float, float], higher: bool = True) -> Robustness:
    known = Measured(0.9, 0.8, 1.0)
    patterns = tuple(
        PatternScore((), (name,), known, Measured(loss, low, 2 * loss - low))
        for name, loss, low in losses
    )
    return Robustness("auroc", higher, known, (), patterns, 100, 3)


def test_the_kind_that_is_most_of_the_information_is_named() -> None:
    assert information_sentence(interactions(pair(0.0, 0.7, 0.1, 0.0))) == (
        "Of the 0.80 bits that labs and ecg tell of the target most (0.70) is told by labs only."
    )
    assert "most (0.50) is redundant, told by either." in information_sentence(
        interactions(pair(0.5, 0.1, 0.0, 0.1))
    )
    assert (
        "most (0.60) is told only by both together, added up or interacting."
        in information_sentence(interactions(pair(0.1, 0.0, 0.0, 0.6), pair(0.3, 0.0, 0.0, 0.0)))
    )
    assert information_sentence(interactions(pair(0.3, 0.25, 0.2, 0.1))) == (
        "Of the 0.85 bits that labs and ecg tell of the target 0.30 is redundant, told by either, "
        "and 0.25 is told by labs only."
    )


def test_information_that_may_be_nothing_is_not_called_none() -> None:
    assert information_sentence(interactions(pair(0.0, 0.05, 0.0, 0.0))) == (
        "The bits that labs and ecg tell of the target could not be told from none; "
        "that estimate is coarser than the scores of the methods."
    )


def test_what_losing_each_modality_costs() -> None:
    assert leaning_sentence("gated", robustness(("labs", 0.3, 0.2), ("ecg", 0.01, -0.01))) == (
        "gated leans most on labs: without it auroc falls by 0.300 [0.200, 0.400]; "
        "losing ecg (0.010 [-0.010, 0.030]) costs nothing that was seen."
    )
    both = robustness(("labs", 0.3, 0.2), ("ecg", 0.2, 0.1), higher=False)
    assert leaning_sentence("mlp", both) == (
        "mlp leans most on labs: without it auroc rises by 0.300 [0.200, 0.400]."
    )
    none = robustness(("labs", 0.01, -0.2), ("ecg", 0.0, -0.1))
    assert leaning_sentence("mlp", none).startswith("mlp leans on no single modality")
    assert leaning_sentence("mlp", robustness()) == ""
    three = robustness(("a", 0.3, 0.2), ("b", 0.0, -0.1), ("c", 0.0, -0.1))
    assert "losing b or c alone costs nothing" in leaning_sentence("mlp", three)


def test_a_verdict_gains_what_is_known_and_keeps_the_rest() -> None:
    verdict = Verdict("helps", "Fusing helps.", "gated", "labs", "found")
    nothing = Explanation("gated", None, "too few rows", None, "no", None, "no")
    assert with_reasons(verdict, nothing) == verdict
    something = replace(nothing, robustness=robustness(("labs", 0.3, 0.2)))
    longer = with_reasons(verdict, something)
    assert longer.paragraph.startswith("Fusing helps. gated leans most on labs")
    assert replace(longer, paragraph="Fusing helps.") == verdict
