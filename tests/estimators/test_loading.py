import json
from pathlib import Path

import numpy as np
import pytest
import torch

import consilience as cs
from consilience.errors import DataError, MissingFileError
from consilience.estimators import FusionClassifier


@pytest.fixture
def saved(product: cs.MultimodalData, tmp_path: Path) -> Path:
    model = FusionClassifier("concat", max_epochs=1, patience=None, random_state=0)
    return model.fit(product).save(tmp_path / "m")


def test_no_model_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"holds no saved model: there is no config.json"):
        cs.load(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "schema.json", "model.safetensors"])
def test_a_damaged_file_is_told(saved: Path, name: str) -> None:
    (saved / name).write_bytes(b"{")
    with pytest.raises(DataError, match="damaged"):
        cs.load(saved)


def test_another_format_is_told(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps({**config, "format": 99}))
    with pytest.raises(DataError, match="has format 99 and class 'FusionClassifier'"):
        cs.load(saved)


def test_weights_of_another_shape_are_told(saved: Path) -> None:
    config = json.loads((saved / "config.json").read_text())
    config["settings"]["hidden"] = 8
    (saved / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="damaged"):
        cs.load(saved)


def test_own_encoders_must_be_passed_again(product: cs.MultimodalData, tmp_path: Path) -> None:
    own = torch.nn.Linear(3, 4)
    own.out_dim = 4  # pyright: ignore[reportArgumentType]  what an encoder has to tell
    model = FusionClassifier(encoders={"b": own}, max_epochs=1, patience=None, random_state=0)
    folder = model.fit(product).save(tmp_path / "m")
    with pytest.raises(DataError, match=r"fitted with own encoders for b; pass them"):
        cs.load(folder)
    loaded = cs.load(folder, encoders={"b": own})
    assert isinstance(loaded, FusionClassifier)
    np.testing.assert_array_equal(loaded.predict_proba(product), model.predict_proba(product))
