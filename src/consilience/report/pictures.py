"""All figures of the page, each with the sentence that answers its question."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from markupsafe import Markup

from consilience.report import answers, information, leaning, learning
from consilience.report.artefacts import FoldScore, Run, StudyFile
from consilience.report.diagnosis import confusions, reliability, residuals
from consilience.report.figures.canvas import NARROW, WIDE
from consilience.report.figures.confusion import LIMIT, draw_confusion
from consilience.report.figures.curves import draw_curves
from consilience.report.figures.folds import Pairs, draw_folds, pair_folds
from consilience.report.figures.forest import draw_forest
from consilience.report.figures.gain import draw_gain, draw_interactions
from consilience.report.figures.information import Panel, draw_information
from consilience.report.figures.learning import draw_learning
from consilience.report.figures.patterns import draw_patterns
from consilience.report.figures.reliability import draw_reliability
from consilience.report.figures.scatter import draw_scatter
from consilience.report.labelled import (
    LabelRow,
    label_rows,
    labels_answer,
    labels_reliability,
)
from consilience.results.learning import JOINT

_PANELS = 8
"""Most fusion methods shown fold by fold, in the order of the table."""

_PATTERNS = 12
"""Most patterns of presence drawn: each single absence, then the costliest."""


@final
@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure in two widths; the style sheet shows the one that fits."""

    wide: Markup
    narrow: Markup


@final
@dataclass(frozen=True, slots=True)
class Pictures:
    """What is drawn and said about a run.

    Attributes:
        figures: The figures by name; None where there is nothing to draw.
        told: Answers and captions by name.
        confusions: The most frequent errors as true class, predicted class,
            count and share, where the classes are too many for a matrix.
        labels: How well each of several labels was predicted, the worst first.
    """

    figures: Mapping[str, Drawing | None]
    told: Mapping[str, str]
    confusions: Sequence[tuple[str, str, int, float]] = ()
    labels: Sequence[LabelRow] = ()


def pictures(run: Run) -> Pictures:
    """Draws every figure that the run has numbers for.

    Args:
        run: The artefacts.

    Returns:
        Figures with their answers; each figure has one of the names `forest`,
        `gain`, `interactions`, `information`, `patterns`, `noise`, `learning`, `folds`,
        `errors` and `reliability`.
    """
    errors = _ERRORS[run.study.data.target.task](run)
    parts = [
        _methods(run.study),
        _gain(run.study),
        _interactions(run.study),
        _information(run),
        _patterns(run),
        _noise(run),
        _learning(run),
        _folds(run),
        errors,
    ]
    figures: dict[str, Drawing | None] = {}
    told: dict[str, str] = {}
    for part in parts:
        figures |= part.figures
        told |= part.told
    return Pictures(figures, told, errors.confusions, errors.labels)


def _methods(study: StudyFile) -> Pictures:
    figure = _both(
        "forest",
        draw_forest,
        study.table,
        metric=study.plan.metric,
        higher_is_better=study.plan.higher_is_better,
        best_method=study.verdict.best_method,
        best_unimodal=study.verdict.best_unimodal,
    )
    return Pictures({"forest": figure}, {"methods": answers.methods_answer(study)})


def _gain(study: StudyFile) -> Pictures:
    if not _fused(study):
        return Pictures({"gain": None}, {})
    options = {"metric": study.plan.metric, "best_unimodal": study.verdict.best_unimodal}
    figure = _both("gain", draw_gain, study.table, **options)
    return Pictures({"gain": figure}, {"gain": answers.gain_answer(study)})


def _interactions(study: StudyFile) -> Pictures:
    contrasts = study.verdict.contrasts
    if not contrasts:
        return Pictures({"interactions": None}, {})
    figure = _both("interactions", draw_interactions, contrasts, metric=study.plan.metric)
    told = {"interactions": answers.interactions_answer(study)}
    return Pictures({"interactions": figure}, told)


def _information(run: Run) -> Pictures:
    found = run.evidence.interactions
    if found is None:
        return Pictures({"information": None}, {})
    panels = [
        Panel(pair.title, {information.labels(*pair.names)[n]: q for n, q in pair.atoms.items()})
        for pair in information.drawn_pairs(found)
    ]
    told = {
        "information": information.information_answer(found),
        "information_caption": information.information_caption(found, _counts(run)) + _one(run),
        "advice": information.advice(
            run.evidence.recommendation or found.recommend(), run.study.verdict.interaction
        ),
    }
    return Pictures({"information": _both("information", draw_information, panels)}, told)


def _counts(run: Run) -> Sequence[int] | None:
    """Samples of each class; unknown of the combinations of several labels."""
    target = run.study.data.target
    return None if target.task == "multilabel" else target.counts


def _one(run: Run) -> str:
    if run.study.data.target.task != "multilabel":
        return ""
    return " The labels are taken together: each of their combinations counts as a class."


def _patterns(run: Run) -> Pictures:
    found = run.evidence.robustness
    answer = None if found is None else leaning.absence_answer(found)
    if found is None or answer is None:
        return Pictures({"patterns": None}, {})
    ranked = leaning.ranked_patterns(found)
    options = {"metric": found.metric, "higher_is_better": found.higher_is_better}
    shown = [(leaning.pattern_name(pattern), pattern) for pattern in ranked[:_PATTERNS]]
    figure = _both("patterns", draw_patterns, shown, found.clean, **options)
    caption = leaning.absence_caption(len(ranked) - _PATTERNS, found)
    return Pictures({"patterns": figure}, {"absence": answer, "absence_caption": caption})


