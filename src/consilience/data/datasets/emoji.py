"""Emoji: small images with their names."""

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.datasets import cache
from consilience.data.datasets.cards import Card
from consilience.data.datasets.emoji_concepts import concept_of
from consilience.data.datasets.npm_packages import Package, read_files
from consilience.data.datasets.recipe import Arrays

SIDE = 64
"""Height and width of an image in pixels."""

IMAGES = Package(
    "emoji-datasource-google",
    "16.0.0",
    "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
)
NAMES = Package(
    "emojibase-data",
    "17.0.0",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
)

_FOLDER = f"package/img/google/{SIDE}/"
_LIST = "package/emoji.json"
_WORDS = "package/en/data.json"
_LICENCE = "package/LICENSE"

Files = Mapping[str, bytes]


def emoji_arrays(images: Files, names: Files) -> Arrays:
    """The arrays of the data set from the files of both packages.

    Args:
        images: Files of the package with images, by path.
        names: Files of the package with names, by path.

    Returns:
        `image` uint8 `(emoji, 64, 64, 3)` over white, and `text`, `group`, `concept`, `id`
        as strings `(emoji,)`, in the order of the first package.
    """
    told = {_code(entry["hexcode"]): entry for entry in json.loads(names[_WORDS])}
    rows = [
        (entry, told[_code(entry["unified"])])
        for entry in json.loads(images[_LIST])
        if entry["category"] != "Component"
        and _code(entry["unified"]) in told
        and _FOLDER + entry["image"] in images
    ]
    pictures = np.stack([over_white(images[_FOLDER + entry["image"]]) for entry, _ in rows])
    concepts = [concept_of(words["label"]) for _, words in rows]
    return {
        "image": pictures,
        "text": np.array([_text(words) for _, words in rows]),
        "group": np.array([entry["category"] for entry, _ in rows]),
        "concept": np.array(one_concept_a_picture(pictures, concepts)),
        "id": np.array([entry["unified"] for entry, _ in rows]),
    }


def over_white(content: bytes) -> NDArray[np.uint8]:
    """A PNG image laid over white.

    Args:
        content: The file.

    Returns:
        Red, green and blue, `(64, 64, 3)`.
    """
    from PIL import Image  # noqa: PLC0415  only when the data are made

    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        painted = np.asarray(image.convert("RGBA"), dtype=np.float64)
    opacity = painted[:, :, 3:] / 255
    return np.round(painted[:, :, :3] * opacity + 255 * (1 - opacity)).astype(np.uint8)


def one_concept_a_picture(pictures: NDArray[np.uint8], concepts: Sequence[str]) -> list[str]:
    """Concepts merged where emoji have the very same picture, as some islands' flags have.

    Args:
        pictures: `(emoji, ...)`.
        concepts: `(emoji,)`.

    Returns:
        Concepts, `(emoji,)`; of merged ones the first.

    Example:
        >>> pictures = np.array([[1], [2], [1], [3]], dtype=np.uint8)
        >>> one_concept_a_picture(pictures, ["norway", "chad", "bouvet", "bouvet"])
        ['norway', 'chad', 'norway', 'norway']
    """
    into: dict[str, str] = {}
    first: dict[bytes, str] = {}
    for picture, concept in zip(pictures, concepts, strict=True):
        into.setdefault(concept, concept)
        other = _last(into, first.setdefault(picture.tobytes(), concept))
        into[_last(into, concept)] = other
    return [_last(into, concept) for concept in concepts]


def _last(into: Mapping[str, str], concept: str) -> str:
    """The concept at the end of a chain of merges."""
    while into[concept] != concept:
        concept = into[concept]
    return concept


def _code(written: str) -> str:
    """A code without the mark that asks for a coloured picture, which only some lists write."""
    return "-".join(part for part in written.upper().split("-") if part != "FE0F")


def _text(words: Mapping[str, Any]) -> str:
    return ", ".join([words["label"], *words.get("tags", [])])


@final
@dataclass(frozen=True, slots=True)
class EmojiRecipe:
    """How the data set is made of its two packages.

    Attributes:
        card: What is known about it before it is fetched.
        targets: Names of its targets.
    """

    card: Card
    targets: tuple[str, ...] = ("group",)

    def load(self, target: str) -> MultimodalData:
        """The samples, from the cache if they are there, else made anew.

        Args:
            target: `"group"`.

        Returns:
            The samples.

        Raises:
            UnavailableError: If a source cannot be fetched or the cache not written.
        """
        arrays = cache.stored_arrays(self.card)
        if arrays is None:
            arrays = self._made()
        pixels = arrays["image"].reshape(-1, SIDE, SIDE * 3).astype(np.float32) / 255
        return MultimodalData(
            {"image": pixels, "text": arrays["text"].tolist()},
            arrays[target],
            groups=arrays["concept"],
            ids=arrays["id"],
            kinds={"text": "text"},
        )

    def known(self) -> Card:
        """The card: with licence texts and dates if the data set is cached."""
        return cache.stored_card(self.card) or self.card.model_copy(deep=True)

    def _made(self) -> dict[str, NDArray[Any]]:
        wanted = {_LIST, _WORDS, _LICENCE}
        images = read_files(IMAGES, lambda path: path in wanted or path.startswith(_FOLDER))
        names = read_files(NAMES, lambda path: path in wanted)
        arrays = dict(emoji_arrays(images, names))
        licence = "\n\n".join(files[_LICENCE].decode() for files in (images, names))
        built = datetime.now(UTC).isoformat(timespec="seconds")
        cache.store(self.card.model_copy(update={"licence_text": licence, "built": built}), arrays)
        return arrays


EMOJI = EmojiRecipe(
    Card(
        name="emoji",
        title="Emoji with their names and keywords, in nine groups",
        rows=1906,
        modalities={"image": (SIDE, SIDE * 3), "text": ()},
        target="group (9 classes, such as Objects and Flags)",
        groups="concept: the name without words for person, colour, size, place in a series",
        licence="Apache-2.0 (images), MIT (lists, names)",
        source=f"npm packages {IMAGES.filename} and {NAMES.filename}",
        citation=("C. Henderson: emoji-data; M. Johnson: Emojibase; images by Google, Noto Emoji"),
        notes=(
            "Images of 64 x 64 pixels over white, from 0 to 1; a row of pixels is a step, its "
            "channels are red, green and blue of each pixel in turn: reshape to (64, 64, 3). "
            "Text is the English name and its keywords. Without skin tones. Ids are code points."
        ),
        wheel_sha256=hashlib.sha256((IMAGES.sha256 + NAMES.sha256).encode()).hexdigest(),
    )
)
