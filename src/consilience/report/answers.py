"""Each question of the report answered in a sentence or two."""

from collections.abc import Sequence
from datetime import UTC, datetime

from consilience.report.artefacts import StudyFile
from consilience.report.diagnosis import Confusions, Reliability, Residuals
from consilience.report.figures.folds import Pairs
from consilience.report.words import (
    interval,
    listing,
    metric_name,
    number,
    p_value,
    percent,
    plural,
    signed,
)
from consilience.results import Finding, MethodRow


def moment(created: str) -> str:
    """A time in ISO form as a reader expects it; other texts as they are.

    Example:
        >>> moment("2026-11-24T19:02:59+00:00")
        '2026-11-24 19:02 UTC'
    """
    try:
        time = datetime.fromisoformat(created)
    except ValueError:
        return created
    if time.tzinfo is None:
        return f"{time:%Y-%m-%d %H:%M}"
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def methods_answer(study: StudyFile) -> str:
    """Which method predicts best?"""
    order = 1 if study.plan.higher_is_better else -1
    best = max(study.table, key=lambda row: order * row.estimate)
    label = metric_name(study.plan.metric)
    words = (
        f"{best.method} has the best {label}, {number(best.estimate)} "
        f"{interval(best.low, best.high)}."
    )
    chosen = study.verdict.best_method
    if chosen != best.method:
        row = study.row(chosen)
        words += (
            f" Recommended is {chosen}, {number(row.estimate)} {interval(row.low, row.high)}: "
            "the verdict above says why."
        )
    return words


def gain_answer(study: StudyFile) -> str:
    """Is fusing worth it?"""
    fused = [row for row in study.table if row.kind == "fusion"]
    told = [row for row in fused if row.p_adjusted is not None and row.p_adjusted < 0.05]
    better = [row.method for row in told if row.delta > 0]
    worse = [row.method for row in told if row.delta < 0]
    top = max(fused, key=lambda row: row.delta)
    count = f"{len(better) or 'None'} of {plural(len(fused), 'fusion method')}"
    words = (
        f"{count} {'is' if len(better) < 2 else 'are'} better than {study.verdict.best_unimodal}, "
        "the best single modality, by more than chance explains (adjusted p below 0.05)"
    )
    if worse:
        words += f"; {listing(worse)} {'is' if len(worse) == 1 else 'are'} worse"
    return f"{words}. The largest difference is that of {_difference(top)}."


def _difference(row: MethodRow) -> str:
    tested = "" if row.p_adjusted is None else f", adjusted p {p_value(row.p_adjusted)}"
    shown = interval(row.delta_low, row.delta_high, sign=True)
    return f"{row.method}: {signed(row.delta)} {shown}{tested}"


def interactions_answer(study: StudyFile) -> str:
    """Are interactions worth modelling?"""
    contrasts = study.verdict.contrasts
    references = listing(sorted({contrast.reference for contrast in contrasts}))
    top = max(contrasts, key=lambda contrast: contrast.delta)
    shown = (
        f"{top.better} differs from {top.reference} by {signed(top.delta)} "
        f"{interval(top.low, top.high, sign=True)}, adjusted p {p_value(top.p_adjusted)}"
    )
    if study.verdict.interaction == "found":
        return f"Yes: {shown}."
    if study.verdict.interaction == "not found":
        return (
            f"No evidence for it: no interacting method was shown to be better than {references}. "
            f"Closest to it, {shown}."
        )
    return f"This was not tested; {shown}."


def folds_answer(paired: Sequence[Pairs], study: StudyFile) -> str:
    """Does it hold in every fold?"""
    fusion = [row for row in study.table if row.kind == "fusion"]
    order = {row.method: row.delta for row in fusion}
    best = max(paired, key=lambda pairs: order.get(pairs.method, float("-inf")))
    total = len(best.values)
    wins, losses = best.signs.count(1), best.signs.count(-1)
    yardstick = study.verdict.best_unimodal
    if wins == total:
        return f"Yes: {best.method} is better than {yardstick} in all {total} test folds."
    if not wins and not losses:
        return f"No difference: {best.method} equals {yardstick} in all {total} test folds."
    ties = f" and equal in {total - wins - losses}" if total > wins + losses else ""
    return (
        f"Not in every one: {best.method} is better than {yardstick} in {wins} of {total} "
        f"test folds, worse in {losses}{ties}."
    )


def folds_caption(study: StudyFile, hidden: int) -> str:
    """How to read the values fold by fold; `hidden` methods are not drawn."""
    direction = "higher" if study.plan.higher_is_better else "lower"
    more = f" {plural(hidden, 'more method')} not drawn." if hidden > 0 else ""
    return (
        f"Each line is one test fold, from {study.verdict.best_unimodal} on the left to the "
        f"fusion method on the right, by {metric_name(study.plan.metric)}: {direction} is better. "
        f"Solid lines are better with fusion, dashed lines worse, dotted lines equal.{more}"
    )


