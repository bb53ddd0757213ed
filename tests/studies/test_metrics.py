import math

import numpy as np
import pytest
from sklearn import metrics as sk

from consilience.errors import ConfigurationError
from consilience.studies.metrics import metric_named, metrics_for

RNG = np.random.default_rng(0)
Y2, Y3 = RNG.integers(2, size=50), RNG.integers(3, size=50)
P2 = RNG.dirichlet([1, 1], size=50)
P3 = RNG.dirichlet([1, 1, 1], size=50)
G2, G3 = P2.argmax(axis=1), P3.argmax(axis=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", sk.accuracy_score(Y2, G2)),
        ("balanced_accuracy", sk.balanced_accuracy_score(Y2, G2)),
        ("auroc", sk.roc_auc_score(Y2, P2[:, 1])),
        ("average_precision", sk.average_precision_score(Y2, P2[:, 1])),
        ("macro_f1", sk.f1_score(Y2, G2, average="macro")),
        ("log_loss", sk.log_loss(Y2, P2)),
        ("brier", 2 * sk.brier_score_loss(Y2, P2[:, 1])),
    ],
)
def test_two_classes_agree_with_scikit_learn(name: str, expected: float) -> None:
    assert metric_named(name, "classification", 2).score(Y2, G2, P2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", sk.accuracy_score(Y3, G3)),
        ("balanced_accuracy", sk.balanced_accuracy_score(Y3, G3)),
        ("auroc", sk.roc_auc_score(Y3, P3, multi_class="ovr")),
        ("average_precision", sk.average_precision_score(np.eye(3)[Y3], P3)),
        ("macro_f1", sk.f1_score(Y3, G3, average="macro")),
        ("log_loss", sk.log_loss(Y3, P3)),
    ],
)
def test_three_classes_agree_with_scikit_learn(name: str, expected: float) -> None:
    assert metric_named(name, "classification", 3).score(Y3, G3, P3) == pytest.approx(expected)


def test_several_labels_agree_with_scikit_learn() -> None:
    y = RNG.integers(2, size=(50, 3))
    p = RNG.random((50, 3))
    guess = (p > 0.5).astype(int)
    expected = {
        "auroc": sk.roc_auc_score(y, p, average="macro"),
        "average_precision": sk.average_precision_score(y, p, average="macro"),
        "accuracy": sk.accuracy_score(y, guess),
        "micro_f1": sk.f1_score(y, guess, average="micro"),
        "macro_f1": sk.f1_score(y, guess, average="macro"),
        "hamming_loss": sk.hamming_loss(y, guess),
        "log_loss": np.mean([sk.log_loss(y[:, k], p[:, k]) for k in range(3)]),
        "brier": np.mean([sk.brier_score_loss(y[:, k], p[:, k]) for k in range(3)]),
    }
    found = {m.name: m.score(y, guess, p) for m in metrics_for("multilabel")}
    assert found == pytest.approx(expected)
    assert metric_named(None, "multilabel", 0).name == "auroc"


def test_labels_that_do_not_occur_both_ways_are_left_out_of_a_mean() -> None:
    y, p = np.array([[0, 1], [1, 1], [0, 1]]), np.array([[0.6, 0.2], [0.4, 0.9], [0.1, 0.5]])
    auroc = metric_named("auroc", "multilabel", 0).score
    assert auroc(y, y, p) == 0.5
    assert math.isnan(auroc(y[:, [1, 1]], y, p))


def test_names_of_other_libraries_lead_to_ours() -> None:
    with pytest.raises(ConfigurationError) as raised:
        metric_named("subset_accuracy", "multilabel", 0)
    assert str(raised.value) == (
        "metric 'subset_accuracy' is not one for several labels a sample; here it is 'accuracy'"
    )


def test_quantities_agree_with_scikit_learn() -> None:
    y, guess = RNG.normal(size=(2, 40))
    expected = {
        "r2": sk.r2_score(y, guess),
        "rmse": sk.root_mean_squared_error(y, guess),
        "mae": sk.mean_absolute_error(y, guess),
    }
    found = {m.name: m.score(y, guess, None) for m in metrics_for("regression")}
    assert found == pytest.approx(expected)


def test_perfect_predictions_reach_the_best_value() -> None:
    for metric in metrics_for("classification"):
        assert metric.score(Y3, Y3, np.eye(3)[Y3]) == pytest.approx(metric.best, abs=1e-12)
    y = RNG.normal(size=9)
    for metric in metrics_for("regression"):
        assert metric.score(y, y, None) == metric.best


def test_orientation_is_stated_rightly() -> None:
    better, worse = np.eye(3)[Y3] * 0.8 + 0.2 / 3, P3
    for metric in metrics_for("classification"):
        gain = metric.score(Y3, better.argmax(axis=1), better) - metric.score(
            Y3, worse.argmax(axis=1), worse
        )
        assert (gain > 0) == metric.higher_is_better


def test_a_fold_without_a_class_gives_no_curve_for_it() -> None:
    auroc = metric_named("auroc", "classification", 3)
    y = np.array([0, 0, 1, 1])
    p = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.8, 0.0], [0.7, 0.3, 0.0]])
    assert auroc.score(y, p.argmax(axis=1), p) == pytest.approx(0.75)
    assert math.isnan(auroc.score(np.zeros(3, dtype=int), np.zeros(3, dtype=int), p[:3]))


def test_the_usual_metric_and_the_nearest_name() -> None:
    assert metric_named(None, "classification", 2).name == "auroc"
    assert metric_named(None, "classification", 5).name == "accuracy"
    assert metric_named(None, "regression", 0).name == "r2"
    with pytest.raises(ConfigurationError, match=r"'acuracy' is not one .* mean 'accuracy'"):
        metric_named("acuracy", "classification", 2)
    with pytest.raises(ConfigurationError, match="'auroc' is not one for regression"):
        metric_named("auroc", "regression", 0)
