"""How the modalities were learnt and what the fusion makes of them: the words and the tables."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import final

from consilience.report.words import (
    capitalised,
    interval,
    listing,
    metric_name,
    number,
    percent,
)
from consilience.results import Learning, LearningCurves, Measured, Overfitting
from consilience.results.learning import JOINT

FAST = 1.0
"""Speeds that differ by less than this, in nats, are called alike."""

HUNGRY = 1.0
"""More overfitting than this for each unit gained is pointed out."""


def use_answer(learnt: Learning) -> str | None:
    """What does the fusion use? None for a score that is better the lower."""
    used = learnt.utilization
    if used is None:
        return None
    needed = {n: r for n, r in _ranked(used.rates).items() if r.low > 0}
    spared = [name for name in used.rates if name not in needed]
    said = (
        f"{learnt.method} has {metric_name(used.metric)} {number(used.score.estimate)} "
        f"{interval(used.score.low, used.score.high)}."
    )
    if needed:
        costs = [f"of {name} {percent(rate.estimate)}" for name, rate in needed.items()]
        said += f" When its fusion hears only the mean {listing(costs)} of that is lost."
    if spared:
        said += f" It does without {listing(spared)}: nothing is lost that could be seen."
    return said


def use_rows(learnt: Learning) -> list[tuple[str, Measured, Measured]]:
    """By modality the score without its features, and the share lost; most used first."""
    used = learnt.utilization
    if used is None:
        return []
    return [(name, used.without[name], rate) for name, rate in _ranked(used.rates).items()]


def _ranked(rates: Mapping[str, Measured]) -> dict[str, Measured]:
    return dict(sorted(rates.items(), key=lambda item: item[1].estimate, reverse=True))


def gap_answer(learnt: Learning) -> str:
    """Does the model combine its modalities beyond adding up?"""
    gap, found = learnt.gap, learnt.gap.difference
    said = (
        f"Averaged over all combinations of the test samples (EMAP), what {learnt.method} says is "
        f"split into a sum over modalities and the rest. By the sum alone "
        f"{metric_name(gap.metric)} is {number(gap.additive_score)}, with the rest "
        f"{number(gap.score)}: a difference of {number(found.estimate)} "
        f"{interval(found.low, found.high)}."
    )
    if found.low > 0 or found.high < 0:
        better = (found.low > 0) == learnt.higher_is_better
        return f"{said} Its interactions {'help' if better else 'hurt'}."
    return f"{said} What it gains by interactions cannot be told from nothing."


def learning_answer(learnt: Learning) -> str:
    """How was each modality learnt?"""
    if not learnt.trainings:
        return f"How the modalities were learnt was not watched: {learnt.lacking}."
    return " ".join(_learning(learnt.trainings))


def _learning(trainings: Sequence[LearningCurves]) -> Iterator[str]:
    ends = final_losses(trainings)
    alone = {name: loss for name, loss in ends.items() if name != JOINT}
    best = min(alone, key=alone.__getitem__)
    yield (
        f"When training stops, a linear head on the features of {best} has the lowest validation "
        f"loss of the modalities, {number(alone[best])}; all together have {number(ends[JOINT])}."
    )
    speeds = _mean_speeds(trainings)
    fastest, slowest = max(speeds, key=speeds.__getitem__), min(speeds, key=speeds.__getitem__)
    spread = speeds[fastest] - speeds[slowest]
    if spread > FAST:
        yield (
            f"The encoder of {fastest} moves fastest and that of {slowest} slowest "
            f"(learning speeds differ by {number(spread)} nats)."
        )
    else:
        yield "The encoders move about equally fast."
    rows = [row for row in overfitting_rows(trainings) if math.isfinite(row.gain)]
    hungry = [r for r in rows if not r.ratio <= HUNGRY]
    if hungry:
        names = listing([row.name for row in hungry])
        yield (
            f"More overfitting than generalisation was bought by {names}; "
            'balanced training, such as balance="gradient_blending", may help.'
        )


def final_losses(trainings: Sequence[LearningCurves]) -> dict[str, float]:
    """The validation loss of each curve at the kept epoch, mean over trainings."""
    return {
        name: fmean(t.curves[name].validation_loss[t.joint.best_epoch - 1] for t in trainings)
        for name in trainings[0].curves
    }


def _mean_speeds(trainings: Sequence[LearningCurves]) -> dict[str, float]:
    return {
        name: fmean(t.speeds.speeds[name] for t in trainings)
        for name in trainings[0].speeds.speeds
    }


@final
@dataclass(frozen=True, slots=True)
class OverfittingRow:
    """What a head gained and overfitted, mean over trainings.

    Attributes:
        name: The modality, or all together.
        gain: By how much the validation loss fell.
        overfitting: By how much the gap to the training loss grew.
    """

    name: str
    gain: float
    overfitting: float

    @property
    def ratio(self) -> float:
        """Overfitting to generalisation; infinite if nothing was gained."""
        return abs(self.overfitting) / self.gain if self.gain > 0 else math.inf


def overfitting_rows(trainings: Sequence[LearningCurves]) -> list[OverfittingRow]:
    """By modality and of all together, over the trainings whose kept epoch is not the first."""
    known = [found for t in trainings if (found := t.overfitting)]
    return [_row(name, [found[name] for found in known]) for name in (known[0] if known else ())]


def _row(name: str, found: Sequence[Overfitting]) -> OverfittingRow:
    return OverfittingRow(name, fmean(f.gain for f in found), fmean(f.overfitting for f in found))


def learning_caption(trainings: Sequence[LearningCurves]) -> str:
    """What the curves show."""
    one = len(trainings) == 1
    which = "" if one else f" of the first of {len(trainings)} trainings"
    rest = (
        "It is one training on the first training part."
        if one
        else f"Numbers are means over {len(trainings)} trainings on the first training part."
    )
    return (
        f"Loss by epoch{which}, training dotted and validation solid; the vertical line is the "
        "epoch that was kept. Each modality's curve is of a linear head on its features that does "
        f"not change them; the network itself is drawn in grey behind it. {rest}"
    )


def heading_of(name: str) -> str:
    """The name of a curve at its panel."""
    return capitalised(name) if name == JOINT else name
