"""The answer in plain words, and what it rests on."""

import math
from dataclasses import dataclass
from typing import final

from scipy.stats import norm

from consilience.data.wording import rounded_up
from consilience.functional.statistics import Estimate
from consilience.results.comparison import (
    Answer,
    ComparisonTable,
    Contrast,
    Interaction,
    MethodRow,
    Verdict,
)
from consilience.studies.comparing import Scores

ALPHA = 0.05
MARGIN = 0.01
"""Differences below this (of the metric; for losses and errors, of the best single
modality's value) are too small to matter."""


def judge(
    table: ComparisonTable, contrasts: tuple[Contrast, ...], scores: Scores, *, rows: int
) -> Verdict:
    """Whether fusing is worth it.

    It *helps* when some fusion method is better than the best single modality
    after Holm's correction, and resampling samples or groups agrees. It *does not
    help* when every fusion method's interval ends below the margin that would matter,
    when all are worse, or when the best single modality leaves nothing to gain.
    Otherwise one *cannot tell*.

    Args:
        table: The compared methods.
        contrasts: The interacting methods against the additive one.
        scores: Of the metric the table is in.
        rows: Number of samples.

    Returns:
        The verdict with its paragraph.
    """
    fused = [row for row in table if row.kind == "fusion"]
    yardstick = max((r for r in table if r.kind == "unimodal"), key=lambda r: r.delta)
    margin = MARGIN if scores.metric.higher_is_better else MARGIN * abs(yardstick.estimate)
    better = [r for r in fused if _significant(r.p_adjusted) and r.delta > 0 and _holds(r)]
    champion = max(better or fused, key=lambda r: r.delta)
    headroom = abs(scores.metric.best - yardstick.estimate)
    answer = _answer(fused, better, headroom, margin)
    needed = None
    if answer == "cannot tell" and champion.delta > 0:
        spread = scores.difference(champion.method, yardstick.method)
        needed = samples_needed(spread, rows)
    interaction = _interaction(contrasts)
    facts = _Facts(table.metric, champion, yardstick, perfect=headroom < margin, tried=len(fused))
    sentences = [
        facts.headline(answer),
        needed_sentence(needed, rows) if answer == "cannot tell" else "",
        _interaction_sentence(contrasts, table.metric),
    ]
    return Verdict(
        answer=answer,
        paragraph=" ".join(s for s in sentences if s),
        best_method=champion.method if answer == "helps" else yardstick.method,
        best_unimodal=yardstick.method,
        interaction=interaction,
        contrasts=contrasts,
        samples_needed=needed,
    )


def samples_needed(difference: Estimate, rows: int) -> int | None:
    """Samples at which the difference seen would be told from none, at 80 % power.

    Args:
        difference: The difference with its standard error at `rows` samples.
        rows: Number of samples it was seen at.

    Returns:
        `rows` times the square of how much the standard error must shrink; at
        least `rows`; None when no difference or no spread was seen.

    Example:
        >>> samples_needed(Estimate(0.02, -0.02, 0.06, 0.02, 0.3), 100)
        785
    """
    if difference.mean <= 0 or difference.standard_error <= 0:
        return None
    reach = norm.ppf(1 - ALPHA / 2) + norm.ppf(0.8)
    factor = (reach * difference.standard_error / difference.mean) ** 2
    return max(rows, math.ceil(rows * float(factor)))


def _significant(p: float | None) -> bool:
    return p is not None and p < ALPHA


def _holds(row: MethodRow) -> bool:
    """Whether resampling samples or groups leaves the gain above zero, where it was done."""
    return row.resampled_low is None or row.resampled_low > 0


def _answer(
    fused: list[MethodRow], better: list[MethodRow], headroom: float, margin: float
) -> Answer:
    if better:
        return "helps"
    none_better = all(r.delta_high < margin for r in fused)
    all_worse = all(_significant(r.p_adjusted) and r.delta < 0 for r in fused)
    if none_better or all_worse or headroom < margin:
        return "does not help"
    return "cannot tell"


@final
@dataclass(frozen=True, slots=True)
class _Facts:
    """What the headline tells of."""

    metric: str
    champion: MethodRow
    yardstick: MethodRow
    perfect: bool
    tried: int

    def headline(self, answer: Answer) -> str:
        """The first sentence of the verdict."""
        yardstick, champion = self.yardstick, self.champion
        alone = (
            f"{yardstick.method} alone ({self.metric} {yardstick.estimate:.3f} "
            f"[{yardstick.low:.3f}, {yardstick.high:.3f}])"
        )
        if answer == "helps":
            return (
                f"Fusing helps: {champion.method} reaches {self.metric} {champion.estimate:.3f} "
                f"[{champion.low:.3f}, {champion.high:.3f}], better than {alone} by "
                f"{_change(champion)} ({self._tested()})."
            )
        gain = (
            f"of the fusion methods the best, {champion.method}, differs from it by "
            f"{_change(champion)} ({self._tested()})"
        )
        if answer == "cannot tell":
            return (
                "One cannot tell whether fusing helps: "
                f"the best single modality is {alone}; {gain}."
            )
        if self.perfect:
            return f"Fusing does not help: {alone} already leaves nothing to gain."
        return (
            "Fusing does not help: "
            f"no method is better than {alone} by an amount that matters; {gain}."
        )

    def _tested(self) -> str:
        corrected = f"after correction for {self.tried} method{'s' * (self.tried > 1)}"
        return f"{_p(self.champion.p_adjusted)} {corrected}"


def _change(row: MethodRow) -> str:
    return f"{row.delta:+.3f} [{row.delta_low:+.3f}, {row.delta_high:+.3f}]"


def needed_sentence(needed: int | None, rows: int) -> str:
    """What more samples would tell.

    Args:
        needed: What `samples_needed` gave.
        rows: Number of samples there are.

    Returns:
        A sentence.
    """
    if needed is None:
        return "No gain was seen that more samples could confirm."
    if needed <= rows:
        return "The difference seen is at the edge of what this many samples can tell."
    return (
        f"If the difference seen is the true one, about {rounded_up(needed)} samples "
        f"(there are {rows:,}) would tell it from none."
    )


def _interaction(contrasts: tuple[Contrast, ...]) -> Interaction:
    if not contrasts:
        return "not tested"
    found = any(c.p_adjusted < ALPHA and c.delta > 0 for c in contrasts)
    return "found" if found else "not found"


def _interaction_sentence(contrasts: tuple[Contrast, ...], metric: str) -> str:
    if not contrasts:
        return ""
    found = [c for c in contrasts if c.p_adjusted < ALPHA and c.delta > 0]
    best = found[0] if found else contrasts[0]
    difference = f"{best.delta:+.3f} {metric} [{best.low:+.3f}, {best.high:+.3f}]"
    if found:
        return (
            f"The modalities interact: {best.better}, which models interactions, is better than "
            f"the {best.reference} method ({difference}, {_p(best.p_adjusted)})."
        )
    return (
        f"No interaction between the modalities was found: {best.better}, which could model one, "
        f"differs from the {best.reference} method by {difference} ({_p(best.p_adjusted)})."
    )


def _p(p: float | None) -> str:
    if p is None:
        return "not tested"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