def confusion_answer(found: Confusions, method: str) -> str:
    """Where does the best model err, for classes?"""
    accuracy = float(found.counts.trace() / max(found.counts.sum(), 1))
    words = f"{method} predicts {percent(accuracy)} of the test samples correctly."
    worst = found.worst(1)
    if not worst:
        return words
    true, guess, _, share = worst[0]
    return (
        f"{words} Its most frequent error is to take “{true}” for “{guess}”: "
        f"{percent(share)} of the samples of that class."
    )


def scatter_answer(told: Residuals, method: str) -> str:
    """Where does the best model err, for numbers?"""
    side = "above" if told.bias > 0 else "below"
    return (
        f"{method} misses the true value by {number(told.mae)} on average (root mean squared "
        f"error {number(told.rmse)}, R² {number(told.r2)}). Its predictions lie "
        f"{number(abs(told.bias))} {side} the truth on average."
    )


def reliability_answer(told: Reliability, method: str) -> str:
    """Can its probabilities be trusted?"""
    outside = sum(not one.low <= one.claimed <= one.high for one in told.bins)
    total = len(told.bins)
    held = (
        f"In all {total} bins the claimed probability lies"
        if not outside
        else f"In {total - outside} of {total} bins the claimed probability lies"
    )
    if total == 1:
        held = f"The claimed probability {'does not lie' if outside else 'lies'}"
    claimed = sum(one.claimed * one.count for one in told.bins)
    came_true = sum(one.observed * one.count for one in told.bins)
    lean = "claims too much" if claimed > came_true else "claims too little"
    tail = f"; on the whole {method} {lean}" if outside else ""
    return (
        f"{held} within the 95 % interval of what came true{tail}. Expected calibration error "
        f"{number(told.ece)}, Brier score {number(told.brier)}."
    )


def data_answer(study: StudyFile) -> str:
    """What are the data?"""
    data = study.data
    words = f"{plural(data.rows, 'sample')} with {plural(len(data.modalities), 'modality')}"
    if data.groups is not None:
        words += f" from {plural(data.groups, 'group')}"
    lacking = [one.name for one in data.modalities if one.present < 1]
    absent = f" Not every sample has {listing(lacking)}." if lacking else ""
    many = len(data.target.classes or ())
    what = {
        "classification": f"The target has {plural(many, 'class')}",
        "multilabel": f"The target is {plural(many, 'label')}, any number of them a sample",
        "regression": "The target is a number",
    }[data.target.task]
    return f"{words}. {what}.{absent}"


def audit_answer(findings: Sequence[Finding]) -> str:
    """What should you know about the data?"""
    if not findings:
        return "The audit found nothing to report."
    counts = [
        plural(sum(f.severity == severity for f in findings), severity)
        for severity in ("error", "warning", "note")
        if any(f.severity == severity for f in findings)
    ]
    return f"The audit before the study found {listing(counts)}."


def how_answer(study: StudyFile) -> list[str]:
    """How was this done?"""
    plan, data = study.plan, study.data
    often = {1: "", 2: ", twice"}.get(plan.repeats, f", {plan.repeats} times")
    times = f"{often} with different shuffles" if often else ""
    kept = {"classification": "classes", "multilabel": "labels"}.get(data.target.task)
    stratified = f" Folds keep the shares of the {kept} as equal as they can." if kept else ""
    grouped = (
        " Samples of one group are never in training and test at once."
        if data.groups is not None
        else ""
    )
    budget = (
        "without a limit of time"
        if plan.budget_minutes is None
        else f"within {number(plan.budget_minutes).rstrip('0').rstrip('.')} min"
    )
    planned = plan.folds * plan.repeats
    done = planned if plan.complete_folds is None else plan.complete_folds
    cut = (
        f" Time ended after {done} of {planned} test folds; all numbers rest on these {done}."
        if done < planned
        else ""
    )
    if plan.max_epochs is not None:
        cut += f" Every training had at most {plural(plan.max_epochs, 'epoch')}."
    seed = "" if plan.random_state is None else f", random state {plan.random_state}"
    return [
        f"The {plural(data.rows, 'sample')} were split into {plural(plan.folds, 'fold')}{times}. "
        "Each method was trained on all folds but one and scored on the one left out, with the "
        f"same splits for every method, so that differences are paired.{grouped}{stratified}",
        f"{plural(len(plan.methods), 'method')} were compared by {metric_name(plan.metric)} "
        f"{budget}{seed}: {listing(list(plan.methods))}. Single modalities went through the same "
        f"training as fusion methods.{cut}",
        "95 % intervals are from the corrected resampled t distribution (Nadeau and Bengio "
        "2003), which allows for the overlap of training sets; p values are Holm-adjusted over "
        "fusion methods.",
        "Every prediction in this report is for a sample that its model was not trained on.",
    ]
