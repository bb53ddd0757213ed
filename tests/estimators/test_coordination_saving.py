"""A coordinator's folder: open, whole or not at all, and honest about doubts."""

import json
from pathlib import Path

import numpy as np
import pytest

from consilience.coordination.objectives import HingeObjective
from consilience.data.container import MultimodalData
from consilience.errors import DataError
from consilience.estimators.classifier import FusionClassifier
from consilience.estimators.coordination import Coordinator
from consilience.estimators.loading import load_coordinator, load_predictor


def pairs() -> MultimodalData:
    rng = np.random.default_rng(0)
    return MultimodalData({"img": rng.normal(size=(40, 5)), "txt": rng.normal(size=(40, 4))})


@pytest.fixture(scope="module")
def lost() -> Coordinator:
    """Trained on pairs that share nothing, so that it has a warning."""
    return Coordinator(dim=3, hidden=4, max_epochs=1, random_state=0).fit(pairs())


def test_the_card_says_what_is_in_it_and_what_to_beware_of(
    lost: Coordinator, tmp_path: Path
) -> None:
    card = (lost.save(tmp_path / "m") / "README.md").read_text("utf-8")
    assert "Brings into one space of 3 dimensions" in card
    assert "- `img`: table of 5 columns" in card
    assert f"- {lost.warnings_[0]}\n" in card


def test_a_generator_as_seed_is_not_written(lost: Coordinator, tmp_path: Path) -> None:
    config = json.loads((lost.save(tmp_path / "a") / "config.json").read_text("utf-8"))
    assert config["class"] == "Coordinator"
    assert config["settings"]["random_state"] == 0
    drawn = Coordinator(dim=3, hidden=4, max_epochs=1, random_state=np.random.default_rng(1))
    config = json.loads((drawn.fit(pairs()).save(tmp_path / "b") / "config.json").read_text())
    assert config["settings"]["random_state"] is None


def test_a_loss_of_ones_own_cannot_be_saved_and_nothing_is_left(tmp_path: Path) -> None:
    own = Coordinator(dim=3, hidden=4, max_epochs=1, random_state=0, loss=HingeObjective(0.5))
    with pytest.raises(DataError, match="with a loss of your own cannot be saved; name a loss"):
        own.fit(pairs()).save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_only_when_asked(lost: Coordinator, tmp_path: Path) -> None:
    lost.save(tmp_path / "m")
    with pytest.raises(DataError, match="exists; choose another folder"):
        lost.save(tmp_path / "m")
    lost.save(tmp_path / "m", overwrite=True)


def test_what_predicts_is_asked_for_and_this_does_not(lost: Coordinator, tmp_path: Path) -> None:
    folder = lost.save(tmp_path / "m")
    with pytest.raises(DataError) as caught:
        load_predictor(folder)
    assert str(caught.value) == (
        f"{folder} holds a Coordinator, which embeds and does not predict; use "
        "`consilience embed` or `consilience retrieve`"
    )


def test_what_embeds_is_asked_for_and_a_classifier_does_not(tmp_path: Path) -> None:
    labelled = pairs().with_target([0, 1] * 20)
    model = FusionClassifier(max_epochs=1, patience=None, random_state=0).fit(labelled)
    folder = model.save(tmp_path / "m")
    with pytest.raises(DataError) as caught:
        load_coordinator(folder)
    assert str(caught.value) == (
        f"{folder} holds a FusionClassifier, which predicts and does not embed; use "
        "`consilience predict`"
    )


def test_a_coordinator_comes_back_by_its_own_loader(lost: Coordinator, tmp_path: Path) -> None:
    assert load_coordinator(lost.save(tmp_path / "m")).warnings_ == lost.warnings_
