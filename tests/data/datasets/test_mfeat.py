"""The digits: six views, in the same order."""

import numpy as np
import pytest

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.data.datasets.mfeat import read_view
from consilience.errors import DataError


@pytest.fixture(scope="module")
def mfeat() -> MultimodalData:
    return datasets.load("mfeat")


def test_it_is_what_its_card_says(mfeat: MultimodalData) -> None:
    card = datasets.card("mfeat")
    assert len(mfeat) == card.rows
    assert {n: np.asarray(v).shape[1:] for n, v in mfeat.modalities.items()} == dict(
        card.modalities
    )
    assert card.licence == "MIT"
    assert card.licence_text.startswith("The MIT License")


def test_200_images_of_each_digit_and_the_label_is_no_feature(mfeat: MultimodalData) -> None:
    assert mfeat.target is not None
    assert np.bincount(mfeat.target).tolist() == [200] * 10
    for view in mfeat.modalities.values():
        same = [np.array_equal(column, mfeat.target) for column in np.asarray(view).T]
        assert not any(same)


def test_the_first_image_is_that_of_the_source(mfeat: MultimodalData) -> None:
    first = np.asarray(mfeat.modalities["morphological"])[0]
    assert first.tolist() == [1, 0, 0, 133.15, 1.3117, 1620.2]
    assert np.asarray(mfeat.modalities["karhunen"])[0, :2].tolist() == [-10.297, -11.667]


def test_views_agree_about_the_image(mfeat: MultimodalData) -> None:
    pixels = np.asarray(mfeat.modalities["pixel"])
    assert pixels.min() >= 0
    assert pixels.max() <= 6
    karhunen = np.asarray(mfeat.modalities["karhunen"])
    centred = pixels - pixels.mean(axis=0), karhunen - karhunen.mean(axis=0)
    rest = centred[1] - centred[0] @ np.linalg.lstsq(*centred, rcond=None)[0]
    assert 1 - rest.var() / centred[1].var() > 0.9


def test_a_file_of_another_shape_is_refused() -> None:
    with pytest.raises(DataError, match=r"view 'pixel' is \(2,\), expected \(2000, 241\)"):
        read_view(lambda _path: b"h\r\n1\r\n2\r\n", "pixel")
