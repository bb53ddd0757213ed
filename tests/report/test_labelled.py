"""Several labels a sample: how well each was predicted, against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from consilience.report.labelled import (
    LabelRow,
    auroc,
    label_rows,
    labels_answer,
    labels_reliability,
)

RNG = np.random.default_rng(0)
P = np.round(RNG.random((80, 3)), 1)
Y = (P + RNG.normal(size=(80, 3)) * [0.2, 0.5, 1.0] > 0.5).astype(np.int64)
GUESS = (P > 0.5).astype(np.int64)
NAMES = ("rash", "fever", "cough")


def test_each_label_agrees_with_scikit_learn() -> None:
    found = {row.name: row for row in label_rows(Y, GUESS, P, NAMES)}
    for k, name in enumerate(NAMES):
        row = found[name]
        assert row.positive == Y[:, k].sum()
        assert row.precision == pytest.approx(sk.precision_score(Y[:, k], GUESS[:, k]))
        assert row.recall == pytest.approx(sk.recall_score(Y[:, k], GUESS[:, k]))
        assert row.f1 == pytest.approx(sk.f1_score(Y[:, k], GUESS[:, k]))
        assert row.auroc == pytest.approx(sk.roc_auc_score(Y[:, k], P[:, k]))


def test_the_worst_label_stands_first_and_samples_count_once() -> None:
    y, guess, p = (np.concatenate([x, x]) for x in (Y, GUESS, P))
    rows = label_rows(y, guess, p, NAMES, repeats=2)
    assert rows == label_rows(Y, GUESS, P, NAMES)
    assert [row.auroc for row in rows] == sorted(row.auroc for row in rows)
    bare = label_rows(Y, GUESS, None, NAMES)
    assert [row.f1 for row in bare] == sorted(row.f1 for row in bare)


def test_what_is_not_defined_is_no_number() -> None:
    (row,) = label_rows(np.zeros((3, 1)), np.zeros((3, 1)), None, ["never"])
    assert row.positive == 0
    assert all(map(math.isnan, (row.precision, row.recall, row.f1, row.auroc)))
    assert math.isnan(auroc(np.array([True, True]), np.array([0.1, 0.2])))


def test_the_answer_names_the_worst_the_best_and_those_never_predicted() -> None:
    rows = (
        LabelRow("rash", 4, math.nan, 0.0, 0.0, 0.55),
        LabelRow("fever", 1200, 0.9, 0.8, 0.85, 0.95),
    )
    assert labels_answer(rows, 0.625, "additive") == (
        "additive predicts all labels of 62 % of the test samples correctly. It tells rash worst "
        "(AUROC 0.550, 4 samples have it) and fever best (0.950, 1,200). It never predicts rash."
    )
    assert labels_answer(rows[1:], 0.5, "m") == (
        "m predicts all labels of 50 % of the test samples correctly."
    )


def test_probabilities_of_all_labels_are_held_against_what_came_true() -> None:
    told = labels_reliability(Y, P)
    assert told.event == "probability of a label"
    assert sum(one.count for one in told.bins) == Y.size
    assert told.brier == pytest.approx(np.mean((P - Y) ** 2))
    tenth = told.bins[3]
    inside = (P >= 0.3) & (P < 0.4)
    assert tenth.observed == pytest.approx(Y[inside].mean())
    wide = labels_reliability(np.repeat(Y, 2, axis=1), np.repeat(P, 2, axis=1)).bins[3]
    assert (wide.low, wide.high) == pytest.approx((tenth.low, tenth.high))
