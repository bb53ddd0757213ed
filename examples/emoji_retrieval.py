"""Pictures and words in one space: which emoji is meant?

Run with `python examples/emoji_retrieval.py`, or with `--sentences` to describe the words by a
frozen sentence encoder (MiniLM, 90 MB, fetched once) instead of learning them from hashed words.

The pictures enter as fixed features that need no training: directions of edges, colours, and the
picture at 8 x 8. A small head a modality learns the common space from about 1,600 pairs. The pairs
held out share no concept with them (a man and a woman astronaut are one concept), else nearly the
same picture would stand on both sides and the figures would flatter. `--pixels` trains a small
convolutional network from scratch instead.
"""

import sys

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import consilience as cs
from consilience.data.splits.duplicates import divide_apart
from consilience.encoders.sentence import SentenceEncoder
from consilience.estimators.coordination import Coordinator
from consilience.quantification.retrieval import retrieval

Pictures = NDArray[np.float32]
CELLS, ANGLES, SHADES = 8, 9, 4
EPOCHS = 40
"""Fixed beforehand: to hold pairs out for stopping would cost a sixth of the few there are."""


def over_cells(x: Pictures, cells: int) -> Pictures:
    """The mean of `(n, 64, 64, channels)` over each of `cells` x `cells`, flat."""
    side = x.shape[1] // cells
    tiles = x.reshape(len(x), cells, side, cells, side, x.shape[-1])
    return tiles.mean(axis=(2, 4)).reshape(len(x), -1)


def edges(pictures: Pictures) -> Pictures:
    """How strong edges of each direction are in each cell."""
    down, right = np.gradient(pictures.mean(axis=3), axis=(1, 2))
    strength = np.hypot(down, right)
    angle = (np.arctan2(down, right) % np.pi) / np.pi * ANGLES
    distance = np.abs(angle[..., None] - np.arange(ANGLES))
    near = np.clip(1 - np.minimum(distance, ANGLES - distance), 0, 1)
    cells = over_cells((near * strength[..., None]).astype(np.float32), CELLS)
    by_cell = cells.reshape(len(pictures), CELLS**2, ANGLES)
    size = np.linalg.norm(by_cell, axis=2, keepdims=True)
    return np.sqrt(by_cell / (size + 0.02)).reshape(len(pictures), -1)


def colours(pictures: Pictures) -> Pictures:
    """The share of each of 64 colours in each quarter."""
    shade = np.minimum((pictures * SHADES).astype(int), SHADES - 1)
    code = shade @ np.array([SHADES**2, SHADES, 1])
    return np.sqrt(over_cells(np.eye(SHADES**3, dtype=np.float32)[code], 2))


class Head(nn.Module):
    """A layer above features of which many are dropped, as there are few pairs."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.out_dim = 512
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, 512), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        """Features `(batch, 512)`."""
        return self.layers(x)


def seen_anew(pictures: Tensor) -> Tensor:
    """Each of `(batch, 3, 64, 64)` turned, resized, shifted, mirrored and tinted at random."""
    n = len(pictures)
    turn, size = (torch.rand(n) - 0.5) / 2, torch.empty(n).uniform_(0.8, 1.2)
    shift, mirror = torch.empty(n, 2).uniform_(-0.15, 0.15), torch.rand(n).round() * 2 - 1
    across = torch.stack([turn.cos() * size * mirror, -turn.sin() * size, shift[:, 0]], dim=1)
    down = torch.stack([turn.sin() * size * mirror, turn.cos() * size, shift[:, 1]], dim=1)
    grid = F.affine_grid(
        torch.stack([across, down], dim=1), list(pictures.shape), align_corners=False
    )
    moved = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    tint = torch.empty(2, n, 3, 1, 1).uniform_(-0.2, 0.2)
    return moved * (1 + tint[0]) + tint[1]


class Convolutions(nn.Module):
    """A small network on the pictures themselves; rows of pixels come as steps.

    In training no picture is seen the same way twice, so that few can be learnt by heart.
    """

    def __init__(self) -> None:
        super().__init__()
        self.out_dim = 2 * 2 * 96
        layers: list[nn.Module] = []
        for before, after in ((3, 24), (24, 48), (48, 96), (96, 96)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(0.3))

    def forward(self, x: Tensor) -> Tensor:
        """Features of `(batch, 64, 192)`."""
        pictures = x.unflatten(2, (64, 3)).permute(0, 3, 1, 2)
        if self.training:
            pictures = seen_anew(pictures)
        return self.layers(pictures)


def main() -> None:
    emoji = cs.datasets.load("emoji")
    rows, words = np.asarray(emoji.modalities["image"]), np.asarray(emoji.modalities["text"])
    heads: dict[str, nn.Module] = {}
    torch.manual_seed(0)
    if "--pixels" in sys.argv:
        image, heads["image"] = rows, Convolutions()
    else:
        pictures = rows.reshape(-1, 64, 64, 3)
        image = np.hstack([edges(pictures), colours(pictures), over_cells(pictures, CELLS)])
        heads["image"] = Head(image.shape[1], 0.7)
    kinds: dict[str, str] = {"text": "text"}
    if "--sentences" in sys.argv:
        words, kinds = SentenceEncoder.pretrained().encode(words), {}
        heads["text"] = Head(words.shape[1], 0.5)
    data = cs.MultimodalData({"image": image, "text": words}, groups=emoji.groups, kinds=kinds)
    division = divide_apart(data, share=0.16, random_state=0)
    model = Coordinator(
        dim=128,
        encoders=heads,
        dropout=0.5,
        weight_decay=0.1,
        learning_rate=1e-3,
        batch_size=512 if "--sentences" in sys.argv else 256,
        max_epochs=2 * EPOCHS if "--pixels" in sys.argv else EPOCHS,
        patience=None,
        random_state=0,
    )
    model.fit(data[division.train])
    print(retrieval(model, data[division.test]))


if __name__ == "__main__":
    main()
