"""The head of the page compares the recommended method with its rival."""

from collections.abc import Callable
from pathlib import Path

import pytest

from consilience.report.artefacts import read_study
from consilience.report.facts import head

WriteRun = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "answer", "tone"),
    [
        ("watch", "Fusing helps", "helps"),
        ("nutrimouse diet", "Fusing does not help", "not"),
        ("length of stay", "Cannot tell yet", "open"),
    ],
)
def test_answers_and_tones(write_run: WriteRun, name: str, answer: str, tone: str) -> None:
    top = head(read_study(write_run(name)))
    assert (top["answer"], top["tone"]) == (answer, tone)
    assert top["created"] == "2026-11-24 19:02 UTC"


def test_a_fusion_method_is_set_beside_the_best_single_modality(write_run: WriteRun) -> None:
    study = read_study(write_run("watch"))
    facts = {fact.name: fact for fact in head(study)["facts"]}
    best = study.row(study.verdict.best_method)
    assert facts["Recommended method"].value == best.method
    assert facts["Best single modality"].value == study.verdict.best_unimodal
    assert facts["Difference by fusing"].value == f"+{best.delta:.3f}"
    assert facts["Samples"].more == "2 modalities, 10 groups"
    assert "Samples needed" not in facts


def test_a_single_modality_is_set_beside_the_best_fusion_method(write_run: WriteRun) -> None:
    study = read_study(write_run("length of stay"))
    facts = {fact.name: fact for fact in head(study)["facts"]}
    rival = max((r for r in study.table if r.kind == "fusion"), key=lambda r: r.delta)
    assert facts["Best fusion method"].value == rival.method
    assert facts["Metric"].more == "lower is better"
    assert facts["Samples needed"].value == "about 1,900"
    assert "Interactions" not in facts
