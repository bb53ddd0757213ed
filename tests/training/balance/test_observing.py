from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import consilience as cs
from consilience.functional.randomness import seeded
from consilience.training import TensorBatches
from consilience.training.balance import Observed, Regime

CE = nn.CrossEntropyLoss()


def trained(
    companion: Any, batches: Callable[..., TensorBatches], *, validated: bool = True
) -> tuple[Observed, Any]:
    model = companion("ab")
    check = batches("ab", 40, seed=5) if validated else None
    regime = Regime(
        CE, batches("ab"), validation=check, max_epochs=6, patience=None, learning_rate=0.02
    )
    watched = Observed()
    with seeded(3):
        watched.train(model, regime)
    return watched, model


@pytest.fixture(scope="module")
def data() -> cs.MultimodalData:
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=240)
    modalities = {"clear": y + 0.3 * rng.normal(size=240), "noise": rng.normal(size=(240, 3))}
    return cs.MultimodalData(modalities, y)


def test_an_observed_network_is_trained_to_the_bit_as_without(data: cs.MultimodalData) -> None:
    watched, plain = (
        cs.FusionClassifier("concat", balance=balance, max_epochs=3, random_state=1)
        .fit(data)
        .predict_proba(data)
        for balance in ("observed", None)
    )
    np.testing.assert_array_equal(watched, plain)


def test_each_training_with_validation_has_curves(data: cs.MultimodalData) -> None:
    model = cs.FusionClassifier("concat", balance="observed", max_epochs=8, random_state=1)
    found = model.fit(data).balance_
    assert isinstance(found, Observed)
    assert len(found.curves) == 4
    for curves in found.curves:
        clear, noise = curves.heads["clear"], curves.heads["noise"]
        assert len(clear.train_loss) == len(clear.validation_loss)
        assert len(clear.train_loss) == len(curves.joint.train_loss)
        assert clear.validation_loss[-1] < 0.6 < noise.validation_loss[-1]
        assert curves.speeds.steps > 0


def test_a_head_learns_from_features_without_changing_the_encoders(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    watched, model = trained(companion, batches)
    (curves,) = watched.curves
    for history in curves.heads.values():
        assert history.train_loss[-1] < history.train_loss[0]
    before = [p.detach().clone() for p in model.network.parameters()]
    plain = companion("ab")
    regime = Regime(
        CE,
        batches("ab"),
        validation=batches("ab", 40, seed=5),
        max_epochs=6,
        patience=None,
        learning_rate=0.02,
    )
    with seeded(3):
        regime.fit(plain, lambda m, b: CE(m(b.inputs, b.presence), b.target))
    for one, other in zip(before, plain.network.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_the_last_validation_loss_is_that_of_the_head(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    watched, model = trained(companion, batches)
    (curves,) = watched.curves
    last = curves.joint.best_epoch == len(curves.joint.train_loss)
    assert last, "else the kept weights are not the last ones"
    (batch,) = list(TensorBatches(*_whole(batches("ab", 40, seed=5)), batch_size=40))
    with torch.no_grad():
        features = model.eval().encode(batch)
        for name, head in zip("ab", model.heads, strict=True):
            expected = float(CE(head(features[name]), batch.target))
            assert curves.heads[name].validation_loss[-1] == pytest.approx(expected, abs=1e-12)


def _whole(batches: TensorBatches) -> tuple[Any, Any]:
    parts = list(batches)
    inputs = {n: torch.cat([p.inputs[n] for p in parts]) for n in parts[0].inputs}
    return inputs, torch.cat([p.target for p in parts if p.target is not None])


def test_nothing_is_noted_of_a_training_without_validation(
    companion: Any, batches: Callable[..., TensorBatches]
) -> None:
    watched, _ = trained(companion, batches, validated=False)
    assert watched.curves == []


def test_only_samples_that_have_a_modality_count(data: cs.MultimodalData) -> None:
    presence = np.ones((240, 2), dtype=bool)
    presence[::2, 1] = False
    partly = cs.MultimodalData(dict(data.modalities), data.target, presence=presence)
    model = cs.FusionClassifier("concat", balance="observed", max_epochs=2, random_state=1)
    found = model.fit(partly).balance_
    assert isinstance(found, Observed)
    assert all(np.isfinite(c.heads["noise"].validation_loss).all() for c in found.curves)
