import numpy as np
import pytest

import consilience as cs
from consilience.data.splits import make_splits
from consilience.errors import ShapeError
from consilience.studies.foldwise import Foldwise


@pytest.fixture(scope="module")
def samples() -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(60, 2))
    return cs.MultimodalData({"a": a}, target=(a[:, 0] > 0).astype(int) + (a[:, 0] > 1))


def test_each_sample_is_predicted_by_the_model_that_did_not_see_it(
    samples: cs.MultimodalData,
) -> None:
    target = np.asarray(samples.target)
    splits = make_splits(samples, folds=3, task="classification", random_state=0)
    models = [
        cs.FusionClassifier(max_epochs=5, random_state=0).fit(samples[s.train], target[s.train])
        for s in splits
    ]
    whole = Foldwise(models, splits, 3)
    proba = whole.predict_proba(samples)
    for model, split in zip(models, splits, strict=True):
        expected = model.predict_proba(samples[split.test])
        assert np.array_equal(proba[split.test], expected)
    assert np.array_equal(whole.predict(samples), proba.argmax(axis=1))
    assert whole.classes_.tolist() == [0, 1, 2]
    with pytest.raises(ShapeError, match="there are 60 samples in the study, found 10"):
        whole.predict(samples[:10])


def test_a_class_that_a_training_part_lacked_has_no_chance(samples: cs.MultimodalData) -> None:
    target = np.asarray(samples.target)
    (split, *_) = make_splits(samples, folds=2, task="classification", random_state=0)
    rows = split.train[target[split.train] < 2]
    model = cs.FusionClassifier(max_epochs=2, random_state=0).fit(samples[rows], target[rows])
    twin = type(split)(split.repeat, 1, split.test, split.train)
    proba = Foldwise([model, model], [split, twin], 3).predict_proba(samples)
    assert (proba[:, 2] == 0).all()
    assert np.allclose(proba.sum(axis=1), 1)


def test_quantities(samples: cs.MultimodalData) -> None:
    quantity = np.asarray(samples.modalities["a"])[:, 0]
    splits = make_splits(samples, folds=2, task="regression", random_state=0)
    models = [
        cs.FusionRegressor(max_epochs=2, random_state=0).fit(samples[s.train], quantity[s.train])
        for s in splits
    ]
    whole = Foldwise(models, splits, 0)
    assert not hasattr(whole, "classes_")
    for model, split in zip(models, splits, strict=True):
        assert np.array_equal(
            whole.predict(samples)[split.test], model.predict(samples[split.test])
        )


def test_several_labels(samples: cs.MultimodalData) -> None:
    a = np.asarray(samples.modalities["a"])
    labels = (a > 0).astype(int)
    splits = make_splits(labels, folds=2, random_state=0)
    models = [
        cs.FusionClassifier(max_epochs=2, random_state=0).fit(samples[s.train], labels[s.train])
        for s in splits
    ]
    whole = Foldwise(models, splits, 2, multilabel=True)
    proba = whole.predict_proba(samples)
    for model, split in zip(models, splits, strict=True):
        assert np.array_equal(proba[split.test], model.predict_proba(samples[split.test]))
    assert np.array_equal(whole.predict(samples), (proba > 0.5).astype(int))
