"""The option `balance` of the estimators, from settings to a saved model."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import consilience as cs
from consilience.errors import ConfigurationError, ModalityError
from consilience.training.balance import GradientBlending, available

OPTIONS = {"modality_learning_rates": {"rates": {"a": 0.5}}}


def samples(rows: int = 450) -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=rows)
    side = (2 * y - 1)[:, None]
    presence = np.ones((rows, 2), dtype=bool)
    presence[::9, 0] = False
    return cs.MultimodalData(
        {"a": rng.normal(size=(rows, 3)) + side, "b": rng.normal(size=(rows, 4)) + 0.5 * side},
        target=np.where(y == 1, "yes", "no"),
        presence=presence,
    )


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("fusion", ["gated", "stacking", "early_transformer"])
def test_every_strategy_goes_with_every_kind_of_fusion(name: str, fusion: str) -> None:
    data = samples()
    model = cs.FusionClassifier(
        fusion,
        balance=name,
        balance_options=OPTIONS.get(name),
        hidden=8,
        max_epochs=3,
        modality_dropout=0.1,
        random_state=0,
    ).fit(data)
    assert model.score(data, data.target) > 0.6
    assert np.isfinite(model.predict_proba(data)).all()


def test_the_heads_beside_are_dropped_and_the_model_is_saved(tmp_path: Path) -> None:
    data = samples()
    model = cs.FusionClassifier(
        "gated", balance="gradient_blending", balance_options={"epochs": 2}, max_epochs=3
    ).fit(data)
    plain = cs.FusionClassifier("gated", max_epochs=3).fit(data)
    assert list(model.network_.state_dict()) == list(plain.network_.state_dict())
    assert isinstance(model.balance_, GradientBlending)
    assert list(model.balance_.blends[0].weights) == ["a", "b", "all together"]
    model.save(tmp_path / "model")
    again = cs.load(tmp_path / "model")
    assert again.balance_options == {"epochs": 2}
    np.testing.assert_array_equal(again.predict(data), model.predict(data))


def test_few_samples_are_blended_by_the_weights_of_the_folds() -> None:
    data = samples(60)
    model = cs.FusionClassifier(
        "concat", balance="gradient_blending", max_epochs=3, random_state=0
    ).fit(data)
    assert isinstance(model.balance_, GradientBlending)
    assert len(model.balance_.blends) == 4
    again = clone(model)
    assert isinstance(again, cs.FusionClassifier)
    assert again.balance == "gradient_blending"


def test_the_same_seed_gives_the_same_bits_and_another_strategy_does_not() -> None:
    data = samples()

    def proba(balance: str | None) -> Any:
        return (
            cs.FusionClassifier("concat", balance=balance, max_epochs=2, random_state=1)
            .fit(data)
            .predict_proba(data)
        )

    np.testing.assert_array_equal(proba("ogm_ge"), proba("ogm_ge"))
    assert np.abs(proba("ogm_ge") - proba(None)).max() > 1e-4


@pytest.mark.parametrize("name", [n for n in available() if n != "ogm_ge"])
def test_quantities_and_several_labels_are_balanced_too(name: str) -> None:
    data = samples()
    settings: dict[str, Any] = {"balance": name, "balance_options": OPTIONS.get(name)}
    settings |= {"max_epochs": 2, "hidden": 8, "random_state": 0}
    quantity = cs.FusionRegressor("concat", **settings).fit(data, (data.target == "yes") * 2.0)
    assert np.isfinite(quantity.predict(data)).all()
    table = np.stack([data.target == "yes", data.target == "no"], axis=1).astype(int)
    labels = cs.FusionClassifier("concat", **settings).fit(data, table)
    assert labels.predict(data).shape == (450, 2)


def test_what_is_for_classes_only_says_so() -> None:
    data = samples()
    with pytest.raises(ConfigurationError, match="balance 'ogm_ge' compares the probabilities"):
        cs.FusionRegressor(balance="ogm_ge", max_epochs=2).fit(data, np.arange(450.0))


def test_settings_that_cannot_be_are_told_at_once() -> None:
    data = samples(60)
    with pytest.raises(ConfigurationError) as raised:
        cs.FusionClassifier(balance="gradient_blnding", hidden=0).fit(data)
    assert raised.value.faults == (
        "hidden must be positive, found 0",
        "balance 'gradient_blnding' is not known; did you mean 'gradient_blending' or "
        "'gradient_blending_online'?",
    )
    with pytest.raises(ConfigurationError, match="balance_options are given but no balance"):
        cs.FusionClassifier(balance_options={"alpha": 1.0}).fit(data)
    with pytest.raises(ConfigurationError, match="for which it needs validation data"):
        cs.FusionClassifier(balance="gradient_blending", patience=None, max_epochs=2).fit(data)
    with pytest.raises(ModalityError, match="rates names 'zz', which is no modality"):
        cs.FusionClassifier(
            balance="modality_learning_rates", balance_options={"rates": {"zz": 1.0}}
        ).fit(data)
