from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split

import consilience as cs
from consilience.errors import ConfigurationError, DataError
from consilience.estimators import FusionClassifier

FAST: dict[str, Any] = {"max_epochs": 15, "patience": None, "random_state": 0}


def test_fusion_finds_what_only_the_modalities_together_tell(product: cs.MultimodalData) -> None:
    train, test = cast("list[cs.MultimodalData]", train_test_split(product, random_state=0))
    fused = FusionClassifier("low_rank", random_state=0).fit(train)
    additive = FusionClassifier("additive", **FAST).fit(train)
    alone = FusionClassifier(**FAST).fit(train.select(["a"]))
    assert fused.score(test, test.target) > 0.85
    assert additive.score(test, test.target) < 0.7
    assert alone.score(test, test.target) < 0.7


def test_probabilities_are_the_softmax_of_the_logits(product: cs.MultimodalData) -> None:
    model = FusionClassifier("gated", **FAST).fit(product)
    p = model.predict_proba(product)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(np.log(p[:, 1] / p[:, 0]), model.decision_function(product))
    assert (model.classes_[p.argmax(axis=1)] == model.predict(product)).all()
    assert model.classes_.tolist() == ["no", "yes"]


def numpys_state() -> NDArray[np.uint32]:
    state = np.random.get_state(legacy=False)  # noqa: NPY002  the global generator is the subject
    return cast("NDArray[np.uint32]", state["state"]["key"])


def test_same_seed_same_bits_and_the_global_generators_stay(product: cs.MultimodalData) -> None:
    before = torch.random.get_rng_state(), numpys_state()
    first = FusionClassifier("low_rank", **FAST).fit(product).predict_proba(product)
    again = FusionClassifier("low_rank", **FAST).fit(product).predict_proba(product)
    another = FusionClassifier("low_rank", **FAST).set_params(random_state=1)
    other = another.fit(product)
    assert (first == again).all()
    assert (first != other.predict_proba(product)).any()
    assert (torch.random.get_rng_state() == before[0]).all()
    assert (numpys_state() == before[1]).all()


@pytest.mark.parametrize("fusion", ["additive", "concat", "gated", "low_rank"])
def test_every_kind_of_modality_with_rows_absent(mixed: cs.MultimodalData, fusion: str) -> None:
    model = FusionClassifier(fusion, **FAST).fit(mixed)
    assert model.score(mixed, mixed.target) > 0.85
    for name in mixed.schema.names:
        p = model.predict_proba(mixed.absent(name))
        assert np.isfinite(p).all()


def test_a_lacking_modality_counts_as_absent(mixed: cs.MultimodalData) -> None:
    model = FusionClassifier("concat", **FAST).fit(mixed)
    lacking = model.predict_proba(mixed.select(["note", "labs"]))
    absent = model.predict_proba(mixed.absent("wave").absent("sex"))
    np.testing.assert_array_equal(lacking, absent)


def test_the_values_of_an_absent_modality_do_not_matter(product: cs.MultimodalData) -> None:
    model = FusionClassifier("low_rank", **FAST).fit(product)
    wild = cs.MultimodalData(
        {"a": product.modalities["a"], "b": np.full((len(product), 3), 1e30)},
        presence=np.tile([True, False], (len(product), 1)),
    )
    expected = model.predict_proba(product.absent("b"))
    np.testing.assert_array_equal(model.predict_proba(wild), expected)


def test_the_order_of_modalities_and_columns_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(60, 4)), columns=["x__a", "x__b", "y__a", "y__b"])
    target = (df["x__a"] > 0).to_numpy()
    model = FusionClassifier("concat", **FAST).fit(df, target)
    shuffled = df[["y__b", "x__b", "y__a", "x__a"]]
    np.testing.assert_array_equal(model.predict_proba(df), model.predict_proba(shuffled))


def test_scikit_learns_tools_take_the_container(product: cs.MultimodalData) -> None:
    model = FusionClassifier("low_rank", **FAST)
    scores = cross_val_score(model, product, product.target, cv=3)
    assert scores.mean() > 0.65
    search = GridSearchCV(model, {"fusion": ["additive", "low_rank"]}, cv=2).fit(
        product, product.target
    )
    assert search.best_params_ == {"fusion": "low_rank"}
    calibrated = CalibratedClassifierCV(model, cv=3).fit(product, product.target)
    p = calibrated.predict_proba(product)
    assert log_loss(product.target, p) < 0.6


def test_clone_and_parameters_round_trip() -> None:
    model = FusionClassifier("gated", hidden=16, fusion_options={}, class_weight="balanced")
    assert cast("FusionClassifier", clone(model)).get_params() == model.get_params()
    assert model.set_params(hidden=8).hidden == 8


def test_balanced_weights_help_the_rare_class() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.1).astype(int)
    data = cs.MultimodalData({"a": rng.normal(size=(300, 2)) + 0.8 * y[:, None]}, target=y)
    recall = {
        weight: (
            FusionClassifier(class_weight=weight, **FAST).fit(data).predict(data)[y == 1]
        ).mean()
        for weight in (None, "balanced")
    }
    assert recall["balanced"] > recall[None] + 0.2


def test_own_encoders_are_copied_not_trained(product: cs.MultimodalData) -> None:
    own = torch.nn.Linear(3, 5)
    own.out_dim = 5  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]  what an encoder has to tell
    before = own.weight.detach().clone()
    model = FusionClassifier("concat", encoders={"a": own}, **FAST).fit(product)
    assert (own.weight == before).all()
    assert model.network_.fusion.dims == {"a": 5, "b": 64}


def fit_with(target: Any = None, **settings: Any) -> None:
    data = cs.MultimodalData({"labs": np.zeros((4, 2)), "ecg": [[1.0], [2.0], [3.0], [4.0]]})
    FusionClassifier(**settings).fit(data, target)


def test_errors_tell_what_was_found_and_the_fix() -> None:
    with pytest.raises(DataError, match=r"a classifier needs a target; pass target="):
        fit_with()
    with pytest.raises(DataError, match=r"missing in 1 of 4 rows \(first: row 2\)"):
        fit_with([0, 1, np.nan, 1])
    with pytest.raises(DataError, match=r"one class \(7\); a classifier needs at least two"):
        fit_with([7, 7, 7, 7])
    absent = cs.MultimodalData(
        {"labs": np.ones((4, 2)), "ecg": np.full((4, 1), np.nan)}, target=[0, 1, 0, 1]
    )
    with pytest.raises(DataError, match=r"'ecg' is absent in all 4 training rows; leave it out"):
        FusionClassifier().fit(absent)


@pytest.mark.usefixtures("unchecked")
def test_all_faults_of_the_settings_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        fit_with([0, 1, 0, 1], fusion="gate", dropout=1.5, hidden=0, encoders={"lbas": None})
    assert caught.value.faults == (
        "fusion method 'gate' is not known; did you mean 'gated'?",
        "hidden must be positive, found 0",
        "dropout must be in [0, 1), found 1.5",
        "encoders names 'lbas', which is no modality; did you mean 'labs'?",
    )
