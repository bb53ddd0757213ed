"""Text: words and word pairs hashed to buckets, their embeddings added up."""

import re
from itertools import pairwise
from typing import Any, final
from unicodedata import normalize
from zlib import crc32

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.errors import ShapeError

BUCKETS = 8192
LONGEST = 512
"""Words beyond this many are not read."""

_WORD = re.compile(r"\w+")


@final
class TextHasher(nn.Module):
    """Turns strings into bucket numbers; there is nothing to fit and no vocabulary to keep.

    Args:
        buckets: Number of buckets; 0 is kept for padding.

    Raises:
        ShapeError: If there are fewer than two buckets.

    Example:
        >>> ids = TextHasher(100)(np.array(["Chest pain", None], dtype=object))
        >>> ids.shape, ids[1].tolist()
        (torch.Size([2, 3]), [0, 0, 0])
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        super().__init__()
        if buckets < 2:
            raise ShapeError(f"buckets must be at least 2, found {buckets}")
        self.width = buckets

    def fit(self, texts: NDArray[Any]) -> "TextHasher":
        """Does nothing: hashing needs no data.

        Args:
            texts: Not looked at.

        Returns:
            Itself.
        """
        del texts
        return self

    def forward(self, texts: NDArray[Any]) -> Int[Tensor, "samples tokens"]:
        """Hashes each text's words and neighbouring pairs, lower-cased.

        Args:
            texts: Object array of strings or None, `(samples,)`.

        Returns:
            Int64 `(samples, longest)`; 0 where there is no token.
        """
        rows = [self._tokens(text) for text in texts]
        longest = max([1, *map(len, rows)])
        out = np.zeros((len(rows), longest), dtype=np.int64)
        for i, row in enumerate(rows):
            out[i, : len(row)] = row
        return torch.from_numpy(out)

    def _tokens(self, text: str | None) -> list[int]:
        words = _WORD.findall(normalize("NFC", text or "").lower())[:LONGEST]
        pairs = [f"{a} {b}" for a, b in pairwise(words)]
        return [1 + crc32(token.encode()) % (self.width - 1) for token in [*words, *pairs]]


@final
class TextEncoder(nn.Module):
    r"""The embeddings of a text's tokens added up, then a perceptron beside the sum.

    $$x = \frac{1}{\sqrt{n}} \sum_{i=1}^{n} E_{t_i}, \quad
    h = x + B\,\mathrm{GELU}(C x + c) + b$$

    The root of the number of tokens $n$ keeps the size of $x$ equal for short and
    long texts.

    Args:
        buckets: Number of buckets of the hasher.
        out_dim: Width of the features.
        dropout: Share of the sum dropped in training.

    Shape:
        Int64 `(batch, tokens)`, 0 for padding, to `(batch, out_dim)`.

    Raises:
        ShapeError: If a width is not positive.

    Example:
        >>> TextEncoder(100, 16)(torch.tensor([[5, 7, 0]])).shape
        torch.Size([1, 16])
    """

    def __init__(self, buckets: int, out_dim: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        if buckets < 2 or out_dim < 1:
            raise ShapeError(f"widths must be at least 2 and 1, found {buckets} and {out_dim}")
        self.out_dim = out_dim
        self.embed = nn.EmbeddingBag(buckets, out_dim, mode="sum", padding_idx=0)
        self.drop = nn.Dropout(dropout)
        self.hidden = nn.Linear(out_dim, out_dim)
        self.out = nn.Linear(out_dim, out_dim)

    def forward(self, tokens: Int[Tensor, "batch tokens"]) -> Float[Tensor, "batch out"]:
        """Encodes a batch; see the class for shapes."""
        count = (tokens != 0).sum(dim=1, keepdim=True).clamp(min=1)
        x = self.drop(self.embed(tokens) / count.sqrt())
        return x + self.out(nn.functional.gelu(self.hidden(x)))
