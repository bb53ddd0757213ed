"""The projection, by definition and by every quicker way."""

import logging
from collections.abc import Callable
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError, ShapeError
from consilience.quantification.emap import emap, emap_of_head, project

Array = NDArray[np.float64]
PAPER = np.array([[-1.3, 0.3, -0.2], [0.8, 3.0, 1.1], [1.1, -0.1, 0.7]])


def numbers(data: cs.MultimodalData, name: str) -> Array:
    return np.asarray(data.modalities[name])[:, 0].astype(np.float64)


def two(a: Any, b: Any) -> cs.MultimodalData:
    return cs.MultimodalData({"a": a, "b": b})


def by_definition(predict: Callable[[Any], Any], data: cs.MultimodalData) -> Array:
    """Every combination, each modality in turn held at its own row; presence travels."""
    rows, names = len(data), data.schema.names
    index = np.array(list(product(range(rows), repeat=len(names))))
    mixed = cs.MultimodalData.from_stored(
        {n: data.modalities[n][index[:, m]] for m, n in enumerate(names)},
        data.schema,
        np.stack([data.presence[index[:, m], m] for m in range(len(names))], axis=1),
    )
    scores = np.asarray(predict(mixed))
    values = scores.reshape(*[rows] * len(names), *scores.shape[1:])
    axes = range(len(names))
    means = [values.mean(axis=tuple(o for o in axes if o != m)) for m in axes]
    return np.sum(means, axis=0) - (len(names) - 1) * values.mean(axis=tuple(axes))


def test_the_worked_example_of_the_paper() -> None:
    data = two([0.0, 1.0, 2.0], [0.0, 1.0, 2.0])
    found = emap(lambda x: PAPER[numbers(x, "a").astype(int), numbers(x, "b").astype(int)], data)
    np.testing.assert_allclose(found, [-0.8, 2.1, 0.5], rtol=0, atol=1e-12)


def test_it_is_no_additive_refit() -> None:
    """Of a product of correlated normals a refit finds 4 r^2 / (1 + r^2)^2, the projection none.

    R2 of the projection is below zero, -r^2 / (1 + r^2), since it misses the mean.
    """
    r = 0.5
    rng = np.random.default_rng(0)
    a = rng.normal(size=1500)
    b = r * a + np.sqrt(1 - r**2) * rng.normal(size=1500)
    f = a * b
    found = emap(lambda x: numbers(x, "a") * numbers(x, "b"), two(a, b))
    left = 1 - ((f - found) ** 2).sum() / ((f - f.mean()) ** 2).sum()
    assert left == pytest.approx(-(r**2) / (1 + r**2), abs=0.06)
    design = np.stack([np.ones_like(a), a, a**2, b, b**2], axis=1)
    refit = design @ np.linalg.lstsq(design, f, rcond=None)[0]
    explained = 1 - ((f - refit) ** 2).sum() / ((f - f.mean()) ** 2).sum()
    assert explained == pytest.approx(4 * r**2 / (1 + r**2) ** 2, abs=0.05)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_any_function_equals_the_definition(modalities: int, samples: cs.MultimodalData) -> None:
    data = samples[:6].select(["a", "b", "c"][:modalities])

    def predict(x: cs.MultimodalData) -> Array:
        total = np.zeros((len(x), 2))
        for m, name in enumerate(x.schema.names):
            here = np.where(x.presence[:, m], numbers(x, name), -2.0)
            total += np.outer(here, [1.0, -0.5]) + m
        return np.sin(total)

    np.testing.assert_allclose(emap(predict, data), by_definition(predict, data), atol=1e-12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_is_split_at_its_prefixes(library: str) -> None:
    frames = import_module(library)
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=30) for name in ("lab_x", "lab_y", "ecg_x")}

    def product(x: cs.MultimodalData) -> NDArray[np.float64]:
        lab, ecg = (np.asarray(x.modalities[n], dtype=np.float64) for n in ("lab", "ecg"))
        return lab.sum(axis=1) * ecg[:, 0]

    labs = np.column_stack([columns["lab_x"], columns["lab_y"]])
    data = cs.MultimodalData({"lab": labs, "ecg": columns["ecg_x"]})
    np.testing.assert_array_equal(emap(product, frames.DataFrame(columns)), emap(product, data))


def test_projecting_twice_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    data = two(np.arange(9.0), np.arange(9.0))
    values = rng.normal(size=(9, 9))
    found = project(lambda x: values[*_places(x)], data)
    again = {n: effect[:, 0] for n, effect in found.effects.items()}

    def projected(x: cs.MultimodalData) -> Array:
        i, j = _places(x)
        return found.mean[0] + again["a"][i] + again["b"][j]

    np.testing.assert_allclose(emap(projected, data), found.values, atol=1e-12)


