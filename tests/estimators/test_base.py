import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import consilience as cs
from consilience.errors import ModalityError
from consilience.estimators import FusionClassifier


def test_predicting_before_fitting_is_refused(product: cs.MultimodalData) -> None:
    with pytest.raises(NotFittedError):
        FusionClassifier().predict(product)
    with pytest.raises(NotFittedError):
        FusionClassifier().save("nowhere")


def test_chunks_do_not_change_predictions(
    product: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = FusionClassifier("concat", max_epochs=1, patience=None, random_state=0).fit(product)
    whole = model.predict_proba(product)
    monkeypatch.setattr("consilience.estimators.base.CHUNK", 7)
    np.testing.assert_allclose(model.predict_proba(product), whole, atol=1e-6)


def test_strange_modalities_are_refused_when_predicting(product: cs.MultimodalData) -> None:
    model = FusionClassifier("concat", max_epochs=1, patience=None, random_state=0).fit(product)
    with pytest.raises(ModalityError, match="none of the model's modalities"):
        model.predict(cs.MultimodalData({"zzz": np.zeros((2, 3))}))


def test_fitted_attributes(product: cs.MultimodalData) -> None:
    model = FusionClassifier("concat", random_state=0, max_epochs=20, patience=2).fit(product)
    assert model.n_features_in_ == product.shape[1]
    assert model.schema_ == product.schema
    assert model.history_.best_epoch == len(model.history_.train_loss)
