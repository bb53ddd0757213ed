"""Exported files: read by other runtimes, checked before they appear, whole or not at all."""

import importlib
import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

import consilience as cs
from consilience.errors import ConfigurationError, DataError, UnavailableError
from consilience.estimators import exporting
from consilience.estimators.graph import tensors_of

pytestmark = pytest.mark.usefixtures("unchecked")


def _sidecar(path: Path) -> dict[str, Any]:
    return json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def model(product: cs.MultimodalData) -> cs.FusionClassifier:
    return cs.FusionClassifier("low_rank", max_epochs=3, patience=None, random_state=0).fit(
        product
    )


def test_onnx_predicts_the_same_from_raw_numbers(
    model: cs.FusionClassifier, product: cs.MultimodalData, tmp_path: Path
) -> None:
    path = model.export(tmp_path / "deep" / "model.onnx", data=product)
    session: Any = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    told = _sidecar(path)
    assert [i.name for i in session.get_inputs()] == [i["name"] for i in told["inputs"]]
    assert [o.name for o in session.get_outputs()] == [told["output"]["name"]]
    fed = {name: np.asarray(product.modalities[name])[:17] for name in ("a", "b")}
    found = session.run(None, {**fed, "presence": np.ones((17, 2), dtype=bool)})[0]
    np.testing.assert_allclose(found, model.predict_proba(product[:17]), rtol=0, atol=1e-6)
    fed["b"] = np.full((17, 3), np.nan)
    alone = session.run(None, {**fed, "presence": np.array([[True, False]] * 17)})[0]
    expected = model.predict_proba(product[:17].select(["a"]))
    np.testing.assert_allclose(alone, expected, rtol=0, atol=1e-6)
    assert told["output"]["classes"] == ["no", "yes"]
    assert told["checked"]["samples"] == "given"
    assert told["checked"]["rows"] == 240
    assert told["checked"]["largest_difference"] < 1e-5
    assert {p.name for p in path.parent.iterdir()} == {"model.onnx", "model.onnx.json"}


def test_onnx_takes_every_kind_of_modality(mixed: cs.MultimodalData, tmp_path: Path) -> None:
    model = cs.FusionClassifier(max_epochs=2, patience=None, random_state=0).fit(mixed)
    path = model.export(tmp_path / "model.onnx", data=mixed, temperature=1.5)
    session: Any = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    tensors = tensors_of(mixed[:9], model.preprocessing_)
    tensors[1] = nn.functional.pad(tensors[1], (0, 40))
    tensors[2] = nn.functional.pad(tensors[2], (0, 0, 0, 40), value=torch.nan)
    fed = {i["name"]: x.numpy() for i, x in zip(_sidecar(path)["inputs"], tensors, strict=True)}
    cooled = model.predict_proba(mixed[:9]) ** (1 / 1.5)
    expected = cooled / cooled.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(session.run(None, fed)[0], expected, rtol=0, atol=1e-6)
    assert _sidecar(path)["temperature"] == 1.5


def test_torch_predicts_quantities_in_their_unit(
    product: cs.MultimodalData, tmp_path: Path
) -> None:
    y = 50 + 10 * np.random.default_rng(0).normal(size=240)
    model = cs.FusionRegressor("additive", max_epochs=2, patience=None, random_state=0)
    path = model.fit(product, y).export(tmp_path / "model.pt2", "torch", presence=False)
    module = torch.export.load(path).module()
    inputs = [torch.from_numpy(np.array(product.modalities[name][:1])) for name in ("a", "b")]
    expected = model.predict(product[:1])
    np.testing.assert_allclose(module(*inputs).numpy()[:, 0], expected, rtol=1e-6)
    told = _sidecar(path)
    assert [i["name"] for i in told["inputs"]] == ["a", "b"]
    assert told["output"]["name"] == "quantities"
    assert told["checked"]["samples"] == "made up"
    assert told["kind"] == "torch"


def test_rows_that_lack_something_cannot_be_compared_without_presence(
    model: cs.FusionClassifier, product: cs.MultimodalData, tmp_path: Path
) -> None:
    bare = product[:5].select(["a"])
    path = model.export(tmp_path / "model.pt2", "torch", data=bare, presence=False)
    assert _sidecar(path)["checked"]["samples"] == "made up"
    assert _sidecar(path)["checked"]["rows"] > 100


