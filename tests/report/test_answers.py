"""Each answer says what the numbers say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from consilience.report import answers
from consilience.report.artefacts import StudyFile, read_study
from consilience.report.diagnosis import Bin, Reliability, Residuals, confusions
from consilience.report.figures.folds import Pairs
from consilience.results import Contrast, Finding, MethodRow

WriteRun = Callable[..., Path]


def row(method: str, estimate: float, delta: float, p: float | None) -> MethodRow:
    kind = "unimodal" if p is None else "fusion"
    low, high = delta - 0.01, delta + 0.01
    return MethodRow(method, kind, estimate, estimate, estimate, delta, low, high, p, 1.0)


@pytest.fixture
def study(write_run: WriteRun) -> StudyFile:
    found = read_study(write_run("watch"))
    verdict = replace(found.verdict, best_method="concat", best_unimodal="gyro")
    table = (
        row("concat", 0.9, 0.1, 0.001),
        row("gated", 0.85, 0.05, 0.2),
        row("gyro", 0.8, 0.0, None),
        row("tensor", 0.7, -0.1, 0.01),
    )
    return replace(found, verdict=verdict, table=table)


def test_the_best_method_and_the_recommended_one(study: StudyFile) -> None:
    assert answers.methods_answer(study) == (
        "concat has the best balanced accuracy, 0.900 [0.900, 0.900]."
    )
    other = replace(study, verdict=replace(study.verdict, best_method="gyro"))
    assert answers.methods_answer(other).endswith(
        "Recommended is gyro, 0.800 [0.800, 0.800]: the verdict above says why."
    )


def test_the_smallest_is_best_where_lower_is_better(study: StudyFile) -> None:
    lower = replace(study, plan=replace(study.plan, metric="rmse", higher_is_better=False))
    assert answers.methods_answer(lower).startswith("tensor has the best RMSE, 0.700")


def test_gains_count_only_what_the_adjusted_p_value_carries(study: StudyFile) -> None:
    told = answers.gain_answer(study)
    assert told.startswith("1 of 3 fusion methods is better than gyro")
    assert "; tensor is worse. The largest difference is that of concat: +0.100 [" in told


def test_interactions(study: StudyFile) -> None:
    contrasts = (
        Contrast("gated", "additive", 0.01, -0.01, 0.03, 0.4),
        Contrast("low_rank", "additive", 0.1, 0.05, 0.15, 0.004),
    )
    found = replace(study.verdict, contrasts=contrasts, interaction="found")
    assert answers.interactions_answer(replace(study, verdict=found)) == (
        "Yes: low_rank differs from additive by +0.100 [+0.050, +0.150], adjusted p 0.004."
    )
    absent = replace(found, contrasts=contrasts[:1], interaction="not found")
    assert answers.interactions_answer(replace(study, verdict=absent)).startswith(
        "No evidence for it: no interacting method was shown to be better than additive."
    )


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ((0.6, 0.7), "Yes: concat is better than gyro in all 2 test folds."),
        ((0.6, 0.4), "better than gyro in 1 of 2 test folds, worse in 1."),
        ((0.6, 0.5), "better than gyro in 1 of 2 test folds, worse in 0 and equal in 1."),
        ((0.5, 0.5), "No difference: concat equals gyro in all 2 test folds."),
    ],
)
def test_folds(study: StudyFile, after: tuple[float, float], words: str) -> None:
    values = tuple((0.5, value) for value in after)
    paired = [Pairs("gated", ((0.5, 0.1),), True), Pairs("concat", values, True)]
    assert answers.folds_answer(paired, study).endswith(words)


def test_the_direction_and_hidden_methods_are_told(study: StudyFile) -> None:
    assert "by balanced accuracy: higher is better." in answers.folds_caption(study, 0)
    assert answers.folds_caption(study, 2).endswith("2 more methods not drawn.")


def test_errors_of_classes_and_numbers() -> None:
    found = confusions(list("aabb"), list("abbb"), ["a", "b"])
    assert answers.confusion_answer(found, "m") == (
        "m predicts 75 % of the test samples correctly. Its most frequent error is to take “a” "
        "for “b”: 50 % of the samples of that class."
    )
    told = answers.scatter_answer(Residuals(0.5, 2.0, 1.5, -0.25), "m")
    assert told.endswith("Its predictions lie 0.250 below the truth on average.")


def test_trust_names_the_direction_of_the_error() -> None:
    over = Reliability("p", (Bin(0.9, 0.5, 0.4, 0.6, 10), Bin(0.2, 0.2, 0.1, 0.3, 5)), 0.1, 0.2)
    assert answers.reliability_answer(over, "m").startswith(
        "In 1 of 2 bins the claimed probability lies within the 95 % interval of what came true; "
        "on the whole m claims too much."
    )
    good = Reliability("p", (Bin(0.9, 0.9, 0.8, 1.0, 10),), 0.1, 0.0)
    assert "claims" not in answers.reliability_answer(good, "m")


def test_data_and_audit(study: StudyFile) -> None:
    assert answers.data_answer(study) == (
        "1,149 samples with 2 modalities from 10 groups. The target has 7 classes. "
        "Not every sample has gyroscope."
    )
    assert answers.audit_answer([]) == "The audit found nothing to report."
    findings = [Finding("note", "c", "w", "m", ""), Finding("error", "c", "w", "m", "")]
    assert answers.audit_answer([*findings, findings[0]]) == (
        "The audit before the study found 1 error and 2 notes."
    )


def test_how_it_was_done(study: StudyFile) -> None:
    told = " ".join(answers.how_answer(study))
    assert "split into 5 folds, twice with different shuffles." in told
    assert "Samples of one group are never in training and test at once." in told
    assert "corrected resampled t distribution (Nadeau and Bengio 2003)" in told
    assert "p values are Holm-adjusted over fusion methods" in told
    assert "within 5 min, random state 0" in told
    plan = replace(study.plan, repeats=1, budget_minutes=None, random_state=None)
    told = " ".join(answers.how_answer(replace(study, plan=plan)))
    assert "split into 5 folds. Each" in told
    assert "without a limit of time: " in told
    assert "Time ended" not in told
    plan = replace(study.plan, complete_folds=7)
    told = " ".join(answers.how_answer(replace(study, plan=plan)))
    assert "Time ended after 7 of 10 test folds; all numbers rest on these 7." in told


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-11-24T19:02:59+02:00", "2026-11-24 17:02 UTC"),
        ("2026-11-24T19:02:59Z", "2026-11-24 19:02 UTC"),
        ("2026-11-24T19:02:59", "2026-11-24 19:02"),
        ("yesterday", "yesterday"),
    ],
)
def test_times(created: str, shown: str) -> None:
    assert answers.moment(created) == shown
