import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import consilience as cs
from consilience import fusion
from consilience.errors import DataError
from consilience.estimators import FusionClassifier, FusionRegressor
from consilience.fusion.catalogue import unfit

FAST: dict[str, Any] = {"max_epochs": 3, "patience": None, "random_state": 0}
NARROW: dict[str, Any] = {**FAST, "hidden": 8}


@pytest.mark.parametrize("name", fusion.available())
def test_predictions_survive_bit_for_bit(
    mixed: cs.MultimodalData, name: str, tmp_path: Path
) -> None:
    if unfit(name, modalities=len(mixed.modalities), distribution=True):
        mixed = mixed.select(["labs", "wave"])
    model = FusionClassifier(name, **NARROW).fit(mixed)
    model.save(tmp_path / "m")
    loaded = cs.load(tmp_path / "m")
    assert isinstance(loaded, FusionClassifier)
    assert (loaded.predict_proba(mixed) == model.predict_proba(mixed)).all()
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.get_params() == {**model.get_params(), "fusion_options": {}}


QUANTITIES = [
    name for name in fusion.available() if not unfit(name, modalities=2, distribution=False)
]


@pytest.mark.parametrize(
    ("name", "shape"), [("gated", (80,)), *((name, (80, 2)) for name in QUANTITIES)]
)
def test_a_regressor_survives(
    mixed: cs.MultimodalData, name: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    y = np.random.default_rng(0).normal(size=shape)
    two = mixed.select(["labs", "wave"])
    model = FusionRegressor(name, **NARROW).fit(two, y)
    loaded = cs.load(model.save(tmp_path / "m"))
    assert np.isfinite(model.predict(two)).all()
    assert (loaded.predict(two) == model.predict(two)).all()


def test_the_folder_holds_open_formats_only(product: cs.MultimodalData, tmp_path: Path) -> None:
    FusionClassifier("concat", **FAST).fit(product).save(tmp_path / "m")
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "schema.json",
    ]
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    assert config["fitted"]["classes"] == ["no", "yes"]
    assert (
        "Predicts one of ['no', 'yes'] from 2 modalities"
        in (tmp_path / "m" / "README.md").read_text()
    )
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_an_existing_folder_is_kept_unless_told(
    product: cs.MultimodalData, tmp_path: Path
) -> None:
    model = FusionClassifier("concat", **FAST).fit(product)
    model.save(tmp_path / "m")
    with pytest.raises(DataError, match=r"exists; choose another folder, or pass overwrite=True"):
        model.save(tmp_path / "m")
    model.save(tmp_path / "m", overwrite=True)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="exists"):
        model.save(tmp_path / "precious", overwrite=True)
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "years of work"
