"""Scores of weighted samples, against scikit-learn."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as sk

from consilience.errors import ConfigurationError, DataError
from consilience.quantification.scoring import SCORES, Outputs, score_named, score_of

RNG = np.random.default_rng(0)
N = 60
WEIGHTS = RNG.integers(0, 4, (5, N)).astype(np.float64)


def _outputs(classes: int) -> Outputs:
    codes = RNG.integers(0, classes, N)
    p = np.round(RNG.dirichlet(np.ones(classes) + 1, N) + 0.2 * np.eye(classes)[codes], 1)
    p /= p.sum(axis=1, keepdims=True)
    labels = np.array([f"class {k}" for k in range(classes)])
    return Outputs(labels[codes], labels[p.argmax(axis=1)], codes, p)


TWO, FOUR = _outputs(2), _outputs(4)
CHANCES = np.round(RNG.random((N, 3)), 1)
LABELS = (CHANCES + RNG.normal(size=(N, 3)) / 3 > 0.5).astype(np.int64)
THREE_LABELS = Outputs(LABELS, (CHANCES > 0.5).astype(np.int64), None, CHANCES)
Y = RNG.normal(size=N) + 1e3
QUANTITIES = Outputs(Y, Y + RNG.normal(size=N) / 3)


def _known(out: Outputs) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    assert out.codes is not None
    assert out.probabilities is not None
    return out.codes, out.probabilities


PLAIN: dict[str, Any] = {
    "accuracy": sk.accuracy_score,
    "r2": sk.r2_score,
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
}


def _expected(name: str, out: Outputs, w: NDArray[np.float64]) -> Any:
    if name in PLAIN:
        return PLAIN[name](out.truth, out.guess, sample_weight=w)
    if out.truth.ndim == 2:
        return _expected_of_labels(name, out, w)
    codes, p = _known(out)
    if name == "log_loss":
        return sk.log_loss(codes, p, sample_weight=w)
    if p.shape[1] == 2:
        return sk.roc_auc_score(codes, p[:, 1], sample_weight=w)
    return np.mean(
        [sk.roc_auc_score(codes == k, p[:, k], sample_weight=w) for k in range(p.shape[1])]
    )


def _expected_of_labels(name: str, out: Outputs, w: NDArray[np.float64]) -> Any:
    y, guess, p = out.truth, out.guess, out.probabilities
    assert p is not None
    by: dict[str, tuple[Any, NDArray[Any]]] = {
        "auroc": (sk.roc_auc_score, p),
        "hamming_loss": (sk.zero_one_loss, guess),
        "log_loss": (sk.log_loss, p),
        "brier": (sk.brier_score_loss, p),
    }
    if name in by:
        score, said = by[name]
        return np.mean([score(y[:, k], said[:, k], sample_weight=w) for k in range(3)])
    if name == "accuracy":
        return sk.accuracy_score(y, guess, sample_weight=w)
    return sk.f1_score(y, guess, average=name.removesuffix("_f1"), sample_weight=w)


OUTPUTS = {
    "classification": (TWO, FOUR),
    "multilabel": (THREE_LABELS,),
    "regression": (QUANTITIES,),
}


@pytest.mark.parametrize("score", SCORES, ids=lambda s: f"{s.task} {s.name}")
def test_every_score_of_weighted_samples_is_scikit_learns(score: Any) -> None:
    for out in OUTPUTS[score.task]:
        expected = [_expected(score.name, out, w) for w in WEIGHTS]
        assert score.prepare(out)(WEIGHTS) == pytest.approx(expected, rel=1e-9)
        assert score.limits[0] < min(expected) < max(expected) < score.limits[1]


def test_a_resample_without_a_class_leaves_that_class_out() -> None:
    codes, p = _known(FOUR)
    auroc = score_named("auroc", "classification", classes=4, probable=True).prepare(FOUR)
    w = WEIGHTS[:1] * (codes != 3)
    kept = [sk.roc_auc_score(codes == k, p[:, k], sample_weight=w[0]) for k in range(3)]
    assert auroc(w) == pytest.approx([np.mean(kept)])
    assert np.isnan(auroc(WEIGHTS[:1] * (codes == 0)))


def test_a_resample_in_which_a_label_is_constant_leaves_that_label_out() -> None:
    auroc = score_named("auroc", "multilabel", classes=3, probable=True).prepare(THREE_LABELS)
    w = WEIGHTS[:1] * (LABELS[:, 2] == 1)
    kept = [sk.roc_auc_score(LABELS[:, k], CHANCES[:, k], sample_weight=w[0]) for k in range(2)]
    assert auroc(w) == pytest.approx([np.mean(kept)])
    assert np.isnan(auroc(WEIGHTS[:1] * 0 + (np.arange(N) == 0))).all()


def test_a_label_neither_there_nor_predicted_has_an_f1_of_nothing() -> None:
    none = Outputs(np.zeros((N, 2), int), np.zeros((N, 2), int), None, np.zeros((N, 2)))
    for name in ("micro_f1", "macro_f1"):
        score = score_named(name, "multilabel", classes=2, probable=True)
        assert score.prepare(none)(WEIGHTS).tolist() == [0.0] * len(WEIGHTS)


def test_several_labels_are_judged_by_their_mean_auroc_unless_told_otherwise() -> None:
    assert score_named(None, "multilabel", classes=3, probable=True).name == "auroc"
    assert score_named(None, "multilabel", classes=3, probable=False).name == "accuracy"


def test_quantities_that_do_not_vary_have_no_r2() -> None:
    r2 = score_named(None, "regression", classes=0, probable=False).prepare(QUANTITIES)
    only = np.zeros((1, N))
    only[0, 3] = 5.0
    assert np.isnan(r2(only))


def test_any_function_is_computed_on_the_repeated_rows() -> None:
    score = score_of(sk.cohen_kappa_score, higher_is_better=True)
    rows = [np.repeat(np.arange(N), w.astype(int)) for w in WEIGHTS]
    expected = [sk.cohen_kappa_score(FOUR.truth[r], FOUR.guess[r]) for r in rows]
    assert score.prepare(FOUR)(WEIGHTS) == pytest.approx(expected)
    assert (score.name, score.task) == ("cohen_kappa_score", None)


@pytest.mark.parametrize(
    ("task", "classes", "probable", "name"),
    [
        ("regression", 0, False, "r2"),
        ("classification", 2, True, "auroc"),
        ("classification", 2, False, "accuracy"),
        ("classification", 3, True, "accuracy"),
    ],
)
def test_the_usual_score(task: Any, classes: int, probable: bool, name: str) -> None:  # noqa: FBT001  a case
    assert score_named(None, task, classes=classes, probable=probable).name == name


def test_what_cannot_be_scored_is_told() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^metric 'acuracy' is not one for classification; did you mean 'accuracy' or",
    ):
        score_named("acuracy", "classification", classes=2, probable=True)
    with pytest.raises(ConfigurationError, match=r"^metric 'r2' is not one for classification"):
        score_named("r2", "classification", classes=2, probable=True)
    with pytest.raises(ConfigurationError, match=r"needs predict_proba, which the model lacks"):
        score_named("auroc", "classification", classes=2, probable=False)
    codes, p = _known(TWO)
    unknown = Outputs(TWO.truth, TWO.guess, np.where(np.arange(N) == 7, -1, codes), p)
    log_loss = score_named("log_loss", "classification", classes=2, probable=True)
    with pytest.raises(DataError, match=r"^log loss needs classes the model knows; row 7 has "):
        log_loss.prepare(unknown)
    with pytest.raises(DataError, match=r"^this score needs probabilities$"):
        log_loss.prepare(QUANTITIES)
