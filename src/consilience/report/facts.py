"""The head of the page: the answer and its key facts."""

from dataclasses import dataclass
from typing import Any, final

from consilience.data.wording import rounded_up
from consilience.report import answers, words
from consilience.report.artefacts import StudyFile
from consilience.results import MethodRow

_HEADS = {
    "helps": ("Fusing helps", "helps"),
    "does not help": ("Fusing does not help", "not"),
    "cannot tell": ("Cannot tell yet", "open"),
}


@final
@dataclass(frozen=True, slots=True)
class Fact:
    """One key fact under the verdict."""

    name: str
    value: str
    more: str = ""


def head(study: StudyFile) -> dict[str, Any]:
    """What stands at the top of the page.

    Args:
        study: The study.

    Returns:
        The answer in words, its tone (`"helps"`, `"not"` or `"open"`), the time
        of the study and the key facts.
    """
    answer, tone = _HEADS[study.verdict.answer]
    return {
        "answer": answer,
        "tone": tone,
        "created": answers.moment(study.created),
        "facts": _facts(study),
    }


def _facts(study: StudyFile) -> list[Fact]:
    plan, verdict = study.plan, study.verdict
    best, single = study.row(verdict.best_method), study.row(verdict.best_unimodal)
    direction = "higher" if plan.higher_is_better else "lower"
    modalities = words.plural(len(study.data.modalities), "modality")
    groups = "" if study.data.groups is None else f", {words.plural(study.data.groups, 'group')}"
    fused = [row for row in study.table if row.kind == "fusion"]
    rival = best if best.kind == "fusion" else max(fused, key=lambda r: r.delta, default=None)
    facts = [Fact("Recommended method", best.method, _value(best))]
    if best.kind == "fusion":
        facts.append(Fact("Best single modality", single.method, _value(single)))
    elif rival is not None:
        facts.append(Fact("Best fusion method", rival.method, _value(rival)))
    if rival is not None:
        shown = words.interval(rival.delta_low, rival.delta_high, sign=True)
        more = f"{shown}, p {words.p_value(rival.p_adjusted)}"
        facts.append(Fact("Difference by fusing", words.signed(rival.delta), more))
    facts += [
        Fact(
            "Metric",
            words.capitalised(words.metric_name(plan.metric)),
            f"{direction} is better",
        ),
        Fact("Samples", f"{study.data.rows:,}", f"{modalities}{groups}"),
    ]
    if verdict.interaction != "not tested":
        facts.append(Fact("Interactions", words.capitalised(verdict.interaction)))
    if verdict.samples_needed is not None:
        more = "to tell the difference seen from none at 80 % power"
        facts.append(Fact("Samples needed", f"about {rounded_up(verdict.samples_needed)}", more))
    return facts


def _value(row: MethodRow) -> str:
    return f"{words.number(row.estimate)} {words.interval(row.low, row.high)}"
