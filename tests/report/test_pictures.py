"""Figures are drawn where there are numbers for them, and only there."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from consilience.report.artefacts import read_run
from consilience.report.pictures import pictures
from consilience.results import Quantity

WriteRun = Callable[..., Path]
ALL = {"forest", "gain", "interactions", "folds", "errors", "reliability"}
EXPLAINED = {"information", "patterns", "noise", "learning"}


def shown(folder: Path) -> set[str]:
    return {name for name, figure in pictures(read_run(folder)).figures.items() if figure}


def test_a_classification_study_has_every_figure(write_run: WriteRun) -> None:
    assert shown(write_run("nutrimouse diet")) == ALL


def test_a_regression_study_has_no_probabilities(write_run: WriteRun) -> None:
    expected = (ALL | EXPLAINED) - {"interactions", "reliability"}
    assert shown(write_run("length of stay")) == expected


def test_a_run_of_before_and_one_that_lacks_files_have_no_figures_of_them(
    write_run: WriteRun,
) -> None:
    assert not shown(write_run("forty classes")) & EXPLAINED
    drawn = pictures(read_run(write_run("nutrimouse diet")))
    assert not {"information", "advice", "absence", "noise"} & set(drawn.told)


def test_the_six_most_informative_pairs_are_drawn_and_the_rest_told(write_run: WriteRun) -> None:
    run = read_run(write_run("length of stay"))
    found = run.evidence.interactions
    assert found is not None
    assert len(found.pairs) == 6
    weak = replace(
        found.pairs[0], names=("nothing", "much"), information_12=Quantity(0.0, 0.0, 0.0)
    )
    pairs = (weak, *found.pairs)
    more = replace(run.evidence, interactions=replace(found, pairs=pairs))
    drawn = pictures(replace(run, evidence=more))
    figure = drawn.figures["information"]
    assert figure is not None
    assert "nothing" not in figure.wide
    assert figure.wide.count("Unique to labs") == figure.narrow.count("Unique to labs") > 0
    assert "1 more pair stands in the table" in drawn.told["information_caption"]


def test_no_more_patterns_are_drawn_than_fit(write_run: WriteRun) -> None:
    run = read_run(write_run("length of stay"))
    drawn = pictures(run)
    assert "2 more patterns stand in the table" in drawn.told["absence_caption"]


def test_absence_not_looked_at_leaves_only_the_noise(write_run: WriteRun) -> None:
    run = read_run(write_run("watch"))
    found = run.evidence.robustness
    assert found is not None
    without = replace(run.evidence, robustness=replace(found, patterns=()))
    drawn = pictures(replace(run, evidence=without))
    assert drawn.figures["patterns"] is None
    assert drawn.figures["noise"] is not None


def test_many_classes_become_a_list_of_confusions(write_run: WriteRun) -> None:
    run = read_run(write_run("forty classes"))
    drawn = pictures(run)
    assert drawn.figures["errors"] is None
    assert 0 < len(drawn.confusions) <= 15
    counts = [count for _, _, count, _ in drawn.confusions]
    assert counts == sorted(counts, reverse=True)


def test_single_modalities_alone_have_no_fusion_figures(write_run: WriteRun) -> None:
    run = read_run(write_run("nutrimouse diet"))
    table = tuple(row for row in run.study.table if row.kind == "unimodal")
    verdict = replace(run.study.verdict, contrasts=(), interaction="not tested")
    drawn = pictures(replace(run, study=replace(run.study, table=table, verdict=verdict)))
    assert {name for name, figure in drawn.figures.items() if figure} == {
        "forest",
        "errors",
        "reliability",
    }


def test_no_predictions_no_figures_of_them(write_run: WriteRun) -> None:
    for name in ("nutrimouse diet", "length of stay"):
        run = read_run(write_run(name))
        none = np.zeros(0, dtype=np.int64)
        empty = replace(
            run.predictions,
            row=none,
            repeat=none,
            target=run.predictions.target[:0],
            prediction=run.predictions.prediction[:0],
            probabilities=None,
        )
        drawn = pictures(replace(run, predictions=empty))
        assert drawn.figures["errors"] is None
        assert drawn.figures["reliability"] is None


def test_regression_dots_are_one_a_sample_whatever_the_repeats(write_run: WriteRun) -> None:
    run = read_run(write_run("length of stay"))
    assert len(run.predictions.row) == 640
    figure = pictures(run).figures["errors"]
    assert figure is not None
    assert "320 samples" in figure.wide


def test_both_widths_are_drawn_with_different_ids(write_run: WriteRun) -> None:
    figure = pictures(read_run(write_run())).figures["forest"]
    assert figure is not None
    assert 'id="forest-720-title"' in figure.wide
    assert 'id="forest-344-title"' in figure.narrow