def test_a_graph_that_predicts_otherwise_is_not_written(
    model: cs.FusionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.pt2").write_text("before", encoding="utf-8")
    read = exporting.reader
    monkeypatch.setattr(
        exporting,
        "reader",
        lambda *a: lambda t: read(*a)(t) + 1e-3,  # pyright: ignore[reportUnknownLambdaType]  a stand-in without types
    )
    with pytest.raises(DataError, match=r"by up to 1\.0e-03, allowed are 1e-05; nothing was"):
        model.export(tmp_path / "model.pt2", "torch", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt2"]
    assert (tmp_path / "model.pt2").read_text(encoding="utf-8") == "before"


def test_what_onnx_has_no_words_for_is_told_in_a_line(
    product: cs.MultimodalData, tmp_path: Path
) -> None:
    model = cs.FusionClassifier("compact_bilinear", max_epochs=1, patience=None, random_state=0)
    model.fit(product)
    with pytest.raises(ConfigurationError) as caught:
        model.export(tmp_path / "model.onnx")
    told = str(caught.value)
    who = "a model with fusion method 'compact_bilinear' cannot be exported as onnx: "
    assert told.startswith(f"{who}No ONNX function")
    assert "\n" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("m.onx", {"format": "onx"}, "format 'onx' is not known; did you mean 'onnx'?"),
        (
            "m.onnx",
            {"format": "torch"},
            "a model exported as torch is a file that ends in .pt2, found 'm.onnx'",
        ),
        ("m.onnx", {"temperature": 0.0}, "temperature must be positive and finite, found 0.0"),
        (
            "old.onnx",
            {},
            "{}/old.onnx exists; choose another, or pass overwrite=True (--overwrite)",
        ),
        ("folder.onnx", {"overwrite": True}, "{}/folder.onnx is a folder; name a file"),
    ],
)
def test_options_that_cannot_be_used(
    model: cs.FusionClassifier, tmp_path: Path, name: str, options: dict[str, Any], expected: str
) -> None:
    (tmp_path / "old.onnx").touch()
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ConfigurationError) as caught:
        model.export(tmp_path / name, **options)
    assert str(caught.value) == expected.format(tmp_path)


def test_lacking_packages_are_named_with_the_way_to_them(
    model: cs.FusionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def lacking(name: str) -> Any:
        if name in {"onnxscript", "onnxruntime"}:
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(exporting.importlib, "import_module", lacking)
    with pytest.raises(UnavailableError) as caught:
        model.export(tmp_path / "model.onnx")
    assert str(caught.value) == (
        "an export as onnx needs the packages onnxscript, onnxruntime: pip install "
        "'consilience[onnx]'; format='torch' (--format torch) needs none"
    )


def test_loggers_speak_again_afterwards(
    model: cs.FusionClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loggers = [logging.getLogger(name) for name in ("torch", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]

    def fail(*_: object) -> None:
        assert [logger.level for logger in loggers] == [logging.CRITICAL] * 3
        raise ConfigurationError(["no", "never"])

    monkeypatch.setattr(exporting, "traced", fail)
    with pytest.raises(ConfigurationError) as caught:
        model.export(tmp_path / "model.pt2", "torch")
    assert [logger.level for logger in loggers] == before
    lead = "a model with fusion method 'low_rank' cannot be exported as torch: "
    assert caught.value.faults == (f"{lead}no", f"{lead}never")


EVERY = """
import sys
from pathlib import Path
import numpy as np
import consilience as cs
from consilience.errors import ConfigurationError

rng = np.random.default_rng(0)
a, b = rng.normal(size=(2, 60, 3))
data = cs.MultimodalData({"a": a, "b": b}, target=np.arange(60) % 2)
for name in cs.fusion.available():
    model = cs.FusionClassifier(name, max_epochs=1, patience=None, random_state=0).fit(data)
    for kind, suffix in (("torch", "pt2"), ("onnx", "onnx")):
        try:
            model.export(Path(sys.argv[1]) / f"{name}.{suffix}", kind, data=data)
        except ConfigurationError:
            print(kind, name)
"""


@pytest.mark.slow
def test_every_fusion_is_exported_but_what_onnx_has_no_words_for(tmp_path: Path) -> None:
    """In a process of its own, whose calls are not checked and can all be traced."""
    words = [sys.executable, "-c", EVERY, str(tmp_path)]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert said.stdout.split("\n") == ["onnx compact_bilinear", ""]