def _places(x: cs.MultimodalData) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return numbers(x, "a").astype(np.int64), numbers(x, "b").astype(np.int64)


def test_parts_are_centred_and_add_up() -> None:
    rng = np.random.default_rng(2)
    data = two(rng.normal(size=8), rng.normal(size=8))
    found = project(lambda x: np.exp(numbers(x, "a") * numbers(x, "b")), data)
    assert list(found.effects) == ["a", "b"]
    total = found.mean + sum(found.effects.values())
    np.testing.assert_allclose(total[:, 0], found.values, atol=1e-12)
    for effect in found.effects.values():
        np.testing.assert_allclose(effect.mean(axis=0), 0, atol=1e-12)
    assert (found.is_exact, found.evaluations, found.way) == (True, 64, "all combinations")
    assert not found.standard_error.any()


def test_a_modality_absent_everywhere_is_no_axis() -> None:
    data = two(np.arange(5.0), np.arange(5.0)).absent("b")
    seen: list[int] = []

    def predict(x: cs.MultimodalData) -> Array:
        seen.append(len(x))
        return numbers(x, "a") ** 2

    np.testing.assert_array_equal(emap(predict, data), np.arange(5.0) ** 2)
    assert sum(seen) < 25


def test_shape_and_type_are_those_of_the_scores(samples: cs.MultimodalData) -> None:
    flat = emap(lambda x: torch.from_numpy(numbers(x, "c")).float(), samples[:5])
    assert (flat.shape, flat.dtype) == ((5,), np.float64)
    column = emap(lambda x: numbers(x, "c")[:, None], samples[:5])
    assert column.shape == (5, 1)


def test_memory_is_bounded_by_a_tile() -> None:
    rng = np.random.default_rng(3)
    largest = 0

    def predict(x: cs.MultimodalData) -> Array:
        nonlocal largest
        largest = max(largest, len(x))
        return numbers(x, "a") * numbers(x, "b")

    wide = rng.normal(size=(200, 4000))
    emap(predict, two(wide, rng.normal(size=200)))
    assert largest * 4001 * 8 <= 2**25