def _noise(run: Run) -> Pictures:
    found = run.evidence.robustness
    answer = None if found is None else leaning.noise_answer(found)
    if found is None or answer is None:
        return Pictures({"noise": None}, {})
    ranked = leaning.ranked_curves(found)
    figure = _both("noise", draw_curves, ranked[:_PANELS], found.clean, metric=found.metric)
    caption = leaning.noise_caption(len(ranked) - _PANELS, found)
    return Pictures({"noise": figure}, {"noise": answer, "noise_caption": caption})


def _learning(run: Run) -> Pictures:
    found = run.evidence.learning
    if found is None:
        return Pictures({"learning": None}, {})
    told = {"learning": learning.learning_answer(found), "gap": learning.gap_answer(found)}
    used = learning.use_answer(found)
    told |= {"use": used or ""}
    if not found.trainings:
        return Pictures({"learning": None}, told)
    curves = {learning.heading_of(n): h for n, h in found.trainings[0].curves.items()}
    joint = learning.heading_of(JOINT)
    told["learning_caption"] = learning.learning_caption(found.trainings)
    return Pictures({"learning": _both("learning", draw_learning, curves, joint=joint)}, told)


def _folds(run: Run) -> Pictures:
    study = run.study
    paired = _paired(run.scores, _fused(study), study)
    if not paired:
        return Pictures({"folds": None}, {})
    options = {"metric": study.plan.metric, "yardstick": study.verdict.best_unimodal}
    figure = _both("folds", draw_folds, paired[:_PANELS], **options)
    told = {
        "folds": answers.folds_answer(paired, study),
        "folds_caption": answers.folds_caption(study, len(paired) - _PANELS),
    }
    return Pictures({"folds": figure}, told)


def _fused(study: StudyFile) -> list[str]:
    return [row.method for row in study.table if row.kind == "fusion"]


def _paired(
    scores: tuple[FoldScore, ...], methods: list[str], study: StudyFile
) -> tuple[Pairs, ...]:
    values: Mapping[str, dict[tuple[int, int], float]] = defaultdict(dict)
    for score in scores:
        values[score.method][score.repeat, score.fold] = score.value
    return pair_folds(
        values,
        methods,
        yardstick=study.verdict.best_unimodal,
        higher_is_better=study.plan.higher_is_better,
    )


def _regression(run: Run) -> Pictures:
    made = run.predictions
    finite = np.isfinite(made.target) & np.isfinite(made.prediction)
    first = made.repeat == made.repeat[finite].min(initial=np.iinfo(np.int64).max)
    keep = finite & first
    if not keep.any():
        return _NOTHING
    true, guess = made.target[keep], made.prediction[keep]
    figure = _both("errors", draw_scatter, true, guess, method=made.method)
    told = {
        "errors": answers.scatter_answer(residuals(true, guess), made.method),
        "errors_caption": "One dot is one test sample in the first repeat; on the dashed line, "
        "the prediction is right.",
    }
    return Pictures({"errors": figure, "reliability": None}, told)


def _classes(run: Run) -> Pictures:
    made, classes = run.predictions, run.study.data.target.classes or ()
    if not len(made.target):
        return _NOTHING
    found = confusions(made.target, made.prediction, classes)
    small = len(found.classes) <= LIMIT
    errors = _both("errors", draw_confusion, found, method=made.method) if small else None
    trust = _trust(run)
    told = {
        "errors": answers.confusion_answer(found, made.method),
        "errors_caption": "Each row adds up to 100: of the samples of a true class, the share in "
        "per cent predicted as each class, over all test folds and repeats.",
    }
    return Pictures(
        {"errors": errors} | dict(trust.figures),
        told | dict(trust.told),
        () if small else found.worst(15),
    )


def _labels(run: Run) -> Pictures:
    made, names = run.predictions, run.study.data.target.classes or ()
    if not len(made.target):
        return _NOTHING
    repeats = max(len(np.unique(made.repeat)), 1)
    rows = label_rows(made.target, made.prediction, made.probabilities, names, repeats=repeats)
    right = float((made.target == made.prediction).all(axis=1).mean())
    trust = _trust(run)
    told = {"errors": labels_answer(rows, right, made.method)}
    return Pictures({"errors": None} | dict(trust.figures), told | dict(trust.told), labels=rows)


def _trust(run: Run) -> Pictures:
    made, classes = run.predictions, run.study.data.target.classes or ()
    if made.probabilities is None:
        return Pictures({"reliability": None}, {})
    repeats = max(len(np.unique(made.repeat)), 1)
    if made.target.ndim == 2:
        trust = labels_reliability(made.target, made.probabilities, repeats=repeats)
    else:
        trust = reliability(made.target, made.probabilities, classes, repeats=repeats)
    figure = _both("reliability", draw_reliability, trust, method=made.method)
    told = {
        "reliability": answers.reliability_answer(trust, made.method),
        "reliability_caption": f"The {trust.event}, in ten bins of equal width, against the share "
        "that came true; on the dashed line, claims hold. Vertical bars are 95 % Wilson "
        "intervals that take samples as independent and count each once.",
    }
    return Pictures({"reliability": figure}, told)


def _both(name: str, draw: Callable[..., str], /, *rows: object, **options: object) -> Drawing:
    return Drawing(
        *(
            Markup(draw(*rows, **options, name=f"{name}-{width}", width=width))  # noqa: S704  our own drawing
            for width in (WIDE, NARROW)
        )
    )


_ERRORS: Mapping[str, Callable[[Run], Pictures]] = {
    "classification": _classes,
    "multilabel": _labels,
    "regression": _regression,
}

_NOTHING = Pictures({"errors": None, "reliability": None}, {})
