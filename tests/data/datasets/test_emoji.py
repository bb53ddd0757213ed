"""Emoji: pictures over white, names beside them, one concept for what looks the same."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from consilience.data import datasets
from consilience.data.container import MultimodalData
from consilience.data.datasets.emoji import emoji_arrays, one_concept_a_picture, over_white


def png(colour: tuple[int, int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64), colour).save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def emoji() -> MultimodalData:
    return datasets.load("emoji")


def test_it_is_what_its_card_says(emoji: MultimodalData) -> None:
    card = datasets.card("emoji")
    assert len(emoji) == card.rows
    assert np.asarray(emoji.modalities["image"]).shape[1:] == card.modalities["image"]
    assert emoji.schema["text"].kind == "text"
    assert emoji.target is not None
    assert len(set(emoji.target.tolist())) == 9
    assert "Apache License" in card.licence_text or "MIT" in card.licence_text


def test_a_picture_and_its_words_are_those_of_the_same_emoji(emoji: MultimodalData) -> None:
    """The red heart is red, the blue one blue: a join that slips by one is seen."""
    assert emoji.ids is not None
    pictures = np.asarray(emoji.modalities["image"]).reshape(-1, 64, 64, 3)
    for code, name, channel in (("2764-FE0F", "red heart", 0), ("1F499", "blue heart", 2)):
        row = emoji.ids.tolist().index(code)
        assert str(emoji.modalities["text"][row]).startswith(name)
        assert pictures[row, 28:32, 28:36].mean(axis=(0, 1)).argmax() == channel
        assert pictures[row, 0, 0].tolist() == [1, 1, 1]


def test_the_same_picture_is_never_in_two_groups(emoji: MultimodalData) -> None:
    assert emoji.groups is not None
    pictures = np.asarray(emoji.modalities["image"])
    groups: dict[bytes, set[str]] = {}
    for picture, group in zip(pictures, emoji.groups, strict=True):
        groups.setdefault(picture.tobytes(), set()).add(str(group))
    assert all(len(g) == 1 for g in groups.values())
    assert len(groups) < len(emoji)


def test_transparent_is_white_and_half_transparent_half_of_it() -> None:
    assert over_white(png((10, 20, 30, 0)))[0, 0].tolist() == [255, 255, 255]
    assert over_white(png((10, 20, 30, 255)))[5, 5].tolist() == [10, 20, 30]
    half = over_white(png((0, 100, 255, 51)))[9, 9]
    assert half.tolist() == [204, 224, 255]


def test_lists_are_joined_by_code_whichever_writes_the_variation_mark() -> None:
    listed = [
        {"unified": "2764-FE0F", "image": "a.png", "category": "Smileys"},
        {"unified": "1F3FB", "image": "b.png", "category": "Component"},
        {"unified": "1F499", "image": "b.png", "category": "Smileys"},
        {"unified": "1F49A", "image": "gone.png", "category": "Smileys"},
        {"unified": "1F49B", "image": "b.png", "category": "Smileys"},
    ]
    images = {
        "package/emoji.json": json.dumps(listed).encode(),
        "package/img/google/64/a.png": png((255, 0, 0, 255)),
        "package/img/google/64/b.png": png((0, 0, 255, 255)),
    }
    told = [
        {"hexcode": "1F499", "label": "blue heart", "tags": ["blue", "love"]},
        {"hexcode": "2764", "label": "red heart"},
        {"hexcode": "1F3FB", "label": "light skin tone"},
        {"hexcode": "1F49A", "label": "green heart"},
    ]
    arrays = emoji_arrays(images, {"package/en/data.json": json.dumps(told).encode()})
    assert arrays["id"].tolist() == ["2764-FE0F", "1F499"]
    assert arrays["text"].tolist() == ["red heart", "blue heart, blue, love"]
    assert arrays["image"][:, 0, 0].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert arrays["concept"].tolist() == ["heart", "heart"]


def test_merges_reach_over_chains() -> None:
    pictures = np.array([[1], [2], [2], [1], [3], [3], [4]], dtype=np.uint8)
    merged = one_concept_a_picture(pictures, ["a", "b", "c", "c", "c", "d", "e"])
    assert len(set(merged[:6])) == 1
    assert merged[6] == "e"
