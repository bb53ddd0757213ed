"""The flat graph against the estimator itself, on every kind of modality."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

import consilience as cs
from consilience.data.schema import ColumnSchema, ModalitySchema, Schema
from consilience.encoders.tabular import LARGEST, TableStandardizer
from consilience.encoders.text import TextEncoder
from consilience.estimators.graph import RawGraph, tensors_of
from consilience.estimators.network import FusionNetwork, Preprocessing


def _graph(model: cs.FusionClassifier | cs.FusionRegressor, temperature: float = 1.0) -> RawGraph:
    state = model.fitted_state()
    return RawGraph(model.preprocessing_, model.network_, state, temperature=temperature)


@pytest.fixture(scope="module")
def classifier(mixed: cs.MultimodalData) -> cs.FusionClassifier:
    return cs.FusionClassifier(max_epochs=2, patience=None, random_state=0).fit(mixed)


def test_probabilities_equal_the_estimators(
    classifier: cs.FusionClassifier, mixed: cs.MultimodalData
) -> None:
    found = _graph(classifier)(*tensors_of(mixed, classifier.preprocessing_))
    expected = classifier.predict_proba(mixed)
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-6)
    assert found.dtype == torch.float64


def test_a_temperature_divides_the_logits(
    classifier: cs.FusionClassifier, mixed: cs.MultimodalData
) -> None:
    found = _graph(classifier, temperature=2.5)(*tensors_of(mixed, classifier.preprocessing_))
    log_p = np.log(classifier.predict_proba(mixed))
    np.testing.assert_allclose(found.numpy(), softmax(log_p / 2.5, axis=1), rtol=0, atol=1e-6)


def test_padding_of_texts_adds_nothing_even_if_its_embedding_is_not_zero(
    mixed: cs.MultimodalData,
) -> None:
    data = mixed.select(["note", "sex"])
    model = cs.FusionClassifier(max_epochs=1, patience=None, random_state=0).fit(data)
    encoder = model.network_.encoders[0]
    assert isinstance(encoder, TextEncoder)
    with torch.no_grad():
        encoder.embed.weight[0] = 5.0
    found = _graph(model)(*tensors_of(data, model.preprocessing_))
    np.testing.assert_allclose(found.numpy(), model.predict_proba(data), rtol=0, atol=1e-6)


def test_what_an_absent_modality_holds_does_not_matter(
    classifier: cs.FusionClassifier, mixed: cs.MultimodalData
) -> None:
    *tensors, presence = tensors_of(mixed, classifier.preprocessing_)
    for i in (0, 1):
        blank = tensors[i][~presence[:, i]]
        assert len(blank)
        assert bool((blank == 0).all() if i == 1 else blank.isnan().all())
    presence[2::5, 2:] = False
    graph = _graph(classifier)
    expected = graph(*tensors, presence)
    for i, x in enumerate(tensors):
        x[~presence[:, i]] = 7
    torch.testing.assert_close(graph(*tensors, presence), expected, rtol=0, atol=0)


def test_quantities_come_in_their_own_unit(mixed: cs.MultimodalData) -> None:
    y = np.random.default_rng(0).normal(size=(80, 2)) * [1e3, 1e-3] + [1e5, 0]
    data = mixed.select(["labs", "wave"]).with_target(y)
    model = cs.FusionRegressor("gated", max_epochs=2, patience=None, random_state=0).fit(data)
    found = _graph(model)(*tensors_of(data, model.preprocessing_)).numpy()
    np.testing.assert_allclose(found / [1e3, 1e-3], model.predict(data) / [1e3, 1e-3], rtol=1e-6)


def test_each_of_several_labels_has_its_probability(product: cs.MultimodalData) -> None:
    y = np.random.default_rng(0).integers(2, size=(240, 3))
    model = cs.FusionClassifier("additive", max_epochs=1, patience=None, random_state=0)
    model.fit(product, y)
    found = _graph(model)(*tensors_of(product, model.preprocessing_)).numpy()
    np.testing.assert_allclose(found, model.predict_proba(product), rtol=0, atol=1e-6)


def test_without_presence_there_is_one_argument_less(product: cs.MultimodalData) -> None:
    model = cs.FusionClassifier("concat", max_epochs=1, patience=None, random_state=0).fit(product)
    *tensors, _ = tensors_of(product, model.preprocessing_)
    graph = RawGraph(model.preprocessing_, model.network_, model.fitted_state(), presence=False)
    expected = model.predict_proba(product)
    np.testing.assert_allclose(graph(*tensors).numpy(), expected, rtol=0, atol=1e-6)


ODD = np.array(
    [
        [1.0, np.nan, 0, 5.0],
        [2e9, 1.0, 1, 5.0],
        [-np.inf, 2.0, np.nan, 5.0],
        [np.inf, 3.0, 2, np.nan],
    ]
)


def test_tables_are_standardised_as_the_estimator_does() -> None:
    columns = [ColumnSchema(name=n) for n in ("wild", "gappy")]
    columns += [ColumnSchema(name="kind", kind="categorical", categories=("x", "y", "z"))]
    columns += [ColumnSchema(name="constant")]
    schema = ModalitySchema(name="a", kind="table", columns=tuple(columns))
    before = Preprocessing(Schema(modalities=(schema,)))
    before.fit({"a": ODD[:2]}, np.ones((2, 1), dtype=bool))
    part = before.parts[0]
    assert isinstance(part, TableStandardizer)
    encoders = before.encoders({}, out_dim=4, dropout=0.0)
    network = FusionNetwork(encoders, "concat", 2, hidden=4, dropout=0.0, options={})
    graph = RawGraph(before, network, {"outputs": 2, "classes": [0, 1]})
    found = graph.parts[0](torch.from_numpy(ODD))
    torch.testing.assert_close(found, part(ODD), rtol=0, atol=0)
    assert found.abs().max() == LARGEST


def test_the_model_itself_stays_as_it_is(
    classifier: cs.FusionClassifier, mixed: cs.MultimodalData
) -> None:
    before = classifier.predict_proba(mixed)
    graph = _graph(classifier)
    with torch.no_grad():
        for parameter in graph.network.parameters():
            parameter.fill_(0)
    np.testing.assert_array_equal(classifier.predict_proba(mixed), before)
    assert all(p.requires_grad for p in classifier.network_.parameters())
