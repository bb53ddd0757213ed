"""Every pattern is what the model says when modalities are taken away from the data."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import consilience as cs
from consilience.errors import ConfigurationError, DataError, InputTypeError, ModalityError
from consilience.quantification.patterns import presence_patterns

WIDTHS = {"a": 2, "b": 3, "c": 1}


def taken_away(data: cs.MultimodalData, shown: set[str]) -> cs.MultimodalData:
    for name in data.schema.names:
        data = data if name in shown else data.absent(name)
    return data


@pytest.mark.parametrize("head", ["gelu", "relu"])
@pytest.mark.parametrize("fusion", ["concat", "gated", "low_rank", "additive"])
def test_every_pattern(towers: Any, samples: cs.MultimodalData, fusion: str, head: str) -> None:
    model = towers(WIDTHS, fusion, head="none" if fusion == "additive" else head)
    expected = {
        shown: model.raw(taken_away(samples, set(shown)))
        for size in range(4)
        for shown in combinations("abc", size)
    }
    model.encodings = 0
    found = presence_patterns(model, samples)
    assert model.encodings == 1
    assert found.outputs.shape == (8, 12, 3)
    assert found.outputs.dtype == np.float32
    for shown, outputs in expected.items():
        np.testing.assert_allclose(found[shown], outputs, rtol=0, atol=2e-5)
        place = next(
            i for i, row in enumerate(found.patterns)
            if {n for n, there in zip(found.names, row, strict=True) if there} == set(shown)
        )  # fmt: skip
        np.testing.assert_array_equal(found.outputs[place], found[shown])
    np.testing.assert_array_equal(found["b"], found[("b",)])


@pytest.mark.parametrize(
    "case", [("concat", 1, [16] * 6), ("gated", 24, [24] * 4), ("gated", 5, [5] * 16 + [4] * 4)]
)
def test_rows_and_patterns_are_done_in_tiles(
    towers: Any,
    samples: cs.MultimodalData,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[str, int, list[int]],
) -> None:
    fusion, points, expected = case
    model = towers(WIDTHS, fusion)
    whole = presence_patterns(model, samples)
    monkeypatch.setattr("consilience.quantification.patterns.NUMBERS", 16 * 8)
    monkeypatch.setattr("consilience.quantification.surfaces.MOST_POINTS", points)
    monkeypatch.setattr("consilience.quantification.surfaces.LEAST_POINTS", 1)
    seen: list[int] = []

    def note(_module: Any, given: Any, _output: Any) -> None:
        seen.append(len(given[0]))

    model.network_.head[-1].register_forward_hook(note)
    again = presence_patterns(model, samples)
    np.testing.assert_allclose(again.outputs, whole.outputs, rtol=0, atol=1e-6)
    tiles = [points for points in seen if points != len(samples)]
    assert tiles == expected


@pytest.mark.parametrize("head", ["none", "relu", "gelu"])
def test_a_tile_does_not_overwrite_the_one_before(
    towers: Any, samples: cs.MultimodalData, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    model = towers(WIDTHS, "concat", head=head)
    whole = presence_patterns(model, samples).outputs
    monkeypatch.setattr("consilience.quantification.patterns.NUMBERS", 1)
    np.testing.assert_allclose(presence_patterns(model, samples).outputs, whole, rtol=0, atol=1e-6)
    if head == "none":
        assert len(np.unique(whole[-1, :, 0])) > 1


@pytest.mark.parametrize("head", ["relu", "gelu"])
@pytest.mark.parametrize("fusion", ["concat", "mlp"])
def test_many_modalities(towers: Any, fusion: str, head: str) -> None:
    widths = {f"m{i}": i + 1 for i in range(6)}
    rng = np.random.default_rng(0)
    inputs = {n: rng.normal(size=(5, w)) for n, w in widths.items()}
    data = cs.MultimodalData(inputs, presence=rng.random((5, 6)) > 0.2)
    model = towers(widths, fusion, head=head)
    found = presence_patterns(model, data)
    for row, outputs in zip(found.patterns, found.outputs, strict=True):
        shown = {name for name, there in zip(found.names, row, strict=True) if there}
        expected = model.raw(taken_away(data, shown))
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=5e-5)


def test_a_learnt_stand_in_for_what_is_absent(towers: Any, samples: cs.MultimodalData) -> None:
    from consilience.fusion.nonlinear import MLPFusion  # noqa: PLC0415  only here

    model = towers(WIDTHS, "concat")
    fuse = MLPFusion(dict.fromkeys(WIDTHS, 5), 8)
    for p in fuse.parameters():
        torch.nn.init.normal_(p)
    model.network_.fusion = fuse
    found = presence_patterns(model, samples)
    for shown in ("", "a", "bc", "abc"):
        expected = model.raw(taken_away(samples, set(shown)))
        np.testing.assert_allclose(found[set(shown)], expected, rtol=0, atol=1e-4)


def test_a_modality_that_the_data_lack_changes_nothing(
    towers: Any, samples: cs.MultimodalData
) -> None:
    model = towers({"z": 2, **WIDTHS}, "low_rank")
    found = presence_patterns(model, samples)
    np.testing.assert_allclose(found[("z", "a")], found["a"], atol=1e-6)
    assert repr(found) == "PresencePatterns(16 patterns of z, a, b, c; 12 rows, 3 outputs)"
    assert len(found) == 16


def test_a_network_that_is_not_what_it_shows_is_still_right(
    towers: Any, samples: cs.MultimodalData
) -> None:
    model = towers(WIDTHS, "concat")
    honest = model.decoded

    def dishonest(features: Mapping[str, Tensor], presence: Tensor | None = None) -> Tensor:
        return honest(features, presence) ** 3

    model.decoded = dishonest
    found = presence_patterns(model, samples)
    expected = model.raw(taken_away(samples, {"a"}))
    np.testing.assert_allclose(found["a"], expected, rtol=1e-4, atol=1e-4)


def test_a_name_that_is_no_modality(towers: Any, samples: cs.MultimodalData) -> None:
    found = presence_patterns(towers({"labs": 1, **WIDTHS}, "concat"), samples)
    with pytest.raises(ModalityError, match=r"no modality 'lbas'; did you mean 'labs'\?"):
        _ = found["a", "lbas"]


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_shown(towers: Any, samples: cs.MultimodalData) -> None:
    wrong: Any = object()
    with pytest.raises(InputTypeError) as raised:
        presence_patterns(wrong, samples)
    assert str(raised.value) == (
        "object has no methods encoded and decoded; "
        "pass a fitted FusionClassifier or FusionRegressor"
    )
    with pytest.raises(DataError, match="there is no sample to show to the model"):
        presence_patterns(towers(WIDTHS, "concat"), samples[:0])
    many = towers({f"m{i}": 1 for i in range(13)}, "concat")
    with pytest.raises(ConfigurationError) as faults:
        presence_patterns(many, samples)
    assert faults.value.faults == (
        "the model has 13 modalities and so 2**13 patterns; "
        "at most 12 modalities can be shown in every pattern",
    )