def test_draws_are_unbiased_and_their_error_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Errors over 200 samples and 3 modalities have the spread told to within 15 percent."""
    rng = np.random.default_rng(4)
    data = cs.MultimodalData(dict(zip("abc", rng.normal(size=(3, 200)), strict=True)))

    def predict(x: cs.MultimodalData) -> Array:
        a, b, c = (numbers(x, n) for n in "abc")
        return np.stack([a * b + c + b * c, a * b * c + 0.5], axis=1)

    exact = project(predict, data, max_evaluations=8_000_000)
    drawn = project(predict, data, max_evaluations=60_000, random_state=0)
    assert exact.is_exact
    assert exact.evaluations == 8_000_000
    assert not drawn.is_exact
    assert drawn.evaluations == 60_000
    assert drawn.way == "random combinations"
    off = (drawn.values - exact.values) / drawn.standard_error
    assert abs(off.mean()) < 0.25
    assert np.sqrt((off**2).mean()) == pytest.approx(1, abs=0.15)
    again = project(predict, data, max_evaluations=60_000, random_state=0)
    np.testing.assert_array_equal(again.values, drawn.values)
    assert caplog.records == []
    with caplog.at_level(logging.WARNING):
        emap(predict, data, max_evaluations=60_000, random_state=0)
    assert caplog.messages == [f"{drawn!r}; pass a larger max_evaluations for less"]
    assert "standard error up to 0." in repr(drawn)


@pytest.mark.parametrize("method", ["decision_function", "predict_proba"])
@pytest.mark.parametrize(
    ("fusion", "head"),
    [*((f, "none") for f in ("additive", "low_rank")), ("concat", "gelu"), ("concat", "relu"),
     ("low_rank", "gelu"), ("gated", "gelu")],
)  # fmt: skip
def test_a_model_equals_the_definition(
    towers: Any, samples: cs.MultimodalData, fusion: str, head: str, method: str
) -> None:
    model = towers({"a": 2, "b": 3, "c": 1}, fusion, head=head)
    predict = getattr(model, method)
    data = samples[:8]
    expected = by_definition(predict, data)
    model.encodings = 0
    found = project(predict, data)
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-5)
    assert model.encodings == 2
    assert found.way == _way(fusion, head, method)


def _way(fusion: str, head: str, method: str) -> str:
    linear = method == "decision_function"
    if fusion == "additive" and linear:
        return "additive"
    if fusion == "low_rank" and head == "none" and linear:
        return "closed form, affine in each modality"
    if (fusion, head) == ("concat", "relu") and linear:
        return "closed form, one ReLU layer"
    if fusion in {"concat", "additive"}:
        return "all combinations, first layer split"
    return "all combinations, encoders run once"


def test_two_classes_and_quantities_in_their_own_unit(
    towers: Any, samples: cs.MultimodalData
) -> None:
    model = towers({"a": 2, "b": 3}, "concat", outputs=2)
    data = samples.select(["a", "b"])
    for method in (model.decision_function, model.predict):
        expected = by_definition(method, data)
        found = project(method, data)
        assert found.way == "all combinations, first layer split"
        np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-4)


def test_a_modality_the_model_knows_but_the_data_lack(
    towers: Any, samples: cs.MultimodalData
) -> None:
    model = towers({"z": 2, "a": 2, "b": 3}, "concat", head="relu")
    data = samples.select(["c", "b", "a"])[:8]
    expected = by_definition(model.raw, data)
    found = project(model.decision_function, data)
    assert found.way == "closed form, one ReLU layer"
    assert list(found.effects) == ["a", "b"]
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-5)


def test_what_is_not_the_models_own_output_is_asked_for_itself(
    towers: Any, samples: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = towers({"a": 2, "b": 3, "c": 1}, "concat")

    def wave(_: Any, x: cs.MultimodalData) -> Array:
        return np.sin(model.raw(x))

    monkeypatch.setattr(type(model), "decision_function", wave)
    found = project(model.decision_function, samples[:8])
    assert found.way == "all combinations"
    expected = by_definition(model.decision_function, samples[:8])
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-6)


def test_a_network_that_is_not_what_it_shows_is_still_right(
    towers: Any, samples: cs.MultimodalData
) -> None:
    model = towers({"a": 2, "b": 3, "c": 1}, "concat")
    honest = model.decoded

    def dishonest(features: Any, presence: Any = None) -> Any:
        return 3 * honest(features, presence) ** 2

    model.decoded = dishonest
    found = project(model.decision_function, samples[:8])
    assert found.way == "all combinations, encoders run once"
    expected = by_definition(model.raw, samples[:8])
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-3)


def test_a_head_of_features_by_draws_where_there_are_too_many_combinations() -> None:
    x = {n: torch.randn(150, 2, dtype=torch.float64) for n in "abc"}
    head = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    exact = emap_of_head(head, x)
    drawn = emap_of_head(head, x, max_evaluations=200_000, random_state=0)
    again = emap_of_head(head, x, max_evaluations=200_000, random_state=0)
    other = emap_of_head(head, x, max_evaluations=200_000, random_state=1)
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, other)
    assert 1e-5 < (drawn - exact).abs().max() < 0.1


def test_settings_that_cannot_be(samples: cs.MultimodalData) -> None:
    class Classifier:
        classes_ = (0, 1)

        def predict(self, _: Any) -> Any: ...

    with pytest.raises(ConfigurationError) as raised:
        emap(Classifier().predict, samples, max_evaluations=0)
    assert raised.value.faults == (
        "classes cannot be averaged: pass model.decision_function in place of model.predict",
        "max_evaluations must be at least 1, found 0",
    )
    with pytest.raises(ConfigurationError) as raised:
        emap(lambda x: numbers(x, "a") * numbers(x, "b"), samples, max_evaluations=70)
    assert str(raised.value) == (
        "max_evaluations=70 leaves fewer than 2 draws for each of 36 conditional means; "
        "pass at least 72, or fewer rows: data[:500]"
    )


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_projected(samples: cs.MultimodalData) -> None:
    nothing: Any = 3
    with pytest.raises(InputTypeError) as raised:
        emap(nothing, samples)
    assert str(raised.value) == (
        "predict must be a function of samples, found int; "
        "of an estimator pass a method, such as model.decision_function"
    )
    with pytest.raises(DataError, match="there is no sample to project at"):
        emap(lambda x: np.zeros(len(x)), samples[:0])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        (
            np.array(["a", "b", "c"]),
            DataError,
            "predict must give numbers, found <U1; pass scores such as "
            "model.decision_function, not classes",
        ),
        (
            np.zeros(2),
            ShapeError,
            "predict must give (3,) or (3, outputs) for 3 samples, found (2,)",
        ),
        (
            np.array([0.0, np.inf, np.nan]),
            DataError,
            "predict gave a score that is not finite in row 1: inf",
        ),
    ],
)
def test_scores_that_cannot_be(
    samples: cs.MultimodalData, given: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        emap(lambda _: given, samples[:3])
    assert str(raised.value) == words


def test_features_that_cannot_be() -> None:
    head = nn.Linear(3, 1)
    x = {"a": torch.zeros(4, 1), "b": torch.zeros(4, 2)}
    with pytest.raises(DataError, match="there is no row to project at"):
        emap_of_head(head, {})
    with pytest.raises(ShapeError) as raised:
        emap_of_head(head, x, torch.ones(4, 3, dtype=torch.bool))
    assert str(raised.value) == (
        "presence must be bool (rows, modalities) = (4, 2), found torch.bool (4, 3)"
    )
