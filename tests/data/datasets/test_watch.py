"""The smart watch's windows are those of its recordings."""

import io
import zipfile

import numpy as np
import pytest

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.data.datasets import cache
from consilience.data.datasets.watch import STEPS, WATCH


@pytest.fixture(scope="module")
def watch() -> MultimodalData:
    return datasets.load("watch")


def test_it_is_what_its_card_says(watch: MultimodalData) -> None:
    card = datasets.card("watch")
    assert len(watch) == card.rows == 1149
    assert {n: np.asarray(v).shape[1:] for n, v in watch.modalities.items()} == dict(
        card.modalities
    )
    assert all(np.asarray(v).dtype == np.float32 for v in watch.modalities.values())
    assert watch.presence.all()
    assert "Copyright (c) 2018, David M. Burns" in card.licence_text


def test_seven_exercises_of_ten_subjects(watch: MultimodalData) -> None:
    assert watch.target is not None
    assert sorted(set(watch.target)) == ["ABD", "ER", "FEL", "IR", "PEN", "ROW", "TRAP"]
    assert watch.groups is not None
    assert sorted(set(watch.groups.tolist())) == list(range(1, 11))
    seen = {(e, s) for e, s in zip(watch.target, watch.groups.tolist(), strict=True)}
    assert len(seen) == 70


def test_windows_are_whole_and_follow_each_other(watch: MultimodalData) -> None:
    content = (cache.folder() / "wheels" / WATCH.wheel.filename).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        npy = archive.read("seglearn/data/watch_dataset.npy")
    recordings = np.load(io.BytesIO(npy), allow_pickle=True).item()["X"]
    assert watch.ids is not None
    for row in (0, 5, 6, 700, 1148):
        recording, place = map(int, str(watch.ids[row]).split("."))
        piece = recordings[recording][place * STEPS : (place + 1) * STEPS]
        assert np.array_equal(watch.modalities["accelerometer"][row], np.float32(piece[:, :3]))
        assert np.array_equal(watch.modalities["gyroscope"][row], np.float32(piece[:, 3:]))
    assert len(watch) == sum(len(r) // STEPS for r in recordings)
    assert len(set(watch.ids.tolist())) == len(watch)
